/** A flow compiled once: every path, map and condition a closure. */
import {
  compileCondition,
  compileFieldMap,
  compilePath,
  compileSource,
  type MappingContext,
  type Read,
  type Source,
} from '../mapping/index.ts';
import { Failure } from '../std/index.ts';
import type { Cards } from './cds.ts';
import type { Flow, Step } from './flow.ts';
import { compileHl7Writing, type Stamp } from './hl7-writing.ts';
import { lint } from './lint.ts';
import { listsAround } from './nested.ts';

export interface PreparedFlow {
  readonly flow: Flow;
  readonly steps: readonly PreparedStep[];
  /** The lists that each step stands in, by id, the outermost first: a place in each is in what it is remembered under. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
}

export interface PreparedStep {
  readonly step: Step;
  readonly when: ((context: MappingContext) => boolean) | undefined;
  /** What the step is done with: a call's arguments, a map's value, what code reads. */
  readonly input: (context: MappingContext) => Readonly<Record<string, unknown>>;
  readonly holds: ((context: MappingContext) => boolean) | undefined;
  readonly verify: readonly Verification[];
  /** The time that a wait is for. */
  readonly until?: (context: MappingContext) => unknown;
  /** The code that a look-up is for. */
  readonly code?: (context: MappingContext) => unknown;
  /** An HL7 message as a map makes it; `stamp` makes its control id. */
  readonly hl7?: (context: MappingContext, stamp: Stamp) => string;
  readonly branches?: readonly PreparedBranch[];
  readonly otherwise?: readonly PreparedStep[];
  readonly each?: {
    readonly items: (context: MappingContext) => readonly unknown[];
    readonly steps: readonly PreparedStep[];
  };
}

export interface PreparedBranch {
  readonly name: string;
  readonly holds: (context: MappingContext) => boolean;
  readonly steps: readonly PreparedStep[];
}

export interface Verification {
  readonly path: string;
  readonly found: Read;
  readonly expected: (context: MappingContext) => unknown;
}

const nothing = (): Readonly<Record<string, unknown>> => ({});

/**
 * @throws Failure `config`, FLOW_INVALID: what `lint` finds, the first in words. Use `lint` to have them all.
 */
export function prepare(flow: Flow): PreparedFlow {
  const [first, ...more] = lint(flow);
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    throw new Failure({
      code: 'FLOW_INVALID',
      kind: 'config',
      message: `The flow "${flow.name}", ${first.place}: ${first.reason}${others}.`,
      fix: first.fix,
      at: { flow: flow.name, path: first.place },
      retry: { again: false },
    });
  }
  return { flow, steps: flow.steps.map(prepareStep), lists: listsAround(flow.steps) };
}

function prepareStep(step: Step): PreparedStep {
  const when = step.when && compileCondition(step.when);
  const base = { step, when, input: nothing, holds: undefined, verify: [] };
  switch (step.kind) {
    case 'map':
      if (step.hl7 !== undefined) return { ...base, hl7: compileHl7Writing(step.hl7) };
      return { ...base, input: compileFieldMap(step.fields ?? {}) };
    case 'lookup':
      return { ...base, code: compileSource(step.code).read };
    case 'route': {
      const branches = step.branches.map(({ name, when: holds, steps }) => ({
        name,
        holds: compileCondition(holds),
        steps: steps.map(prepareStep),
      }));
      const { otherwise } = step;
      if (typeof otherwise === 'string') return { ...base, branches };
      return { ...base, branches, otherwise: otherwise.map(prepareStep) };
    }
    case 'for-each':
      return { ...base, each: { items: listReader(step.in), steps: step.steps.map(prepareStep) } };
    case 'filter':
      return { ...base, holds: compileCondition(step.that) };
    case 'code':
      return { ...base, input: codeInput(step.reads) };
    case 'find':
    case 'read': {
      const verify = Object.entries(step.verify ?? {}).map(([path, source]) => ({
        path,
        found: compilePath(path).read,
        expected: compileSource(source).read,
      }));
      return { ...base, input: compileFieldMap(step.args), verify };
    }
    case 'wait':
      return step.until === undefined ? base : { ...base, until: compileSource(step.until).read };
    case 'approve':
      return { ...base, input: compileFieldMap(step.show) };
    case 'respond':
      return { ...base, input: cardsOf(step.cards) };
    default:
      return { ...base, input: compileFieldMap(step.args) };
  }
}

/** The cards of a respond step whose conditions hold; a list that an earlier step made is taken as it is. */
function cardsOf(cards: Cards): PreparedStep['input'] {
  if (typeof cards === 'string') {
    const read = listReader(cards);
    return (context) => ({ cards: read(context) });
  }
  const built = cards.map(({ when, card }) => ({
    holds: when && compileCondition(when),
    build: compileFieldMap(card),
  }));
  return (context) => ({
    cards: built.filter(({ holds }) => holds?.(context) ?? true).map(({ build }) => build(context)),
  });
}

/** Every item. Without brackets a list would be its first one. */
function listReader(source: Source): (context: MappingContext) => readonly unknown[] {
  const { read } = compileSource(source.endsWith(']') || source.startsWith('hl7:') ? source : `${source}[*]`);
  return (context) => {
    const list = read(context) ?? [];
    return Array.isArray(list) ? list : [list];
  };
}

/** Copies: code may change what it gets, and the next attempt must find the event as it was. */
function codeInput(reads: Readonly<Record<string, string>>): PreparedStep['input'] {
  const sources = Object.entries(reads).map(([name, source]) => [name, compileSource(source).read] as const);
  return (context) => {
    const input: Record<string, unknown> = {};
    for (const [name, read] of sources) input[name] = structuredClone(read(context) ?? null);
    return input;
  };
}

/** The resource that a capability is about: `patient.find` is about a Patient. */
export function resourceOf(capability: string): string | undefined {
  const dot = capability.indexOf('.');
  return dot <= 0 ? undefined : capability.charAt(0).toUpperCase() + capability.slice(1, dot);
}
