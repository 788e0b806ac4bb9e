/** What enters the store, and what stands or falls with it; see the contract. */
import type { Door, Format, HoldReason, MessageFlag, MessageState, StepRecord } from '../message/index.ts';
import type { FailureRecord, Json } from '../std/index.ts';

/**
 * What a sleeper can be woken or ended by. `<lane>#<name>`: a lane's key as a delivery has it, and a name; the lane part
 * follows aliases, so what concerns the survivor of a merge reaches sleepers of the retired id. Without `#`: as it stands.
 * Where a delivery falls asleep it is written `#<name>`: in its own lanes. A key that a message brought after the delivery
 * was planned counts, also when it came before the delivery slept.
 */
export type SleepKey = string;

export interface NewDelivery {
  readonly flow: string;
  readonly flowVersion: string;
  /** Keyed hashes; at least one. Two for a merge. The store resolves aliases. */
  readonly lanes: readonly string[];
  /** A replay from a step: effects before it, taken over as remembered. */
  readonly remembered?: readonly StepRecord[];
  /** The delivery that it repeats, which says from now on that it was replayed. */
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
  /** What ends sleepers (see {@link SleepKey}): those whose `cancelOn` is one of these are filtered at their step. */
  readonly cancels?: readonly SleepKey[];
  /** What wakes sleepers: those whose `wakeOn` is one of these stand again at the tail of their lanes, behind this message. */
  readonly wakes?: readonly SleepKey[];
  readonly deliveries: readonly NewDelivery[];
}

/** A committed position. `expect` guards against two pollers: another version in the row refuses the append. */
export interface CursorMove {
  readonly name: string;
  readonly value: Json;
  readonly expect: number;
  /** When, milliseconds: what people see. */
  readonly at?: number;
}

export interface SeenMark {
  readonly resource: string;
  readonly identity: string;
  readonly hash: string;
  /** The count of all there is that touched it; see `gone` of an append. */
  readonly census?: number;
}

export interface RosterChange {
  readonly key: string;
  readonly identifiers: readonly { readonly system: string; readonly value: string }[];
  readonly fhirId?: string;
  /** The key of the patient that this one was merged into: it is not asked about by itself. `null`: no longer merged. */
  readonly mergedInto?: string | null;
  readonly activeAt: number;
}

/**
 * A merge: `from`'s later deliveries join `to`'s lane. `undo` takes it back (A37), if `from` joins `to`, directly or through
 * others. With `hold` whatever waits in either lane after that, the append's own deliveries included, is held with it.
 * Of an append whose messages are all repeats they are not looked at.
 */
export interface LaneAlias {
  readonly from: string;
  readonly to: string;
  readonly undo?: boolean;
  readonly hold?: { readonly reason: HoldReason; readonly failure: FailureRecord };
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
  /** Marks of this resource whose last count is an earlier one (1 or more) become `gone`; what was never counted stays. */
  readonly gone?: { readonly resource: string; readonly before: number };
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
