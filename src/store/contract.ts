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
 *   unlink stands in both lanes, behind what was there and before what follows. In a flow that did not want the merge
 *   the next delivery does: it stands in the survivor's lane and in the retired one, if somebody still stands there who
 *   does not stand in the survivor's; and after an unlink in the lane that the retired one left. Lanes that are one already are not joined again, and never form a ring.
 */
import type { Delivery, Ledger, MessageSummary, StepRecord } from '../message/index.ts';
import type { Failure, Json } from '../std/index.ts';
import type { Append, Appended, AuditEntry, RosterChange } from './appending.ts';
import type { Deployments } from './deployments.ts';
import type { Exchanges } from './exchanges.ts';
import type {
  AuditRow,
  CursorRow,
  DeadGroup,
  DeadLetter,
  DeliveryHistory,
  DeliveryQuery,
  FeedTally,
  Job,
  MessageQuery,
  MessageRow,
  NoiseCount,
  OutcomeCount,
  Page,
  PruneRequest,
  ReplayRequest,
  ScanPage,
  ScanQuery,
  Sleeper,
  StoredSession,
  StoredUser,
  StuckLane,
} from './reading.ts';
import type { Slot, SlotSwap } from './slot.ts';
import type { Leased, Settled, Settlement } from './working.ts';
import type {
  EndedWritePage,
  EndedWriteQuery,
  NewWrite,
  WriteDetail,
  WriteMove,
  WritePage,
  WritePlan,
  WriteQuery,
} from './writes.ts';

export * from './appending.ts';
export type {
  Content,
  Deployment,
  DeploymentQuery,
  Deployments,
  PutDeployment,
} from './deployments.ts';
export type { Exchange, ExchangeKind, ExchangeQuery, Exchanges } from './exchanges.ts';
export * from './reading.ts';
export type { Slot, SlotSwap } from './slot.ts';
export * from './working.ts';
export type * from './writes.ts';

/** `failing`: the last write did not commit. Writes are still tried; the first that commits ends it. */
export type StoreHealth =
  | { readonly state: 'ready' }
  | { readonly state: 'failing'; readonly since: number; readonly failure: Failure };

export interface Store extends Exchanges, Deployments {
  readonly kind: string;

