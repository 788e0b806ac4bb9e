/** The ledger of writes as a connection sees it; the engine implements it on the store. */
import type { Failure, Json } from '../std/index.ts';
import type { CallContext } from './contract.ts';

/** What stands in the ledger of a write. */
export interface LedgerEntry {
  readonly state: 'planned' | 'sending' | 'unknown' | 'done';
  /** How often it was about to go out. */
  readonly attempts: number;
  /** How often it was looked for since and not found. */
  readonly lookups: number;
  /** When it was about to go out last; milliseconds. */
  readonly sentAt: number | null;
  /** As it was planned: what went out, when it did. */
  readonly body: Json;
  /** What it gave, when it is done. */
  readonly result: Json;
  /** What the newest other write of the same identity gave. */
  readonly twin: Json;
}

/**
 * The ledger of writes: what is meant to be made at another system, committed before anything goes out (unknown is not
 * success). Of one identity one write at most is open at a site, on all nodes: that is the lock under which a record is looked
 * for and made.
 */
export interface WriteLedger {
  /**
   * Commits the intent, or gives what stands there already.
   * @param entry.identity What would be there twice if it were made twice. Kept as a keyed hash.
   * @throws Failure `WRITE_BUSY` (conflict): another write of the same identity is open.
   */
  plan(
    entry: { readonly what: string; readonly identity: string; readonly body: Json },
    about: CallContext,
  ): Promise<LedgerEntry>;
  /** Committed before the first byte. @throws Failure `WRITE_TAKEN` (conflict): somebody else has gone on with it. */
  sending(about: CallContext, attempts: number): Promise<void>;
  /** @param record Of what was made, `Observation/e1`: nobody else takes it for their own. */
  done(about: CallContext, result: Json, record: string | null): Promise<void>;
  /** The other side said no. */
  refused(about: CallContext, failure: Failure): Promise<void>;
  /** Certainly not done; it may be tried again, and others may go before it. */
  unsent(about: CallContext, failure: Failure): Promise<void>;
  unknown(about: CallContext, failure: Failure, looked?: boolean): Promise<void>;
  /** Which of these records other writes have given: `Observation/e1`. */
  taken(about: CallContext, records: readonly string[]): Promise<ReadonlySet<string>>;
}
