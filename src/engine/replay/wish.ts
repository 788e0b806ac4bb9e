/** What people ask for when they replay, and what they are told: plain values, shared with the API and the command line. */
import type { FailureRecord } from '../../std/index.ts';
import type { DeliveryQuery, Job } from '../../store/index.ts';

/** Which deliveries: by id, or all that a filter finds and that were not replayed since, oldest first. */
export type ReplayChoice =
  | { readonly deliveryIds: readonly string[] }
  | { readonly query: Omit<DeliveryQuery, 'after' | 'limit'> };

/** `ran`: the flow as it was when the delivery was planned; `present`: as it is now. */
export type ReplayVersion = 'ran' | 'present';

export interface ReplayWish {
  readonly of: ReplayChoice;
  /** From this step on; effects before it are taken over. Left out: from the start. */
  readonly fromStep?: string;
  readonly version: ReplayVersion;
}

/** One place in which two values differ. `before` or `after` is left out where the field was not, or is not. */
export interface Difference {
  /** `body.patient.name[0]`; empty: the whole value. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A step of a sample as a replay would do it, assuming that what was answered before is answered again. */
export interface SampleStep {
  readonly step: string;
  readonly kind: string;
  readonly connection?: string;
  readonly do?: string;
  /**
   * `taken over`: its remembered output is used, nothing is done. `done`: done again; a later step depends on its answer,
   * taken to be as before. `next`: done, and nothing can be said of what follows its answer.
   */
  readonly state: 'taken over' | 'done' | 'next';
  /** What would be sent. */
  readonly args: unknown;
  /** Against what was sent before; `null`: it was never sent, or the version that ran cannot be run any more. */
  readonly differences: readonly Difference[] | null;
}

export interface ReplaySample {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly site: string;
  readonly flow: string;
  readonly ranVersion: string;
  readonly withVersion: string;
  /** Calls and code; pure steps are no more than their result in those. */
  readonly steps: readonly SampleStep[];
  /** How it would end, as far as that can be said: one sentence. */
  readonly end: string;
  /** Why it would not go through, when that is known already. */
  readonly failure: FailureRecord | null;
}

/** A dry run: nothing is written, nothing is sent. */
export interface ReplayPreview {
  /** Deliveries that would be replayed. */
  readonly count: number;
  readonly of: readonly { readonly site: string; readonly flow: string; readonly count: number }[];
  readonly refused: readonly {
    /** One sentence. */
    readonly reason: string;
    readonly count: number;
    /** One of them. */
    readonly deliveryId: string;
  }[];
  /** The first of them, oldest first. */
  readonly samples: readonly ReplaySample[];
}

/** Who asks, and why: kept in the audit trail. */
export interface Asked {
  readonly who: string;
  readonly reason: string;
}

export interface ReplayControl {
  /** @param samples How many are looked at in full; 3 unless told. */
  preview(wish: ReplayWish, samples?: number): Promise<ReplayPreview>;
  /**
   * Begins a replay of all that a filter finds, oldest first; it goes on by itself, over a restart too.
   * @param wish `rate`: deliveries a second at most; 100 unless told.
   * @throws Failure `REPLAY_NOTHING`.
   */
  start(wish: ReplayWish & { readonly rate?: number }, asked: Asked): Promise<Job>;
  /** After the batch in hand. @throws Failure `REPLAY_NOT_MOVED`. */
  stop(id: string, asked: Asked): Promise<Job>;
  /** Goes on behind the last one. @throws Failure `REPLAY_NOT_MOVED`. */
  resume(id: string, asked: Asked): Promise<Job>;
  /**
   * A new message with these bytes, planned for the delivery's flow as it is now; the original stays as it is.
   * @throws Failure `EDIT_REFUSED`.
   */
  edit(
    edit: { readonly deliveryId: string; readonly bytes: Uint8Array } & Asked,
  ): Promise<{ readonly messageId: string; readonly deliveryId: string }>;
}