  health(): StoreHealth;
  /** Called at every change of health; the function returned ends it. */
  onHealth(listener: (health: StoreHealth) => void): () => void;
  /** Called when there may be work that other nodes brought or left; a store of one process has none. The function returned ends it. */
  onWork?(listener: () => void): () => void;
  /**
   * Work of this name is this node's alone for so many milliseconds by the store's clock; 0 gives it back. False: another
   * node has it. A store of one process has no such thing: all is its own.
   */
  claim?(name: string, ms: number): Promise<boolean>;
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
  /**
   * Answers a sleeping step (a person approves or refuses): the record is remembered as the step's output; the delivery
   * stands again at the tail of its lanes ('waiting'), or ends. One that is held at that step is answered where it stands.
   * `stale`: it neither sleeps nor is held there; nothing is changed or audited.
   */
  answer(request: {
    readonly deliveryId: string;
    readonly step: StepRecord;
    readonly to: 'waiting' | 'filtered' | 'dead';
    readonly at: number;
    readonly audit: AuditEntry;
  }): Promise<Settled>;
  /**
   * Held deliveries go on: back to waiting in their place in the lane, where counting of their attempts begins anew, or to
   * dead. So do those that wait: due at once if they were due later, or to dead if they are heads. One that stands in
   * several lanes goes to dead as a head only: until then it keeps the order between them. Gives how many did.
   */
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
  /** All positions, by site, connection and name. */
  cursors(site?: string): Promise<readonly CursorRow[]>;
  seen(site: string, resource: string, identities: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** How many marks of a resource were last touched by an earlier count than this and are not gone. */
  uncounted(site: string, resource: string, before: number): Promise<number>;
  /** In order of key; of those whose last sign of life was at `from` or later and before `to`. */
  rosterPage(
    site: string,
    after: string | null,
    limit: number,
    activity?: { readonly from?: number; readonly to?: number },
  ): Promise<readonly RosterChange[]>;
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
    readonly fingerprint?: string;
    /** Only those that were replayed since; left out or false: only those that were not. */
    readonly replayed?: boolean;
    readonly before?: string;
    readonly limit: number;
  }): Promise<Page<DeadLetter>>;
  /** Dead letters that were not replayed since, by cause; the largest groups first. Does not read the letters. */
  deadGroups(query: { readonly site?: string; readonly flow?: string }): Promise<readonly DeadGroup[]>;
  /** Oldest first; only so many rows are looked at in one call, so a page may be short with more to come. */
  deliveries(
    query: DeliveryQuery,
  ): Promise<{ readonly rows: readonly Delivery[]; readonly after: string | null }>;

  putJob(job: Job, audit?: AuditEntry): Promise<void>;
  /** The newest first. */
  jobs(limit: number): Promise<readonly Job[]>;
  job(id: string): Promise<Job | null>;
  /** Keeps the value of a flow by its version, for as long as the store lives. The same version again changes nothing. */
  putFlowVersion(version: string, flow: Json): Promise<void>;
  flowVersion(version: string): Promise<Json | null>;

  /** Lanes that do not move, those with most standing first. `limit`: 1..500. */
  stuckLanes(query: {
    readonly site?: string;
    readonly flow?: string;
    readonly limit: number;
  }): Promise<readonly StuckLane[]>;

  /** Sleeping deliveries, oldest first; `after` as for pages, the other way. */
  sleepers(query: {
    readonly site?: string;
    readonly flow?: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly rows: readonly Sleeper[]; readonly after: string | null }>;

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

  /**
   * Commits the intent to write; what stands under its key already is given as it stands (a planned or refused one with the new
   * body). Of one identity one write at most is open, whichever node, flow or delivery it belongs to.
   */
  planWrite(write: NewWrite): Promise<WritePlan>;
  moveWrite(move: WriteMove): Promise<Settled>;
  /** Oldest first. */
  writes(query: WriteQuery): Promise<WritePage>;
  /** Those that are done or were refused, the last one first, with what they hold: for a person it is masked. */
  endedWrites(query: EndedWriteQuery): Promise<EndedWritePage>;
  write(id: string): Promise<WriteDetail | null>;
  /** Which of these records (keyed hashes of their ids) a write that is done gave already: by hash, that write's key. */
  writtenBy(site: string, resultKeys: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Forgets writes that were done or refused before this time, a bounded number in one call; gives how many. */
  pruneWrites(request: { readonly endedBefore: number; readonly limit: number }): Promise<number>;

  putSecret(name: string, value: string): Promise<void>;
  getSecret(name: string): Promise<string | null>;

  /** A small sealed value by name, shared by all nodes. */
  slot(name: string): Promise<Slot>;
  /** False: it is no longer as it was seen, and nothing was changed. `value: null` takes it away. */
  swapSlot(swap: SlotSwap): Promise<boolean>;

  putUser(user: StoredUser, audit: AuditEntry): Promise<void>;
  user(name: string): Promise<StoredUser | null>;
  users(): Promise<readonly StoredUser[]>;
  putSession(session: StoredSession): Promise<void>;
  session(id: string): Promise<StoredSession | null>;
  endSession(id: string): Promise<void>;

  /** Messages whose bytes hold the text, whatever its case; looks at a bounded number in one call, and says at how many. */
  scan(query: ScanQuery): Promise<ScanPage>;

  /** Removes finished messages received before `receivedBefore` with everything of theirs, in small transactions. */
  prune(request: PruneRequest): Promise<number>;
  /**
   * Puts finished messages received before this time where they are out of the way of what runs, a bounded number in one
   * call; they are read as before. Gives how many. A store that keeps all in one place does nothing.
   */
  shelve(request: { readonly receivedBefore: number; readonly limit: number }): Promise<number>;
  /** Every wrapped key is wrapped again under another master key; the store goes on with it. Gives how many. */
  rewrap(masterKey: Uint8Array): Promise<number>;
  /** A consistent copy while it works; the path of the copy's folder or file. */
  backup(to: string): Promise<void>;

  close(): Promise<void>;
}
