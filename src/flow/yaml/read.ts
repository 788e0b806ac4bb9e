/** Flows read from YAML: the same value that the builder gives, or every fault with its line and what to do. */
import { isAlias, LineCounter, parseDocument, visit } from 'yaml';
import { nearest } from '../../std/index.ts';
import type { Flow, Step, Trigger } from '../flow.ts';
import { type LintOptions, lint } from '../lint.ts';
import { STEP_KINDS } from '../lint-flow.ts';
import { Lines, type Path, type YamlFault } from './faults.ts';
import { HEAD, STEPS, TRIGGERS } from './shapes.ts';
import { Values } from './values.ts';

export type { YamlFault } from './faults.ts';

export interface ReadFlow {
  /** Left out where the file does not say a whole flow. */
  readonly flow?: Flow;
  readonly faults: readonly YamlFault[];
  /** The line of a place as findings of `lint` name it. */
  readonly lineOf: (place: string) => number;
}

/** Longer than any flow of a person. */
const LONGEST = 1_000_000;

/**
 * The flow of a file of flows/. What the file itself can show to be wrong is found here; what the flow then says that is
 * wrong (a path, a connection, an order of steps) `lint` finds.
 * @example
 * readFlow('flow: hello\non: { hl7: ADT^A01 }\nsteps:\n  - send: out\n    connection: app\n    do: send\n').flow?.name // 'hello'
 */
export function readFlow(text: string): ReadFlow {
  const counter = new LineCounter();
  const fault = (line: number, reason: string, fix: string): ReadFlow => ({
    faults: [{ line, place: '', reason, fix }],
    lineOf: () => 0,
  });
  if (text.length > LONGEST)
    return fault(0, `the file has ${text.length} characters`, `Split it: ${LONGEST} are the most.`);
  const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, strict: true });
  const lines = new Lines(document, counter);
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    const { line } = counter.linePos(broken.pos[0]);
    const reason = broken.message.split(/ at line \d/)[0]?.replace(/[.:]?\s*$/, '') ?? 'it cannot be read';
    return fault(
      line,
      `it is no YAML: ${reason}`,
      'Correct the line; a text with : or # in it stands in quotes, and within { } one with [ ] { } or a comma, too.',
    );
  }
  let alias: number | undefined;
  visit(document, (_, node) => {
    if (!isAlias(node)) return undefined;
    alias = counter.linePos(node.range?.[0] ?? 0).line;
    return visit.BREAK;
  });
  if (alias !== undefined)
    return fault(
      alias,
      'there is a reference to another place (*name)',
      'Write it out; flows have no aliases.',
    );
  const values = new Values(lines);
  const flow = flowOf(document.toJS(), values, lines);
  return {
    ...(flow === undefined || values.faults.length > 0 ? {} : { flow }),
    faults: values.faults,
    lineOf: (place) => lines.of(place),
  };
}

/**
 * A file of flows/, looked at as a whole: what the file shows and what `lint` finds, each with its line.
 * @returns The flow where the file says one, whatever is wrong with it.
 */
export function checkFlowFile(text: string, options: LintOptions = {}): ReadFlow {
  const read = readFlow(text);
  if (read.flow === undefined) return read;
  const found = lint(read.flow, options).map((finding) => ({ ...finding, line: read.lineOf(finding.place) }));
  return { ...read, faults: [...read.faults, ...found] };
}

const HEAD_KEYS = ['flow', 'about', 'sites', 'on', ...HEAD.map(({ key }) => key), 'steps'];

function flowOf(root: unknown, values: Values, lines: Lines): Flow | undefined {
  if (!values.isObject(root, [])) {
    values.fault([], '', 'it says no flow', 'Begin with flow: <name>, then on: and steps:.');
    return undefined;
  }
  values.only(root, HEAD_KEYS, [], 'the flow');
  const name = values.text(root.flow, ['flow'], 'flow');
  const sites = sitesOf(root.sites, values);
  const head = values.keys(root, HEAD, [], '');
  const trigger = triggerOf(root.on, values);
  const steps = stepsOf(root.steps, ['steps'], values, lines);
  if (name === undefined || trigger === undefined || steps === undefined) return undefined;
  return { name, sites, ...head, trigger, steps } as Flow;
}

function sitesOf(given: unknown, values: Values): Flow['sites'] {
  if (given === undefined || given === 'all') return 'all';
  if (typeof given === 'string') return [given];
  return values.texts(given, ['sites'], 'sites') ?? 'all';
}

function triggerOf(given: unknown, values: Values): Trigger | undefined {
  const kinds = Object.keys(TRIGGERS) as Trigger['kind'][];
  const usage = `Write one of: ${kinds.map((kind) => `{ ${kind}: … }`).join(', ')}.`;
  if (given === 'manual') return { kind: 'manual' };
  if (!values.isObject(given, ['on'])) {
    values.fault(
      ['on'],
      'trigger',
      given === undefined ? 'nothing starts the flow' : 'it says no trigger',
      usage,
    );
    return undefined;
  }
  const kind = kinds.find((each) => Object.hasOwn(given, each));
  if (kind === undefined) {
    const [first = ''] = Object.keys(given);
    const near = nearest(first, kinds);
    values.fault(
      ['on', first],
      'trigger',
      `there is no trigger "${first}"`,
      near ? `Did you mean "${near}"?` : usage,
    );
    return undefined;
  }
  const [first, ...others] = TRIGGERS[kind];
  const all = [{ ...first, required: true as const }, ...others];
  values.only(
    given,
    all.map(({ key }) => key),
    ['on'],
    `a trigger of the kind ${kind}`,
  );
  const said = values.keys(given, all, ['on'], 'trigger');
  if (kind === 'manual') return { kind };
  return { kind, ...said } as unknown as Trigger;
}

/** A list of steps; `undefined` where there is none to go on with. */
function stepsOf(given: unknown, path: Path, values: Values, lines: Lines): readonly Step[] | undefined {
  if (!Array.isArray(given)) {
    values.fault(
      path,
      'steps',
      given === undefined ? 'there are no steps' : 'it is no list of steps',
      'Write each as - <kind>: <id>.',
    );
    return undefined;
  }
  return given.flatMap((each, index) => stepOf(each, [...path, index], values, lines) ?? []);
}

function stepOf(given: unknown, path: Path, values: Values, lines: Lines): Step | undefined {
  const usage = `Write it as - <kind>: <id>, with one of: ${STEP_KINDS.join(', ')}.`;
  if (!values.isObject(given, path)) {
    values.fault(path, 'steps', 'it is no step', usage);
    return undefined;
  }
  const [first = ''] = Object.keys(given);
  const kind = STEP_KINDS.find((each) => each === first);
  if (kind === undefined) {
    const near = nearest(first, STEP_KINDS);
    values.fault(
      [...path, first],
      'steps',
      `there is no step of the kind "${first}"`,
      near ? `Did you mean "${near}"?` : usage,
    );
    return undefined;
  }
  const id = values.text(given[kind], [...path, kind], 'steps', 'the step has no id');
  if (id === undefined) return undefined;
  if (!lines.steps.has(id)) lines.steps.set(id, path);
  const place = `step "${id}"`;
  const keys = STEPS[kind];
  values.only(given, [kind, 'when', ...keys.map(({ key }) => key)], path, `a ${kind} step`, place);
  const said = values.keys(given, keys, path, place, (inner, at) => stepsOf(inner, at, values, lines));
  const when =
    given.when === undefined ? undefined : values.condition(given.when, [...path, 'when'], `${place}, when`);
  return { kind, id, ...(when === undefined ? {} : { when }), ...said } as unknown as Step;
}
