/** Finished messages leave by age, with everything of theirs; from the live file and from the period files. */
import type { DatabaseSync } from 'node:sqlite';
import type { MessageEnd, PruneRequest } from '../contract.ts';
import { DELIVERED } from './codes.ts';
import { DEPARTING_COLUMNS, type Departing, departures, isRejected } from './departed.ts';
import type { Desk } from './desk.ts';
import { ENDED, FINISHED } from './ends.ts';
import { bucketOf } from './filing.ts';
import { type Kept, keptOf, LET_GO, rangeOf } from './kept.ts';
import { deliveryId } from './numbers.ts';
import { COUNTS, type Periods } from './periods.ts';
import { MINUTE } from './tallies.ts';

/** Messages removed in one transaction: a few milliseconds, so that intake does not feel it. */
export const PRUNE_LIMIT = 500;

/** The highest id of all messages received in these minutes: where the search for old ones ends. */
const HIGHEST_OLD = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= ?';
const DROP_MINUTES = `
DELETE FROM tally_minute WHERE minute < ?1 AND last_id < min(
  coalesce((SELECT min(id) FROM message), 9007199254740991),
  coalesce((SELECT min(first_id) FROM period WHERE dropped = 0), 9007199254740991))`;
const DROP_FLOWS = 'DELETE FROM flow_bucket WHERE bucket < ?';
/** No unfinished delivery is older than the oldest message, so none looks for what came before it. */
const DROP_EVENTS = 'DELETE FROM lane_event WHERE message < ?';
const LOWEST = 'SELECT min(id) AS id FROM message';
const DROP_OUTCOMES = 'DELETE FROM outcome WHERE minute < ?';
const FORGET = `
DELETE FROM dedupe WHERE (known_as, sender, message) IN (
  SELECT known_as, sender, message FROM dedupe WHERE connection = ? AND received_at < ? LIMIT ${PRUNE_LIMIT}
) RETURNING connection, repeats`;

const PERIODS =
  'SELECT name, last_at FROM period WHERE dropped = 0 AND first_id <= ? AND last_id > ? ORDER BY name';
const LEAVING = 'SELECT message FROM leaving WHERE period = ?';
const MESSAGES_IN = 'SELECT coalesce(sum(received), 0) AS count FROM period_tally WHERE period = ?';
const PERIOD_TALLIES = 'SELECT * FROM period_tally WHERE period = ?';
const DROP_PERIOD = 'UPDATE period SET dropped = 1 WHERE name = ?';
const DROP_PERIOD_TALLY = 'DELETE FROM period_tally WHERE period = ?';
const DROP_LEAVING = 'DELETE FROM leaving WHERE period = ?';
/** Minutes are kept for so long after their messages are gone: what is usual is learnt from eight weeks. */
const MINUTES_KEPT = 60 * 24 * 60;

/** One round: at most `limit` messages with ids above `after`; `after` of the result is where the next begins. */
export interface PruneRound extends PruneRequest {
  readonly after: number;
}

export interface Pruned {
  readonly removed: number;
  readonly after: number;
  /** No more in the live file, and none in the period files. */
  readonly done: boolean;
}

/** The messages meant, in one file: with a connection by its index, otherwise from the lowest id up. */
function selecting(
  connection: boolean,
  ended: MessageEnd | undefined,
  kept: Kept | undefined,
  more = '',
): string {
  const byIndex = connection && kept === undefined;
  return `
SELECT ${DEPARTING_COLUMNS} FROM message ${byIndex ? 'INDEXED BY message_feed' : ''}
WHERE ${connection ? 'connection = $connection AND' : ''} id > $after AND id <= $highest
  AND ${kept === undefined ? 'received_at < $before' : LET_GO(kept)}
  AND ${FINISHED} ${ended === undefined ? '' : `AND ${ENDED[ended]}`} ${more}
${byIndex ? '' : 'ORDER BY id'} LIMIT $limit`;
}

