/** Sources compiled to closures: where a value of a map or a condition comes from. */
import { path as hl7Path, type Message, PathError } from '../hl7/index.ts';
import { Failure } from '../std/index.ts';
import { type PathStep, parsePath, readSteps } from './path.ts';
import type { Source } from './rule.ts';

/** What a map or a condition is computed from. */
export interface MappingContext {
  /** `event`, `site`, and in a flow what earlier steps gave, by name. */
  readonly values: ReadonlyMap<string, unknown>;
  /** The HL7 message, when there is one. */
  readonly hl7?: Message | undefined;
  /** IANA zone of times that are written without an offset. */
  readonly timeZone: string;
}

export interface CompiledSource {
  /** `event`, a step's id, or `hl7`. */
  readonly root: string;
  /** What follows the root: `participant[0].actor.reference`; the path itself for `hl7`. */
  readonly path: string;
  /** Steps behind the root; none for `hl7`. */
  readonly steps: readonly PathStep[];
  /** `undefined` when there is no value: absent, null, an empty text or an empty list. */
  readonly read: (context: MappingContext) => unknown;
}

const HL7 = 'hl7:';

/** @throws Failure `config`, PATH_INVALID or PATH_FORBIDDEN. */
export function compileSource(source: Source): CompiledSource {
  if (source.startsWith(HL7)) return compileHl7(source);
  const steps = parsePath(source);
  const root = (steps[0] as PathStep & { kind: 'key' }).key;
  const behind = steps.slice(1);
  const read = readSteps(behind);
  return {
    root,
    path: source.slice(source.startsWith('"') ? root.length + 2 : root.length).replace(/^\./, ''),
    steps: behind,
    // The root by itself stays as it is: a list that a step gave stays a list.
    read: (context) => valued(read(context.values.get(root))),
  };
}

function compileHl7(source: Source): CompiledSource {
  const text = source.slice(HL7.length);
  if (text === '*')
    return {
      root: 'hl7',
      path: text,
      steps: [],
      read({ hl7 }) {
        if (hl7 === undefined) throw notHl7(source);
        return hl7.toString();
      },
    };
  try {
    const path = hl7Path(text);
    const many = text.includes('[*]');
    return {
      root: 'hl7',
      path: text,
      steps: [],
      read({ hl7 }) {
        if (hl7 === undefined) throw notHl7(source);
        if (many) return valued(hl7.getAll(path).filter((each) => each !== '' && each !== '""'));
        const value = hl7.value(path);
        return value.kind === 'text' ? value.text : undefined;
      },
    };
  } catch (error) {
    if (!(error instanceof PathError)) throw error;
    throw new Failure({
      code: 'PATH_INVALID',
      kind: 'config',
      message: `${error.message}.`,
      fix: 'Correct the HL7 path; it is written like PID-5.1 or PID-3[5=MR].1, and counts from 1.',
      at: { path: source },
      retry: { again: false },
    });
  }
}

function valued(value: unknown): unknown {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value;
}

const notHl7 = (source: Source): Failure =>
  new Failure({
    code: 'NOT_HL7',
    kind: 'validation',
    message: `"${source}" reads an HL7 message, but what came is none.`,
    fix: 'Use event.… here, or let the flow start with an HL7 trigger.',
    at: { path: source },
  });
