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
   * What recognises a repeat of a message received at this time or later stays when the message goes; of older ones it
   * goes, too, also of those that went before. Left out: it goes with its message.
   */
  readonly repeatsBefore?: number;
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

export interface ReplayRequest {
  readonly deliveryIds: readonly string[];
  /** From this step on; effects before it are taken over. Left out: from the start. */
  readonly fromStep?: string;
  /** The version that the new deliveries are planned with, by flow. */
  readonly versions: Readonly<Record<string, string>>;
  readonly at: number;
  readonly audit: AuditEntry;
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
