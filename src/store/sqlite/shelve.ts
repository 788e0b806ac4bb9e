/** Finished messages move from the live file to the file of their period, a batch at a time. */
import { DEPARTING_COLUMNS, type Departing, departures } from './departed.ts';
import type { Desk } from './desk.ts';
import { SETTLED } from './ends.ts';
import { type Periods, periodOf } from './periods.ts';
import { MINUTE } from './tallies.ts';

/** Messages moved in one transaction: 200 are about 10 ms of the writing thread, the period file's own commit included. */
export const SHELVE_LIMIT = 200;

const HIGHEST_OLD = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= ?';
const SETTLED_OLD = `
SELECT ${DEPARTING_COLUMNS} FROM message
WHERE id > ? AND id <= ? AND received_at < ? AND ${SETTLED} ORDER BY id LIMIT ?`;

/** One round: at most `limit` messages with ids above `after`; `after` of the result is where the next begins. */
export interface ShelveRound {
  readonly receivedBefore: number;
  readonly limit: number;
  readonly after: number;
}

export function shelver(desk: Desk, periods: Periods) {
  const { database } = desk;
  const highestOld = database.prepare(HIGHEST_OLD);
  const settledOld = database.prepare(SETTLED_OLD);
  const departure = departures(desk);

  return (round: ShelveRound): { readonly moved: number; readonly after: number; readonly done: boolean } => {
    const highest =
      (highestOld.get(Math.floor(round.receivedBefore / MINUTE)) as { id: number | null }).id ?? 0;
    const limit = Math.min(round.limit, SHELVE_LIMIT);
    const rows = settledOld.all(round.after, highest, round.receivedBefore, limit) as unknown as Departing[];
    const first = rows[0];
    if (!first) return { moved: 0, after: highest, done: true };
    // A batch belongs to one period: what follows from another month waits for the next round.
    const name = periodOf(first.received_at);
    const other = rows.findIndex((row) => periodOf(row.received_at) !== name);
    const batch = other < 0 ? rows : rows.slice(0, other);
    periods.take(name, batch);
    for (const row of batch) {
      const states = departure.deliveriesOf(row.id).map((one) => one.state);
      const ended = {
        delivered: states.filter((state) => state === 4).length,
        filtered: states.filter((state) => state === 5).length,
        dead: 0,
      };
      periods.count(name, row, ended, 1);
    }
    departure.remove(batch, Number.NEGATIVE_INFINITY);
    const after = batch.at(-1)?.id ?? highest;
    return { moved: batch.length, after, done: other < 0 && rows.length < limit };
  };
}
