/**
 * Slots: small sealed values by name that all nodes share, changed by compare and swap. Tokens that one node renews for all, a
 * sign-in that begins on one node and ends on another, keys in rotation, a site's budget. See the contract.
 */
import type { Json } from '../std/index.ts';

export interface Slot {
  /** `null`: there is none (any more). */
  readonly value: Json;
  /** 0: there never was one. Grows with each swap. */
  readonly version: number;
  /** The store's own clock, milliseconds since 1970: times inside values are judged by it, whatever a node's clock says. */
  readonly now: number;
}

export interface SlotSwap {
  readonly name: string;
  /** The version that was read. */
  readonly expect: number;
  readonly value: Json;
  /** By the store's clock: nobody reads it after this, and the row is removed. Left out: it stays. */
  readonly until?: number;
}

/** What stays of a value that was taken away, so that its version is not used twice by somebody who was slow; milliseconds. */
export const SLOT_GRAVE = 24 * 3_600_000;
