/** Totals: from the tallies that every transaction keeps, and counted from rows to prove them. */
import type { Ledger } from '../../message/index.ts';
import type { FeedTally } from '../contract.ts';
import { DELIVERY_STATES } from './codes.ts';
import type { View } from './desk.ts';
import { DELIVERIES_OF_ONE } from './numbers.ts';
import { MINUTE } from './tallies.ts';

const TALLIES = 'SELECT * FROM tally ORDER BY connection';
const LAST_HOUR = 'SELECT minute, connection, received FROM tally_minute WHERE minute > ? AND minute <= ?';
const MESSAGES = `
SELECT state, planned = 0 AS unplanned, count(*) AS count, sum(planned) AS planned
FROM message INDEXED BY message_feed WHERE id NOT IN (SELECT value FROM json_each(?)) GROUP BY 1, 2`;
const DELIVERIES = `
SELECT state, count(*) AS count FROM delivery
WHERE id / ${DELIVERIES_OF_ONE} NOT IN (SELECT value FROM json_each(?)) GROUP BY state`;
const IN_HAND = 'SELECT count(*) AS count FROM in_hand';

interface TallyColumns {
  readonly connection: number;
  readonly received: number;
  readonly rejected: number;
  readonly unrouted: number;
  readonly repeats: number;
  readonly waiting: number;
  readonly running: number;
  readonly sleeping: number;
  readonly held: number;
  readonly delivered: number;
  readonly filtered: number;
  readonly dead: number;
  readonly last_received_at: number | null;
}

const queuedOf = (row: TallyColumns): number => row.waiting + row.running + row.sleeping + row.held;

/** Minutes of a tally's picture. */
const HOUR = 60;

export function ledgerReader({ database, dictionary }: View) {
  const tallies = database.prepare(TALLIES);
  const lastHour = database.prepare(LAST_HOUR);
  const messages = database.prepare(MESSAGES);
  const deliveries = database.prepare(DELIVERIES);
  const inHand = database.prepare(IN_HAND);
  const rows = (): TallyColumns[] => tallies.all() as unknown as TallyColumns[];
  const named = (id: number): { site: string; connection: string } => {
    const { site, connection } = dictionary.connectionAt(id);
    return { site, connection };
  };

  return {
    tallies(now: number): FeedTally[] {
      const minute = Math.floor(now / MINUTE);
      const pictures = new Map<number, number[]>();
      for (const row of lastHour.all(minute - HOUR, minute)) {
        const picture = pictures.get(row.connection as number) ?? new Array<number>(HOUR).fill(0);
        picture[(row.minute as number) - minute + HOUR - 1] = row.received as number;
        pictures.set(row.connection as number, picture);
      }
      return rows().map((row) => ({
        ...named(row.connection),
        received: row.received,
        filtered: row.filtered + row.unrouted,
        queued: queuedOf(row),
        sent: row.delivered,
        errored: row.dead + row.rejected,
        lastReceivedAt: row.last_received_at,
        repeats: row.repeats,
        receivedPerMinute: pictures.get(row.connection) ?? new Array<number>(HOUR).fill(0),
      }));
    },
    backlog: () =>
      rows()
        .map((row) => ({ ...named(row.connection), queued: queuedOf(row) }))
        .filter((row) => row.queued > 0),
    /** @param hidden Messages of the file that do not count. */
    ledger(hidden: readonly number[]): Ledger {
      const without = JSON.stringify(hidden);
      const sums = { received: 0, accepted: 0, rejected: 0, unrouted: 0, planned: 0 };
      for (const row of messages.all(without) as {
        state: number;
        unplanned: number;
        count: number;
        planned: number;
      }[]) {
        sums.received += row.count;
        sums.planned += row.planned;
        if (row.state === 0) sums.accepted += row.count;
        else sums.rejected += row.count;
        if (row.state === 0 && row.unplanned === 1) sums.unrouted += row.count;
      }
      const states = { waiting: 0, running: 0, sleeping: 0, held: 0, delivered: 0, filtered: 0, dead: 0 };
      for (const row of deliveries.all(without) as { state: number; count: number }[]) {
        states[DELIVERY_STATES[row.state] as keyof typeof states] = row.count;
      }
      states.running = (inHand.get() as { count: number }).count;
      states.waiting -= states.running;
      return { ...sums, ...states };
    },
  };
}
