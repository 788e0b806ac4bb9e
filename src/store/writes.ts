/**
 * The ledger of writes: what we meant to create or change at another system, committed before anything goes out. A lost
 * answer is found here and nowhere else. See the contract.
 *
 * A write is PLANNED (meant, and certainly not sent), SENDING (it may go out at any moment), UNKNOWN (it went out, and nobody
 * knows whether it was done), DONE or REFUSED. The first three are open, and of one identity at most one write is open: that is
 * the lock under which a record is looked for and made. It needs no release after a crash: the row says where it stands.
 */
import type { FailureRecord, Json } from '../std/index.ts';
import type { AuditEntry } from './appending.ts';

export type WriteState = 'planned' | 'sending' | 'unknown' | 'done' | 'refused';

export const OPEN_WRITES: readonly WriteState[] = ['planned', 'sending', 'unknown'];

/** Whose it is and what it does; nothing here is patient data, the body excepted, which is sealed. */
export interface NewWrite {
  /** Keyed hash of the idempotency key: one delivery's one step. */
  readonly key: string;
  /** Keyed hash of what the record is: two writes of one identity would be the same record twice. */
  readonly identity: string;
  readonly site: string;
  readonly connection: string;
  /** `observation.create`. */
  readonly what: string;
  readonly deliveryId: string;
  readonly messageId: string;
  readonly flow: string;
  readonly step: string;
  /** What is to be written, and how it would be found again. Sealed. */
  readonly body: Json;
  readonly at: number;
  /** A write of the same identity that was planned, never sent, and not touched since this time gives way. */
  readonly idleSince: number;
}

export interface WriteRow extends Omit<NewWrite, 'body' | 'at' | 'idleSince'> {
  /** Grows in the order of planning. */
  readonly id: string;
  readonly state: WriteState;
  /** How often it was about to go out. */
  readonly attempts: number;
  /** How often it was looked for since and not found. */
  readonly lookups: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** When it was about to go out last; `null`: never. */
  readonly sentAt: number | null;
  /** Why it is unknown, refused, or not sent yet. */
  readonly failure: FailureRecord | null;
}

/** With what is sealed: the body, and what the other side gave (its id). */
export interface WriteDetail extends WriteRow {
  readonly body: Json;
  readonly result: Json;
}

export type WritePlan =
  /** It stands in the ledger, in the state it had; `twin` is the newest other write of the same identity that is done. */
  | { readonly kind: 'planned'; readonly write: WriteDetail; readonly twin: WriteDetail | null }
  /** Another write of the same identity is open. */
  | { readonly kind: 'busy'; readonly by: WriteRow };

/** One step of a write; refused (`stale`) when it does not stand in one of `from`, or went out more often than `attempts` says. */
export interface WriteMove {
  readonly key: string;
  readonly from: readonly WriteState[];
  /** Left out: whatever it is. */
  readonly attempts?: number;
  readonly to: WriteState;
  readonly at: number;
  readonly failure?: FailureRecord | null;
  /** Of `done`. Sealed. */
  readonly result?: Json;
  /** Keyed hash of the record's id: no other write may take it for its own. */
  readonly resultKey?: string;
  /** It was looked for and not found. */
  readonly looked?: true;
  readonly audit?: AuditEntry;
}

export interface WriteQuery {
  readonly site?: string;
  readonly flow?: string;
  /** Left out: those that are open. */
  readonly states?: readonly WriteState[];
  readonly messageId?: string;
  /** The id of the last one given. */
  readonly after?: string;
  readonly limit: number;
}

export interface WritePage {
  /** Oldest first. */
  readonly rows: readonly WriteRow[];
  readonly after: string | null;
}

/** Writes that are done or were refused. */
export interface EndedWriteQuery {
  readonly site?: string;
  readonly flow?: string;
  readonly state?: 'done' | 'refused';
  /** Ended at this time or later, and before that; milliseconds. */
  readonly from?: number;
  readonly to?: number;
  /** What the last page gave. */
  readonly before?: string;
  readonly limit: number;
}

export interface EndedWritePage {
  /** Those that ended last first. */
  readonly rows: readonly WriteDetail[];
  /** Only so many rows are looked at in one call: a page may be short with more to come. `null` at the end. */
  readonly before: string | null;
}

/** Ended writes that one call looks at. */
export const ENDED_LOOKED_AT = 20_000;

/** Behind which end, by time and then id, a page of ended writes begins. */
export function endedBefore({
  before,
  to,
}: Pick<EndedWriteQuery, 'before' | 'to'>): readonly [number, number] {
  const [at = Number.MAX_SAFE_INTEGER, id = 0] = (before ?? '').split('-').filter(Boolean).map(Number);
  return to === undefined || at < to ? [at, id] : [to, 0];
}

export const endedCursor = ({ updatedAt, id }: Pick<WriteRow, 'updatedAt' | 'id'>): string =>
  `${updatedAt}-${id}`;

/**
 * What becomes of a plan, from the rows that stand. The three stores share it; each holds the rows still meanwhile.
 * `again`: the own row is planned once more with the new body. `gives way`: the other row leaves the lock first.
 */
export function judgePlan(
  plan: Pick<NewWrite, 'identity' | 'idleSince'>,
  own: Pick<WriteRow, 'state' | 'identity'> | null,
  holder: Pick<WriteRow, 'state' | 'updatedAt' | 'key'> | null,
): 'as it stands' | 'again' | 'new' | 'busy' | { readonly then: 'again' | 'new'; readonly givesWay: true } {
  const fresh = own !== null && (own.state === 'planned' || own.state === 'refused');
  if (own !== null && !fresh) return 'as it stands';
  const then = own === null ? 'new' : 'again';
  if (holder === null) return then;
  const idle = holder.state === 'planned' && holder.updatedAt < plan.idleSince;
  return idle ? { then, givesWay: true } : 'busy';
}

/** Whether a move may be made. */
export function mayMove(row: Pick<WriteRow, 'state' | 'attempts'> | undefined, move: WriteMove): boolean {
  if (row === undefined || !move.from.includes(row.state)) return false;
  return move.attempts === undefined || move.attempts === row.attempts;
}
