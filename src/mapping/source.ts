/** Sources compiled to closures: where a value of a map or a condition comes from. */
import { path as hl7Path, type Message, PathError } from '../hl7/index.ts';
import { Failure } from '../std/index.ts';
import type { UnmappedAt } from './code-lookup.ts';
import { compileExpression, isExpression } from './expression.ts';
import { type PathStep, parsePath, type Read, readSteps, siteFields, stepsAt } from './path.ts';
import type { Source } from './rule.ts';
import type { ValueSets } from './value-set.ts';

/** What a map or a condition is computed from. */
export interface MappingContext {
  /** `event`, `site`, and in a flow what earlier steps gave, by name. */
  readonly values: Pick<ReadonlyMap<string, unknown>, 'get'>;
  /** The HL7 message, when there is one. */
  readonly hl7?: Message | undefined;
  /** IANA zone of times that are written without an offset. */
  readonly timeZone: string;
  /** When the message was received; milliseconds. */
  readonly receivedAt?: number | undefined;
  /** The site's value set maps. */
  readonly valueSets?: ValueSets | undefined;
  /** Where a running map gathers the codes that it did not find. */
  readonly gaps?: UnmappedAt[] | undefined;
}

export interface CompiledSource {
  /** `event`, a step's id, or `hl7`. */
  readonly root: string;
  /** What follows the root: `participant[0].actor.reference`; the path itself for `hl7`. */
  readonly path: string;
  /** Steps behind the root; none for HL7 paths. Of FHIRPath those before its first function. */
  readonly steps: readonly PathStep[];
  /** `undefined` when there is no value: absent, null, an empty text or an empty list. */
  readonly read: (context: MappingContext) => unknown;
}

const HL7 = 'hl7:';
/** A name that an `each` gave an HL7 segment or repetition, and a path in it. */
const PART = /^([A-Za-z][\w-]*):(?!\/\/)(.+)$/s;

/** @throws Failure `config`, PATH_INVALID, PATH_FORBIDDEN or PATH_NOT_DONE. */
export function compileSource(source: Source): CompiledSource {
  if (source.startsWith(HL7)) return compileHl7(source);
  const part = PART.exec(source);
  if (part !== null) return compilePart(source, part[1] as string, part[2] as string);
  if (isExpression(source)) {
    const { root, steps, path, read } = compileExpression(source);
    return { root, path, steps, read: (context) => valued(read(context.values.get(root))) };
  }
  const steps = parsePath(source);
  const root = (steps[0] as PathStep & { kind: 'key' }).key;
  const behind = steps.slice(1);
  const read = readSteps(behind);
  const readAt = siteFields(behind).length === 0 ? undefined : bySite(behind);
  return {
    root,
    path: source.slice(source.startsWith('"') ? root.length + 2 : root.length).replace(/^\./, ''),
    steps: behind,
    // The root by itself stays as it is: a list that a step gave stays a list.
    read:
      readAt === undefined
        ? (context) => valued(read(context.values.get(root)))
        : (context) => valued(readAt(context)(context.values.get(root))),
  };
}

const nothing: Read = () => undefined;

/** Conditions that name a field of the site, compiled once for each value that sites have there. */
function bySite(steps: readonly PathStep[]): (context: MappingContext) => Read {
  const compiled = new Map<string, Read>();
  const fields = siteFields(steps);
  return ({ values }) => {
    const site = values.get('site');
    const key = JSON.stringify(fields.map((field) => (site as Record<string, unknown> | undefined)?.[field]));
    let read = compiled.get(key);
    if (read === undefined) {
      const there = stepsAt(site, steps);
      read = there === undefined ? nothing : readSteps(there);
      compiled.set(key, read);
    }
    return read;
  };
}

/** The items of a list, for `each`: of a path without `[*]` at its end all items all the same. */
export function compileItems(source: Source): (context: MappingContext) => readonly unknown[] {
  if (source.startsWith(HL7)) return hl7Items(source.slice(HL7.length), source);
  const written = PART.test(source) || isExpression(source) || source.endsWith(']') ? source : `${source}[*]`;
  const { read } = compileSource(written);
  return (context) => {
    const value = read(context);
    return Array.isArray(value) ? value : value === undefined ? [] : [value];
  };
}

/** A segment, or a repetition of a field, that paths are read in. */
class Hl7Part {
  readonly #read: (path: string) => string | undefined;

  constructor(read: (path: string) => string | undefined) {
    this.#read = read;
  }

  get(path: string): string | undefined {
    return this.#read(path);
  }
}

function hl7Items(text: string, source: Source): (context: MappingContext) => readonly unknown[] {
  const segment = /^[A-Z][A-Z0-9]{2}(?:\[\*\])?$/.test(text) ? text.slice(0, 3) : undefined;
  if (segment !== undefined)
    return ({ hl7 }) => {
      if (hl7 === undefined) throw notHl7(source);
      return hl7.segments(segment).map((one) => new Hl7Part((path) => one.get(path)));
    };
  const repeated = /^((?:[A-Z][A-Z0-9]{2})(?:\[\d+\])?-\d+)(?:\[\*\])?$/.exec(text)?.[1];
  if (repeated === undefined)
    throw new Failure({
      code: 'PATH_INVALID',
      kind: 'config',
      message: `"${source}" is no list in an HL7 message.`,
      fix: 'Write a segment, such as hl7:NK1, or a field that repeats, such as hl7:PID-3[*].',
      at: { path: source },
      retry: { again: false },
    });
  const all = hl7Path(`${repeated}[*]`);
  return ({ hl7 }) => {
    if (hl7 === undefined) throw notHl7(source);
    return hl7
      .getAll(all)
      .flatMap((whole, index) =>
        whole === '' || whole === '""'
          ? []
          : [new Hl7Part((path) => (path === '*' ? whole : hl7.get(`${repeated}[${index + 1}].${path}`)))],
      );
  };
}

function compilePart(source: Source, root: string, path: string): CompiledSource {
  if (!/^(?:\*|\d{1,3}(?:\[(?:\d+|\*|\d+=[^\]]+)\])?(?:\.\d{1,3}){0,2})$/.test(path)) {
    throw new Failure({
      code: 'PATH_INVALID',
      kind: 'config',
      message: `"${source}" is not a path in an HL7 segment or repetition.`,
      fix: `Write ${root}:2.1 for component 1 of field 2 of a segment, or ${root}:1 for component 1 of a repetition.`,
      at: { path: source },
      retry: { again: false },
    });
  }
  return {
    root,
    path,
    steps: [],
    read({ values }) {
      const part = values.get(root);
      if (!(part instanceof Hl7Part)) return undefined;
      const text = part.get(path);
      return text === '""' ? undefined : valued(text);
    },
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
