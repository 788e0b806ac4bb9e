import type { FailureRecord } from '../std/index.ts';

/** One message's way through one flow. */
export type DeliveryState =
  | 'waiting' // for its turn in the lane, or for the time of its next attempt
  | 'running'
  | 'sleeping' // a wait or approve step; it has left its lanes
  | 'held' // a person or an event must act; it keeps its lanes
  | 'delivered'
  | 'filtered'
  | 'dead';

export type HoldReason =
  | 'unmapped code'
  | 'unknown outcome'
  | 'stopped lane'
  | 'paused'
  | 'ambiguous patient'
  | 'unlinked'
  | 'unanswered'
  | 'late';

/** Every move that a delivery may make. A store refuses any other. */
export const MOVES: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  waiting: ['running', 'held', 'dead'],
  running: ['waiting', 'sleeping', 'held', 'delivered', 'filtered', 'dead'],
  sleeping: ['waiting', 'dead', 'filtered'],
  held: ['waiting', 'filtered', 'dead'],
  delivered: [],
  filtered: [],
  dead: [],
};

/**
 * @example
 * mayMove('running', 'delivered') // true
 * mayMove('delivered', 'waiting') // false: a replay is a new delivery
 */
export function mayMove(from: DeliveryState, to: DeliveryState): boolean {
  return MOVES[from].includes(to);
}

export interface Delivery {
  readonly id: string;
  readonly messageId: string;
  readonly flow: string;
  /** Hash of the flow's value at receipt: the route plan is frozen then. */
  readonly flowVersion: string;
  readonly state: DeliveryState;
  readonly heldFor: HoldReason | null;
  /** Finished attempts. */
  readonly attempts: number;
  /** When a person let it go on after it was held, and how many attempts it had then: the flow's limits count from there. */
  readonly released: { readonly at: number; readonly attempts: number } | null;
  /** When it may run next; milliseconds since 1970. */
  readonly dueAt: number;
  /** It was in hand when the engine stopped uncleanly, or an answer was lost: whatever it sent may have arrived. */
  readonly possibleDuplicate: boolean;
  /** The delivery that it repeats, when it is a replay. */
  readonly replayOf: string | null;
  /** The newest replay of it, when there is one. */
  readonly replayedBy: string | null;
  readonly createdAt: number;
  readonly finishedAt: number | null;
  /** The last failure; stays when a later attempt succeeds, so that the history shows it. */
  readonly failure: FailureRecord | null;
  /** The step it ended or waits at, if any. */
  readonly step: string | null;
}

/** A finished effect: what a retry does not do again. */
export interface StepRecord {
  /** The step's id; inside for-each with its index: `notify[3]`. */
  readonly step: string;
  readonly startedAt: number;
  readonly ms: number;
  /** What the call gave back; plain JSON. Sealed at rest. */
  readonly output: unknown;
}

/**
 * What a sleeping step's remembered output gains when its sleep ends. Without `wokenAt` the delivery still sleeps, or was
 * ended by other means. Milliseconds since 1970.
 */
export interface Woken {
  readonly wokenAt: number;
  readonly by: 'time' | 'event' | 'person';
  /** The message that woke or ended it. */
  readonly messageId?: string;
  /** A message ended it: the delivery is filtered at this step. */
  readonly cancelled?: true;
}

/** A failed attempt, kept for the timeline. */
export interface AttemptRecord {
  readonly attempt: number;
  readonly endedAt: number;
  readonly ms: number;
  readonly failure: FailureRecord;
  /** What the other side said. Sealed at rest: it may hold patient data. */
  readonly detail: string | null;
}
