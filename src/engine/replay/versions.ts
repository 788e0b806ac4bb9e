/**
 * The flows that ran, by version: their values are kept as data before anything is planned with them, and made runnable
 * again when a replay asks for one, or what was queued under it. A function cannot be kept: a version with a code step can
 * be run for as long as the flow of today has a code step with the same source text, or the project that it ran in is kept.
 */
import { everyStep, type Flow, flowVersion, type Step } from '../../flow/index.ts';
import { asFailure, type Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { RunningFlow } from '../control.ts';
import { type Present, type Runnable, runnable } from '../present.ts';

export type { Runnable } from '../present.ts';

/** A version that can be run, or one sentence why it cannot. */
export type Found = Runnable | { readonly gone: string };

/** A flow by the version that ran, from where whole projects are kept; `null`: it is not there. */
export type EarlierFlow = (flow: string, version: string) => Promise<Flow | null>;

export interface FlowVersions {
  /** Keeps the values of these flows, before anything is planned with them. */
  register(flows: readonly RunningFlow[]): Promise<void>;
  /** What ran until now stays at hand, with its functions. */
  retire(flows: readonly Runnable[]): void;
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

export function createVersions(
  store: Store,
  present: Pick<Present, 'flow'>,
  earlierFlow: EarlierFlow = async () => null,
): FlowVersions {
  const earlier = new Map<string, Promise<Found>>();

  async function load(flow: string, version: string): Promise<Found> {
    const whole = await earlierFlow(flow, version);
    if (whole !== null) return runnable(whole);
    const value = await store.flowVersion(version);
    if (value === null) {
      return {
        gone: `The version ${short(version)} of the flow "${flow}" is not kept, so it cannot be run again.`,
      };
    }
    const rebuilt = flowFrom(value, version, present.flow(flow)?.prepared.flow);
    if ('gone' in rebuilt) return rebuilt;
    try {
      return runnable(rebuilt);
    } catch (error) {
      return { gone: `This program cannot run the version that ran any more: ${asFailure(error).message}` };
    }
  }

  return {
    async register(flows) {
      for (const { flow, version } of flows) await store.putFlowVersion(version, flowValue(flow));
    },
    retire(flows) {
      for (const one of flows) earlier.set(one.version, Promise.resolve(one));
    },
    present: (flow) => present.flow(flow),
    find(flow, version) {
      const today = present.flow(flow);
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
