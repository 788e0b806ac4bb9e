/** What is leased, and how it ends; see the contract. */
import type { Delivery, HoldReason, MessageSummary, StepRecord } from '../message/index.ts';
import type { FailureRecord } from '../std/index.ts';
import type { SleepKey } from './appending.ts';

/** A head that was given to this node. */
export interface Leased {
  readonly delivery: Delivery;
  readonly epoch: number;
  readonly message: MessageSummary;
  readonly bytes: Uint8Array;
  /** Effects of earlier attempts, in the order they were done. */
  readonly remembered: readonly StepRecord[];
}

export type Settlement = {
  readonly deliveryId: string;
  readonly epoch: number;
  readonly at: number;
  readonly ms: number;
  /** Effects of this attempt that are not yet remembered. */
  readonly steps: readonly StepRecord[];
  /** The version of the flow that ran, where it is not the one that the delivery was planned with: it is kept in its place. */
  readonly flowVersion?: string;
} & (
  | { readonly to: 'delivered' }
  | { readonly to: 'filtered'; readonly step: string }
  | {
      readonly to: 'waiting';
      readonly dueAt: number;
      readonly failure: FailureRecord;
      readonly detail: string | null;
    }
  | { readonly to: 'dead'; readonly failure: FailureRecord; readonly detail: string | null }
  | {
      readonly to: 'held';
      readonly reason: HoldReason;
      readonly step: string;
      readonly failure: FailureRecord;
      readonly detail: string | null;
    }
  /**
   * Leaves its lanes; at `wakeAt`, or by `wakeOn`, it stands again at their tail. If a message brought one of its keys
   * since it was planned, it does not sleep: `cancelOn` ends it as filtered, `wakeOn` lets it stand at the tail at once.
   * What happened is added to the step's remembered output (an object): see `Woken` in the message room.
   */
  | {
      readonly to: 'sleeping';
      readonly step: string;
      readonly wakeAt: number | null;
      readonly wakeOn: SleepKey | null;
      readonly cancelOn?: SleepKey | null;
    }
  /** Given back untried: the node is stopping, or the connection is not being called now (then `dueAt`: not before). Counts no attempt. */
  | { readonly to: 'given back'; readonly dueAt?: number }
);

export type Settled = 'settled' | 'stale';