export function pruner(desk: Desk, periods: Periods) {
  const { database, dictionary, tallies } = desk;
  const highestOld = database.prepare(HIGHEST_OLD);
  const dropFlows = database.prepare(DROP_FLOWS);
  const dropEvents = database.prepare(DROP_EVENTS);
  const lowest = database.prepare(LOWEST);
  const dropMinutes = database.prepare(DROP_MINUTES);
  const dropOutcomes = database.prepare(DROP_OUTCOMES);
  const forget = database.prepare(FORGET);
  const allPeriods = database.prepare(PERIODS);
  const leaving = database.prepare(LEAVING);
  const messagesIn = database.prepare(MESSAGES_IN);
  const periodTallies = database.prepare(PERIOD_TALLIES);
  const dropPeriod = database.prepare(DROP_PERIOD);
  const dropPeriodTally = database.prepare(DROP_PERIOD_TALLY);
  const dropLeaving = database.prepare(DROP_LEAVING);
  const departure = departures(desk);

  const wanted = ({ site, connection }: PruneRequest): readonly number[] | undefined =>
    site === undefined && connection === undefined
      ? undefined
      : dictionary
          .connections()
          .filter((one) => site === undefined || one.site === site)
          .filter((one) => connection === undefined || one.connection === connection)
          .map((one) => one.id);

  /** What is meant in one file, up to the limit. */
  const select = (file: DatabaseSync, round: PruneRound, highest: number, more = ''): Departing[] => {
    const ids = wanted(round);
    const found: Departing[] = [];
    for (const connection of ids ?? [undefined]) {
      const limit = round.limit - found.length;
      if (limit <= 0) break;
      const kept = keptOf(round, dictionary);
      const some = file.prepare(selecting(connection !== undefined, round.ended, kept, more)).all({
        after: ids && kept === undefined ? 0 : round.after,
        highest,
        ...(kept === undefined ? { before: round.receivedBefore } : {}),
        limit,
        ...(connection === undefined ? {} : { connection }),
      });
      found.push(...(some as unknown as Departing[]));
    }
    return found.sort((a, b) => a.id - b.id);
  };
  const counted = (row: Departing): void => {
    const rejected = isRejected(row);
    const unrouted = !rejected && row.planned === 0;
    tallies.pruned(row.connection, { rejected, unrouted, repeats: row.repeats });
  };

  const inLiveFile = (round: PruneRound, highest: number): Departing[] => {
    const rows = select(database, round, highest);
    for (const row of rows) {
      for (const one of departure.deliveriesOf(row.id)) tallies.move(one.connection, one.state, null);
      counted(row);
    }
    departure.remove(rows, round.repeatsBefore ?? Number.POSITIVE_INFINITY);
    return rows;
  };

  const dropWhole = (name: string): number => {
    let count = 0;
    for (const row of periodTallies.all(name)) {
      const of = row as Readonly<Record<string, number>> & { connection: number };
      count += of.received as number;
      tallies.dropped(of.connection, of as never);
    }
    dropPeriod.run(name);
    dropPeriodTally.run(name);
    dropLeaving.run(name);
    return count;
  };

  const inPeriods = (round: PruneRound, highest: number): number => {
    let removed = 0;
    for (const { name, last_at } of allPeriods.all(highest, round.after) as {
      name: string;
      last_at: number;
    }[]) {
      const all =
        keptOf(round, dictionary) === undefined &&
        round.site === undefined &&
        round.connection === undefined &&
        round.ended === undefined;
      if (all && last_at < round.receivedBefore) {
        removed += dropWhole(name);
        continue;
      }
      const limit = round.limit - removed;
      if (limit <= 0) return removed;
      const gone = JSON.stringify(leaving.all(name).map((row) => row.message));
      removed += periods.read(name, (file) => {
        const more = `AND id NOT IN (SELECT value FROM json_each('${gone}'))`;
        const rows = select(file, { ...round, limit }, highest, more);
        const countsOf = file.prepare(COUNTS);
        for (const row of rows) {
          const ended = countsOf.get(deliveryId(row.id, 0), deliveryId(row.id + 1, 0)) as Readonly<
            Record<'delivered' | 'filtered' | 'dead', number>
          >;
          [ended.delivered, ended.filtered, ended.dead].forEach((count, at) => {
            for (let one = 0; one < count; one++) tallies.move(row.connection, DELIVERED + at, null);
          });
          counted(row);
          periods.count(name, row, ended, -1);
          periods.leave(name, row.id);
        }
        return rows.length;
      });
      if ((messagesIn.get(name) as { count: number }).count === 0) dropWhole(name);
    }
    return removed;
  };

  const forgetRepeats = (round: PruneRound): void => {
    const before = round.repeatsBefore ?? round.receivedBefore;
    const ids = wanted(round) ?? dictionary.connections().map((one) => one.id);
    for (const connection of ids) {
      for (const row of forget.all(connection, before)) {
        tallies.repeat(connection, -(row.repeats as number));
      }
    }
  };

  const range = rangeOf(database);
  /** Where flows say otherwise much may be looked at that stays: so many ids in one transaction. */
  const slice = (round: PruneRound): Pruned => {
    const { from, to, done } = range(round);
    const rows = inLiveFile({ ...round, after: from }, to);
    const left = round.limit - rows.length;
    const removed = rows.length + (left > 0 ? inPeriods({ ...round, after: from, limit: left }, to) : 0);
    if (removed === round.limit) return { removed, after: from, done: false };
    if (done) forgetRepeats(round);
    return { removed, after: to, done };
  };

  return (asked: PruneRound): Pruned => {
    const round = { ...asked, limit: Math.min(asked.limit, PRUNE_LIMIT) };
    if (asked.flows !== undefined || asked.within !== undefined) return slice(round);
    const minute = Math.floor(round.receivedBefore / MINUTE);
    const highest = (highestOld.get(minute) as { id: number | null }).id ?? 0;
    const rows = inLiveFile(round, highest);
    if (rows.length === round.limit) {
      return { removed: rows.length, after: rows.at(-1)?.id ?? highest, done: false };
    }
    const shelved = inPeriods({ ...round, after: 0, limit: round.limit - rows.length }, highest);
    forgetRepeats(round);
    if (round.ended === undefined) {
      dropMinutes.run(minute - MINUTES_KEPT);
      const oldest = (lowest.get() as { id: number | null }).id;
      if (oldest !== null) {
        dropFlows.run(bucketOf(oldest));
        dropEvents.run(oldest);
      }
      dropOutcomes.run(minute - MINUTES_KEPT);
    }
    const removed = rows.length + shelved;
    return { removed, after: highest, done: removed < round.limit };
  };
}
