/** What enters the store, and what stands or falls with it; see the contract. */
import type { Door, Format, MessageFlag, MessageState, StepRecord } from '../message/index.ts';
import type { Json } from '../std/index.ts';

export interface NewDelivery {
  readonly flow: string;
  readonly flowVersion: string;
  /** Keyed hashes; at least one. Two for a merge. The store resolves aliases. */
  readonly lanes: readonly string[];
  /** A replay from a step: effects before it, taken over as remembered. */
  readonly remembered?: readonly StepRecord[];
  readonly replayOf?: string;
  /** Not before; milliseconds. Left out: now. */
  readonly dueAt?: number;
}

export interface NewMessage {
  readonly door: Door;
  readonly format: Format;
  readonly type: string;
  readonly controlId: string | null;
  readonly receivedAt: number;
  readonly state: MessageState;
  readonly reason: string | null;
  readonly flags: readonly MessageFlag[];
  readonly bytes: Uint8Array;
  /** Keyed hashes of the patients it names: what search by patient finds. */
  readonly patients: readonly string[];
  /**
   * Recognises a repeat: `sender` and `id` as text, `hash` of the raw bytes. Same all: duplicate, nothing is
   * appended. Same sender and id, other hash: appended and flagged `control-id-reused`.
   * Left out: never a repeat (replays, retests, senders without ids). Of a rejected message it is not looked at:
   * sent again, it is judged afresh. A message that differs from an earlier one of its id in nothing but MSH-7 is
   * flagged `resent-with-new-time` instead.
   */
  readonly dedupe?: {
    readonly sender: string;
    readonly id: string;
    readonly hash: string;
    /** The first must have been received at this time or later. Left out: any that is remembered (`prune`). */
    readonly since?: number;
    /** A difference in MSH-7 alone is none: such a message is a duplicate. */
    readonly ignoreTime?: true;
  };
  /** The message that it repeats or was split from. */
  readonly parent?: string;
  readonly deliveries: readonly NewDelivery[];
}

/** A committed position. `expect` guards against two pollers: another version in the row refuses the append. */
export interface CursorMove {
  readonly name: string;
  readonly value: Json;
  readonly expect: number;
}

export interface SeenMark {
  readonly resource: string;
  readonly identity: string;
  readonly hash: string;
}

export interface RosterChange {
  readonly key: string;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  readonly fhirId?: string;
  readonly activeAt: number;
}

/** A merge: `from`'s later deliveries join `to`'s lane. `undo` takes it back (A37). */
export interface LaneAlias {
  readonly from: string;
  readonly to: string;
  readonly undo?: boolean;
}

export interface AuditEntry {
  readonly at: number;
  /** A named user, or `engine`, or `cli`. */
  readonly who: string;
  /** `message.reveal`, `delivery.replay`, `user.create`, `sign-in`. */
  readonly act: string;
  /** What it was done to: ids and names only. */
  readonly on: string;
  readonly facts?: Readonly<Record<string, Json>>;
}

export interface Append {
  readonly site: string;
  readonly connection: string;
  readonly messages: readonly NewMessage[];
  readonly cursor?: CursorMove;
  readonly seen?: readonly SeenMark[];
  readonly roster?: readonly RosterChange[];
  readonly aliases?: readonly LaneAlias[];
  readonly audit?: readonly AuditEntry[];
}

/** One per message of the append, in its order. */
export type Appended =
  | {
      readonly kind: 'kept';
      readonly messageId: string;
      readonly receivedAt: number;
      readonly flags: readonly MessageFlag[];
    }
  | { readonly kind: 'duplicate'; readonly messageId: string; readonly receivedAt: number };
