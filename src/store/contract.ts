/**
 * The Store contract: everything durable, behind one asynchronous interface. One suite of contract
 * tests runs on every implementation (SQLite now; PostgreSQL and the simulation's in-memory store join).
 *
 * What every implementation promises:
 * - A promise that resolves means committed and on disk. A promise that rejects means: nothing of it is kept.
 *   (The one exception no store can rule out: the disk fails during the commit and the machine dies before the
 *   next one. Then it may be there without a promise; a sender's repeat is recognised.)
 * - One `append` is one transaction: messages, deliveries, lanes, dedupe, cursor, seen, roster, aliases, audit.
 *   Several appends and settlements may share one commit (group commit); none sees half of another.
 * - Payload bytes, step outputs, failure details, roster identifiers and secrets are sealed by the store
 *   before they touch the disk; everything else in a row is free of patient data (keys are keyed hashes).
 * - Ids grow in the order of commit within one source connection. Order is judged by place, never by time.
 * - A delivery is a head when it is the first of all its lanes. Only heads that are due are leased.
 * - Every lease carries an epoch of its own, also within one process; a settlement with another epoch changes
 *   nothing and says `stale`.
 * - An alias of `append` takes effect after its messages, an `undo` before them: the delivery of a merge or an
 *   unlink stands in both lanes, behind what was there and before what follows.
 */
import type {
  AttemptRecord,
  Counters,
  Delivery,
  DeliveryState,
  Door,
  Format,
  HoldReason,
  Ledger,
  MessageFlag,
  MessageState,
  MessageSummary,
  StepRecord,
} from '../message/index.ts';
import type { Failure, FailureRecord, Json } from '../std/index.ts';

// ---------------------------------------------------------------- appending

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
   * sent again, it is judged afresh. Repeats are recognised for as long as the first is kept (`prune`).
   */
  readonly dedupe?: { readonly sender: string; readonly id: string; readonly hash: string };
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

// ---------------------------------------------------------------- working

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
  /** Leaves its lanes; at `wakeAt` (or by `wake`) it stands again at their tail. */
  | {
      readonly to: 'sleeping';
      readonly step: string;
      readonly wakeAt: number | null;
      readonly wakeOn: string | null;
    }
  /** Given back untried: the node is stopping. */
  | { readonly to: 'given back' }
);

export type Settled = 'settled' | 'stale';

// ---------------------------------------------------------------- reading

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

// ---------------------------------------------------------------- the store

/** `failing`: the last write did not commit. Writes are still tried; the first that commits ends it. */
export type StoreHealth =
  | { readonly state: 'ready' }
  | { readonly state: 'failing'; readonly since: number; readonly failure: Failure };

export interface Store {
  readonly kind: string;

  health(): StoreHealth;
  /** Called at every change of health; the function returned ends it. */
  onHealth(listener: (health: StoreHealth) => void): () => void;
  /** A write that changes nothing of worth: finds out whether a failing store has recovered. */
  probe(): Promise<void>;

  append(unit: Append): Promise<readonly Appended[]>;

  /** Up to `limit` heads that are due, in order of due time and place; each is now `running`. */
  lease(request: { readonly now: number; readonly limit: number }): Promise<readonly Leased[]>;
  /** The earliest time at which a waiting head is due or a sleeper wakes; `null` when there is none. */
  nextDue(): Promise<number | null>;
  /** Commits an effect before the next one is tried. A step that is remembered already gets the newer output. */
  remember(work: {
    readonly deliveryId: string;
    readonly epoch: number;
    readonly steps: readonly StepRecord[];
  }): Promise<Settled>;
  settle(settlement: Settlement): Promise<Settled>;
  /** Sleepers whose time has come, or that wait for `wakeOn`, stand again at the tail of their lanes. */
  wake(request: { readonly now: number; readonly wakeOn?: string }): Promise<number>;
  /** Held deliveries go on: back to waiting in their place in the lane, or to dead. */
  release(request: {
    readonly deliveryIds: readonly string[];
    readonly to: 'waiting' | 'dead';
    readonly at: number;
    readonly audit: AuditEntry;
  }): Promise<number>;
  /** New deliveries for old ones, marked, dedupe-exempt, oldest first; gives their ids. */
  replay(request: ReplayRequest): Promise<readonly string[]>;

  cursor(
    site: string,
    connection: string,
    name: string,
  ): Promise<{ readonly value: Json; readonly version: number } | null>;
  seen(site: string, resource: string, identities: readonly string[]): Promise<ReadonlyMap<string, string>>;
  rosterPage(site: string, after: string | null, limit: number): Promise<readonly RosterChange[]>;
  rosterGet(site: string, keys: readonly string[]): Promise<readonly RosterChange[]>;

  search(query: MessageQuery): Promise<Page<MessageRow>>;
  message(
    id: string,
  ): Promise<{ readonly message: MessageSummary; readonly deliveries: readonly Delivery[] } | null>;
  /** The bytes as received. Reading them for a person is an audited act: the caller writes the entry. */
  payload(id: string): Promise<Uint8Array | null>;
  history(deliveryId: string): Promise<DeliveryHistory | null>;
  deadLetters(query: {
    readonly site?: string;
    readonly flow?: string;
    readonly code?: string;
    readonly before?: string;
    readonly limit: number;
  }): Promise<Page<DeadLetter>>;

  tallies(now: number): Promise<readonly FeedTally[]>;
  noises(): Promise<readonly NoiseCount[]>;
  /** Unfinished deliveries by connection: what back-pressure looks at. */
  backlog(): Promise<
    readonly { readonly site: string; readonly connection: string; readonly queued: number }[]
  >;
  /** Counted from rows, not from tallies: the proof that nothing drifted. */
  ledger(): Promise<Ledger>;

  countOutcomes(counts: readonly OutcomeCount[]): Promise<void>;
  /** Of the minute of this time (milliseconds) and later. */
  outcomes(since: number): Promise<readonly OutcomeCount[]>;
  countNoise(counts: readonly NoiseCount[]): Promise<void>;

  audit(entries: readonly AuditEntry[]): Promise<void>;
  auditTrail(query: { readonly before?: string; readonly limit: number }): Promise<Page<AuditRow>>;
  /** Row ids at which the chain of hashes breaks; empty when it holds. */
  verifyAudit(): Promise<readonly string[]>;

  putSecret(name: string, value: string): Promise<void>;
  getSecret(name: string): Promise<string | null>;

  putUser(user: StoredUser, audit: AuditEntry): Promise<void>;
  user(name: string): Promise<StoredUser | null>;
  users(): Promise<readonly StoredUser[]>;
  putSession(session: StoredSession): Promise<void>;
  session(id: string): Promise<StoredSession | null>;
  endSession(id: string): Promise<void>;

  /** Removes finished messages received before `receivedBefore` with everything of theirs, in small transactions. */
  prune(request: { readonly receivedBefore: number; readonly limit: number }): Promise<number>;
  /** A consistent copy while it works; the path of the copy's folder or file. */
  backup(to: string): Promise<void>;

  close(): Promise<void>;
}
