/**
 * The flows that ran, by version: their values are kept as data when the engine starts, and made runnable again when a
 * replay asks for one. A function cannot be kept: a version with a code step can be run for as long as the flow of today
 * has a code step with the same source text.
 */
import {
  everyStep,
  type Flow,
  flowVersion,
  type PreparedFlow,
  prepare,
  type Step,
} from '../../flow/index.ts';
import { asFailure, type Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { RunningFlow } from '../control.ts';
import { type Limits, limitsOf } from '../retry.ts';

export interface Runnable {
  readonly prepared: PreparedFlow;
  readonly limits: Limits;
  readonly version: string;
}

/** A version that can be run, or one sentence why it cannot. */
export type Found = Runnable | { readonly gone: string };

export interface FlowVersions {
  /** Keeps the values of the flows of today. */
  register(): Promise<void>;
  present(flow: string): Runnable | undefined;
  find(flow: string, version: string): Promise<Found>;
}

/** A flow as plain JSON; of a code step the source text. */
export function flowValue(flow: Flow): Json {
  return JSON.parse(
    JSON.stringify(flow, (_, value: unknown) => (typeof value === 'function' ? String(value) : value)),
  ) as Json;
}

/** The flow that was kept as data, with the functions of today's code steps that have the same source; or why not. */
export function flowFrom(
  value: Json,
  version: string,
  today: Flow | undefined,
): Flow | { readonly gone: string } {
  const kept = value as unknown as Flow;
  const functions = new Map(
    everyStep(today?.steps ?? []).flatMap((step) =>
      step.kind === 'code' && step.run !== undefined ? [[String(step.run), step.run] as const] : [],
    ),
  );
  const lost: string[] = [];
  const flow: Flow = { ...kept, steps: kept.steps.map(restored) };
  function restored(step: Step): Step {
    if (step.kind === 'for-each') return { ...step, steps: step.steps.map(restored) };
    if (step.kind === 'route') {
      const branches = step.branches.map((branch) => ({ ...branch, steps: branch.steps.map(restored) }));
      const { otherwise } = step;
      return {
        ...step,
        branches,
        otherwise: typeof otherwise === 'string' ? otherwise : otherwise.map(restored),
      };
    }
    // A script's text is kept with the flow.
    if (step.kind !== 'code' || step.run === undefined) return step;
    const run = functions.get(step.run as unknown as string);
    if (run === undefined) lost.push(step.id);
    return run === undefined ? step : { ...step, run };
  }
  if (lost.length > 0) {
    return {
      gone: `The code of its step "${lost[0]}" has changed since it ran, so that version cannot be run again.`,
    };
  }
  if (flowVersion(flow) !== version) {
    return { gone: 'What was kept of the version that ran does not give that version again.' };
  }
  return flow;
}

const short = (version: string): string => version.slice(0, 8);

export function createVersions(store: Store, flows: readonly RunningFlow[]): FlowVersions {
  const present = new Map<string, Runnable>();
  for (const { flow, version } of flows) {
    present.set(flow.name, { prepared: prepare(flow), limits: limitsOf(flow), version });
  }
  const earlier = new Map<string, Promise<Found>>();

  async function load(flow: string, version: string): Promise<Found> {
    const value = await store.flowVersion(version);
    if (value === null) {
      return {
        gone: `The version ${short(version)} of the flow "${flow}" is not kept, so it cannot be run again.`,
      };
    }
    const rebuilt = flowFrom(value, version, present.get(flow)?.prepared.flow);
    if ('gone' in rebuilt) return rebuilt;
    try {
      return { prepared: prepare(rebuilt), limits: limitsOf(rebuilt), version };
    } catch (error) {
      return { gone: `This program cannot run the version that ran any more: ${asFailure(error).message}` };
    }
  }

  return {
    async register() {
      for (const { flow, version } of flows) await store.putFlowVersion(version, flowValue(flow));
    },
    present: (flow) => present.get(flow),
    find(flow, version) {
      const today = present.get(flow);
      if (today?.version === version) return Promise.resolve(today);
      let found = earlier.get(version);
      if (found === undefined) {
        found = load(flow, version);
        earlier.set(version, found);
        found.catch(() => earlier.delete(version)); // the store may answer the next time
      }
      return found;
    },
  };
}
