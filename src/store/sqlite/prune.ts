/** Finished messages leave by age, with everything of theirs. */
import type { Desk } from './desk.ts';
import { bucketOf } from './filing.ts';
import { DELIVERIES_OF_ONE, deliveryId } from './numbers.ts';
import { MINUTE } from './tallies.ts';

/** Messages removed in one transaction: a few milliseconds, so that intake does not feel it. */
export const PRUNE_LIMIT = 500;

/** The highest id of all messages received in these minutes: where the search for old ones ends. */
const HIGHEST_OLD = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= ?';
const FINISHED = `
SELECT id, connection, state, planned, repeats, control_id, sender, dedupe_id FROM message
WHERE id > ? AND id <= ? AND received_at < ?
  AND NOT EXISTS (
    SELECT 1 FROM delivery
    WHERE delivery.id >= message.id * ${DELIVERIES_OF_ONE} AND delivery.id < (message.id + 1) * ${DELIVERIES_OF_ONE} AND delivery.state < 4
  )
ORDER BY id LIMIT ?`;
const DELIVERIES = 'SELECT id, connection, state FROM delivery WHERE id >= ? AND id < ?';
const DROP_STEPS = 'DELETE FROM step_output WHERE delivery = ?';
const DROP_ATTEMPTS = 'DELETE FROM attempt WHERE delivery = ?';
const DROP_DELIVERY = 'DELETE FROM delivery WHERE id = ?';
const DROP_CONTROL = 'DELETE FROM message_control WHERE control_id = ? AND sender = ? AND message = ?';
const DROP_MESSAGE = 'DELETE FROM message WHERE id = ?';
const DROP_PATIENTS = `
DELETE FROM message_patient WHERE bucket BETWEEN ? AND ? AND message IN (SELECT value FROM json_each(?))`;
const DROP_MINUTES = `
DELETE FROM tally_minute WHERE minute < ? AND last_id < coalesce((SELECT min(id) FROM message), 9007199254740991)`;
const DROP_FLOWS = 'DELETE FROM flow_bucket WHERE bucket < ?';
/** No unfinished delivery is older than the oldest message, so none looks for what came before it. */
const DROP_EVENTS = 'DELETE FROM lane_event WHERE message < ?';
const LOWEST = 'SELECT min(id) AS id FROM message';
const DROP_OUTCOMES = 'DELETE FROM outcome WHERE minute < ?';

/** Minutes are kept for so long after their messages are gone: what is usual is learnt from eight weeks. */
const MINUTES_KEPT = 60 * 24 * 60;

interface FinishedColumns {
  readonly id: number;
  readonly connection: number;
  readonly state: number;
  readonly planned: number;
  readonly repeats: number;
  readonly control_id: string | null;
  readonly sender: number | null;
  readonly dedupe_id: string | null;
}

/** One round: at most `limit` messages with ids above `after`; `after` of the result is where the next begins. */
export interface PruneRound {
  readonly receivedBefore: number;
  readonly after: number;
  readonly limit: number;
}

export function pruner(desk: Desk) {
  const { database, numbers, tallies } = desk;
  const highestOld = database.prepare(HIGHEST_OLD);
  const finished = database.prepare(FINISHED);
  const deliveries = database.prepare(DELIVERIES);
  const dropOf = [DROP_STEPS, DROP_ATTEMPTS, DROP_DELIVERY].map((sql) => database.prepare(sql));
  const dropControl = database.prepare(DROP_CONTROL);
  const dropFlows = database.prepare(DROP_FLOWS);
  const dropEvents = database.prepare(DROP_EVENTS);
  const lowest = database.prepare(LOWEST);
  const dropMessage = database.prepare(DROP_MESSAGE);
  const dropPatients = database.prepare(DROP_PATIENTS);
  const dropMinutes = database.prepare(DROP_MINUTES);
  const dropOutcomes = database.prepare(DROP_OUTCOMES);

  return (round: PruneRound): { readonly removed: number; readonly after: number } => {
    const minute = Math.floor(round.receivedBefore / MINUTE);
    const highest = (highestOld.get(minute) as { id: number | null }).id ?? 0;
    const limit = Math.min(round.limit, PRUNE_LIMIT);
    const rows = finished.all(
      round.after,
      highest,
      round.receivedBefore,
      limit,
    ) as unknown as FinishedColumns[];
    numbers.keep();
    for (const row of rows) {
      for (const delivery of deliveries.all(deliveryId(row.id, 0), deliveryId(row.id + 1, 0))) {
        for (const drop of dropOf) drop.run(delivery.id as number);
        tallies.move(delivery.connection as number, delivery.state as number, null);
      }
      const knownAs = row.dedupe_id ?? row.control_id;
      if (knownAs !== null) dropControl.run(knownAs, row.sender ?? 0, row.id);
      if (row.dedupe_id !== null && row.control_id !== null) dropControl.run(row.control_id, 0, row.id);
      dropMessage.run(row.id);
      const rejected = row.state === 1;
      tallies.pruned(row.connection, {
        rejected,
        unrouted: !rejected && row.planned === 0,
        repeats: row.repeats,
      });
    }
    const first = rows[0];
    const last = rows.at(-1);
    if (first && last) {
      dropPatients.run(bucketOf(first.id), bucketOf(last.id), JSON.stringify(rows.map((row) => row.id)));
    }
    if (rows.length < limit) {
      dropMinutes.run(minute - MINUTES_KEPT);
      const oldest = (lowest.get() as { id: number | null }).id;
      if (oldest !== null) {
        dropFlows.run(bucketOf(oldest));
        dropEvents.run(oldest);
      }
      dropOutcomes.run(minute - MINUTES_KEPT);
    }
    return { removed: rows.length, after: last?.id ?? highest };
  };
}
