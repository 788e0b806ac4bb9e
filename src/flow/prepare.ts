/** A flow compiled once: every path, map and condition a closure. */
import {
  compileCondition,
  compileFieldMap,
  compilePath,
  compileSource,
  type MappingContext,
  type Read,
} from '../mapping/index.ts';
import { Failure } from '../std/index.ts';
import type { Cards } from './cds.ts';
import type { Flow, Step } from './flow.ts';
import { lint } from './lint.ts';

export interface PreparedFlow {
  readonly flow: Flow;
  readonly steps: readonly PreparedStep[];
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
  return { flow, steps: flow.steps.map(prepareStep) };
}

function prepareStep(step: Step): PreparedStep {
  const when = step.when && compileCondition(step.when);
  const base = { step, when, input: nothing, holds: undefined, verify: [] };
  switch (step.kind) {
    case 'map':
      return { ...base, input: compileFieldMap(step.fields) };
    case 'filter':
      return { ...base, holds: compileCondition(step.that) };
    case 'code':
      return { ...base, input: codeInput(step.reads) };
    case 'find': {
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
    // Without brackets a list would be its first item.
    const { read } = compileSource(cards.endsWith(']') ? cards : `${cards}[*]`);
    return (context) => {
      const list = read(context) ?? [];
      return { cards: Array.isArray(list) ? list : [list] };
    };
  }
  const built = cards.map(({ when, card }) => ({
    holds: when && compileCondition(when),
    build: compileFieldMap(card),
  }));
  return (context) => ({
    cards: built.filter(({ holds }) => holds?.(context) ?? true).map(({ build }) => build(context)),
  });
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
