/**
 * What the interpreter says is next. It does nothing itself: the engine executes the command, stores
 * what came back under the step's key, and asks again. So a retry, a crash or a replay from a step is
 * the same thing: the same question with more or fewer remembered outputs.
 */
import type { HoldReason } from '../message/index.ts';
import type { Failure, FailureRecord, Json } from '../std/index.ts';
import type { OnUnknown } from './flow.ts';
import type { Asked } from './sleep.ts';

/** Effects done so far: a step's key (its id; within a for-each `<id>/<index>`) to what it gave. */
export type Remembered = ReadonlyMap<string, unknown>;

export type Command =
  /** One effect at a connection. */
  | {
      readonly kind: 'call';
      readonly step: string;
      readonly connection: string;
      readonly do: string;
      readonly args: Json;
      /** It changes something at the other side: a lost reply is an unknown outcome. */
      readonly effect: boolean;
      /** What to do when its answer was lost, where the step says. */
      readonly onUnknown?: OnUnknown;
      /** A send: passes something on and makes no record that could be there twice. */
      readonly sends?: boolean;
    }
  /** A code step's function, to be run with what it declared to read. */
  | {
      readonly kind: 'code';
      readonly step: string;
      readonly input: Readonly<Record<string, unknown>>;
      readonly run: (input: Readonly<Record<string, unknown>>) => unknown;
    }
  /** A code step's script, to be run in the sandbox. */
  | {
      readonly kind: 'script';
      readonly step: string;
      readonly input: Readonly<Record<string, unknown>>;
      /** Its file, for people. */
      readonly script: string;
      readonly source: string;
    }
  /** Leave the lane; wake at the time (milliseconds since 1970), after so long, or by what was asked. */
  | {
      readonly kind: 'sleep';
      readonly step: string;
      readonly until: number | null;
      readonly after: number | null;
      /** Messages of the same patient may wake it, or end it. */
      readonly wakes: boolean;
      readonly cancels: boolean;
      /** Remembered at once under the step, with `since` and `wakeAt`. */
      readonly asked: Asked;
    }
  | { readonly kind: 'end'; readonly state: 'delivered'; readonly cards?: readonly unknown[] }
  | {
      readonly kind: 'end';
      readonly state: 'filtered';
      readonly step: string;
      readonly cards?: readonly unknown[];
    }
  | {
      readonly kind: 'hold';
      readonly step: string;
      readonly reason: HoldReason;
      readonly failure: Failure;
      /**
       * Remembered answers that led here and can be asked for again: finds. They stay in the history, but the next
       * attempt must not take them as remembered, or a person's correction would never be seen.
       */
      readonly askAgain: readonly string[];
    }
  | {
      readonly kind: 'fail';
      readonly step: string;
      readonly failure: Failure;
      readonly askAgain: readonly string[];
    };

/** One step as the timeline shows it: computed again from what is remembered, for people. */
export interface TraceEntry {
  readonly step: string;
  readonly kind: string;
  readonly state: 'done' | 'skipped' | 'filtered' | 'failed' | 'held' | 'sleeping' | 'next' | 'not reached';
  readonly connection?: string;
  readonly do?: string;
  readonly input?: unknown;
  readonly output?: unknown;
  /** Why it failed or is held. */
  readonly failure?: FailureRecord;
}
