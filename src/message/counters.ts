/**
 * The words interface analysts know, derived from rows in the transaction that changes them.
 * Received = messages; Filtered = filtered deliveries and messages that no flow wanted;
 * Queued = waiting + running + sleeping + held; Sent = delivered; Errored = dead + rejected.
 */
export interface Counters {
  readonly received: number;
  readonly filtered: number;
  readonly queued: number;
  readonly sent: number;
  readonly errored: number;
}

/** The ledger of one store: every message and delivery in exactly one place. */
export interface Ledger {
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  /** Accepted messages that no flow wanted. */
  readonly unrouted: number;
  readonly planned: number;
  readonly waiting: number;
  readonly running: number;
  readonly sleeping: number;
  readonly held: number;
  readonly delivered: number;
  readonly filtered: number;
  readonly dead: number;
}

/** What does not add up, one sentence each; empty when the ledger holds. */
export function ledgerFaults(ledger: Ledger): string[] {
  const faults: string[] = [];
  if (ledger.received !== ledger.accepted + ledger.rejected) {
    faults.push(
      `received ${ledger.received} is not accepted ${ledger.accepted} + rejected ${ledger.rejected}`,
    );
  }
  const states =
    ledger.waiting +
    ledger.running +
    ledger.sleeping +
    ledger.held +
    ledger.delivered +
    ledger.filtered +
    ledger.dead;
  if (ledger.planned !== states) faults.push(`planned ${ledger.planned} is not the sum of states ${states}`);
  return faults;
}
