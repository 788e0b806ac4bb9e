/** What is asked of the store, and what it answers; see the contract. */
import type {
  AttemptRecord,
  Counters,
  Delivery,
  DeliveryState,
  MessageState,
  MessageSummary,
  StepRecord,
} from '../message/index.ts';
import type { FailureRecord, Json } from '../std/index.ts';
import type { AuditEntry } from './appending.ts';

export interface MessageQuery {
  readonly site?: string;
  readonly connection?: string;
  readonly controlId?: string;
  /** Keyed hash. */
  readonly patient?: string;
  /** Exact, or with `*` at its end: `ADT^*`. */
  readonly type?: string;
  /** A message state, a delivery state, or `unrouted`. */
  readonly state?: MessageState | DeliveryState | 'unrouted';
  readonly flow?: string;
  /** Received at this time or later, and before that; milliseconds. */
  readonly from?: number;
  readonly to?: number;
  /** Keyset: messages older than this id. */
  readonly before?: string;
  /** 1..500. */
  readonly limit: number;
}

/** A row of the list: the message and where its deliveries stand. */
export interface MessageRow extends MessageSummary {
  readonly deliveries: readonly { readonly flow: string; readonly state: DeliveryState }[];
}

export interface Page<Row> {
  /** May be fewer than the limit, even none, with more to come: only so many rows are looked at in one call. */
  readonly rows: readonly Row[];
  /** Give this as `before` for the next page; `null` at the end. */
  readonly before: string | null;
}

/** Free text within a time: what holds it, among the messages that the rest of the query asks for. */
export interface ScanQuery extends MessageQuery {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

export interface ScanPage extends Page<MessageRow> {
  /** Payloads that were unsealed and looked through. */
  readonly looked: number;
}

/** How a message ended: refused, wanted by no flow, or by its deliveries: dead if one is, then delivered if one is. */
export type MessageEnd = 'delivered' | 'filtered' | 'dead' | 'rejected' | 'unrouted';

export interface PruneRequest {
  readonly receivedBefore: number;
  readonly limit: number;
  /** Left out: all. */
  readonly site?: string;
  readonly connection?: string;
  readonly ended?: MessageEnd;
  /**
   * Flows that say otherwise than `receivedBefore`, for messages with a delivery of theirs: a message leaves when all of its
   * flows let it go. One without deliveries goes by `receivedBefore`.
   */
  readonly flows?: readonly { readonly flow: string; readonly receivedBefore: number }[];
  /** Looks only at those received at `from` or later, and before `to`. Left out: at all. */
  readonly within?: { readonly from: number; readonly to: number };
  /**
   * What recognises a repeat of a message received at this time or later stays when the message goes; of older ones it
   * goes, too, also of those that went before. Left out: it goes with its message.
   */
  readonly repeatsBefore?: number;
}

/** A committed position, and when it last moved (milliseconds; 0: not known). */
export interface CursorRow {
  readonly site: string;
  readonly connection: string;
  readonly name: string;
  readonly value: Json;
  readonly version: number;
  readonly movedAt: number;
}

export interface DeliveryHistory {
  readonly delivery: Delivery;
  readonly steps: readonly StepRecord[];
  readonly attempts: readonly AttemptRecord[];
}

export interface FeedTally extends Counters {
  readonly site: string;
  readonly connection: string;
  readonly lastReceivedAt: number | null;
  /** Repeats recognised and not delivered again. */
  readonly repeats: number;
  /** Received in each of the last 60 minutes, oldest first; the last is the running minute. */
  readonly receivedPerMinute: readonly number[];
}

export interface DeadLetter {
  readonly delivery: Delivery;
  readonly message: MessageSummary;
}

/** A lane that does not move: its head is held, or has failed and waits for its next attempt. */
export interface StuckLane {
  /** Keyed hash. */
  readonly lane: string;
  readonly head: Delivery;
  readonly message: MessageSummary;
  /** Deliveries standing in it, the head included. */
  readonly standing: number;
}

export interface Sleeper {
  readonly delivery: Delivery;
  readonly message: MessageSummary;
  readonly wakeAt: number | null;
}

/** Dead letters of one cause. Only those that were not replayed since count. */
export interface DeadGroup {
  /** Hash over failure code, flow, step and path: `fingerprintOf`. */
  readonly fingerprint: string;
  readonly code: string;
  readonly flow: string;
  readonly step: string | null;
  readonly path: string | null;
  readonly count: number;
  /** When the first and the last of them died; milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** The one that died last, with its failure and its fix. */
  readonly sample: DeadLetter;
}

/** Which deliveries a replay runs through. */
export interface DeliveryQuery {
  readonly site?: string;
  readonly connection?: string;
  readonly flow?: string;
  /** Of the message: exact, or with `*` at its end. */
  readonly type?: string;
  /** Keyed hash. */
  readonly patient?: string;
  readonly state?: DeliveryState;
  /** Dead letters of this cause, replayed since or not. */
  readonly fingerprint?: string;
  /** Message received at this time or later, and before that; milliseconds. */
  readonly from?: number;
  readonly to?: number;
  /** Keyset, oldest first: deliveries after this id. */
  readonly after?: string;
  /** 1..1000. */
  readonly limit: number;
}

/** Work that goes on over many transactions: a replay of a set. Its progress is committed with each of them. */
export interface Job {
  readonly id: string;
  readonly kind: 'replay';
  readonly state: 'running' | 'stopped' | 'done' | 'failed';
  readonly who: string;
  readonly reason: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** What was asked for; plain JSON without patient data. */
  readonly request: Json;
  /** Deliveries done so far, and how many there were when it was asked for. */
  readonly done: number;
  readonly total: number;
  /** The delivery it goes on after. */
  readonly after: string | null;
  readonly failure: FailureRecord | null;
}

export interface ReplayRequest {
  readonly deliveryIds: readonly string[];
  /** From this step on; effects before it are taken over. Left out: from the start. */
  readonly fromStep?: string;
  /** The version that the new deliveries are planned with, by flow. */
  readonly versions: Readonly<Record<string, string>>;
  readonly at: number;
  readonly audit: AuditEntry;
  /**
   * Its progress, written in the same transaction. In the store it must be running with a smaller `done`: otherwise
   * (it was stopped, or another node was faster) nothing is replayed, and the refusal is `STORE_JOB_MOVED`.
   */
  readonly job?: Job;
}

export interface OutcomeCount {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly site: string;
  readonly connection: string;
  readonly kind: string;
  readonly count: number;
  readonly ms: number;
}

export interface NoiseCount {
  readonly site: string;
  readonly connection: string;
  readonly kind: 'garbage' | 'too-large' | 'broken-frame';
  readonly count: number;
  readonly bytes: number;
}

export interface AuditRow extends AuditEntry {
  readonly id: string;
  /** SHA-256 over the previous row's hash and this row's content. */
  readonly hash: string;
}

export interface StoredUser {
  readonly name: string;
  readonly role: string;
  /** scrypt, with its salt and cost. */
  readonly password: string;
  readonly createdAt: number;
  readonly disabled: boolean;
}

export interface StoredSession {
  /** SHA-256 of the cookie's value. */
  readonly id: string;
  readonly user: string;
  readonly createdAt: number;
  readonly usedAt: number;
}
