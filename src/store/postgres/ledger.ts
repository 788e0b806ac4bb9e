/** Totals: from the tallies that every transaction keeps, and counted from rows to prove them. */
import type { Ledger } from '../../message/index.ts';
import type { FeedTally } from '../contract.ts';
import { DELIVERY_STATES } from '../sqlite/codes.ts';
import type { Desk } from './desk.ts';

const TALLIES = `
SELECT connection, sum(received)::bigint AS received, sum(rejected)::bigint AS rejected, sum(unrouted)::bigint AS unrouted,
  sum(repeats)::bigint AS repeats, sum(open)::bigint AS open, sum(delivered)::bigint AS delivered,
  sum(filtered)::bigint AS filtered, sum(dead)::bigint AS dead, max(last_received_at) AS last_received_at
FROM tally GROUP BY connection ORDER BY connection`;
const LAST_HOUR = 'SELECT minute, connection, received FROM tally_minute WHERE minute > $1 AND minute <= $2';
/** One statement: one moment. */
const LEDGER = `
SELECT 'message' AS of, state, planned = 0 AS unplanned, count(*) AS count, sum(planned)::bigint AS planned
FROM message GROUP BY 2, 3
UNION ALL SELECT 'delivery', state, false, count(*), 0 FROM any_delivery GROUP BY 2`;
const MINUTE = 60_000;
/** Minutes of a tally's picture. */
const HOUR = 60;

interface TallyColumns {
  readonly connection: number;
  readonly received: number;
  readonly rejected: number;
  readonly unrouted: number;
  readonly repeats: number;
  readonly open: number;
  readonly delivered: number;
  readonly filtered: number;
  readonly dead: number;
  readonly last_received_at: number | null;
}

export function ledgerReader({ dictionary, read }: Desk) {
  const rows = async (): Promise<readonly TallyColumns[]> => {
    const all = await read<TallyColumns>(TALLIES);
    await dictionary.fetch(
      all.map((row) => row.connection),
      [],
    );
    return all;
  };
  const named = (id: number): { site: string; connection: string } => {
    const { site, connection } = dictionary.connectionAt(id);
    return { site, connection };
  };

  return {
    async tallies(now: number): Promise<readonly FeedTally[]> {
      const minute = Math.floor(now / MINUTE);
      const pictures = new Map<number, number[]>();
      const [hour, all] = await Promise.all([
        read<{ minute: number; connection: number; received: number }>(LAST_HOUR, [minute - HOUR, minute]),
        rows(),
      ]);
      for (const row of hour) {
        const picture = pictures.get(row.connection) ?? new Array<number>(HOUR).fill(0);
        picture[row.minute - minute + HOUR - 1] = row.received;
        pictures.set(row.connection, picture);
      }
      return all.map((row) => ({
        ...named(row.connection),
        received: row.received,
        filtered: row.filtered + row.unrouted,
        queued: row.open,
        sent: row.delivered,
        errored: row.dead + row.rejected,
        lastReceivedAt: row.last_received_at,
        repeats: row.repeats,
        receivedPerMinute: pictures.get(row.connection) ?? new Array<number>(HOUR).fill(0),
      }));
    },
    backlog: async () =>
      (await rows())
        .map((row) => ({ ...named(row.connection), queued: row.open }))
        .filter((row) => row.queued > 0),
    async ledger(): Promise<Ledger> {
      const sums = { received: 0, accepted: 0, rejected: 0, unrouted: 0, planned: 0 };
      const states = { waiting: 0, running: 0, sleeping: 0, held: 0, delivered: 0, filtered: 0, dead: 0 };
      const all = await read<{
        of: string;
        state: number;
        unplanned: boolean;
        count: number;
        planned: number;
      }>(LEDGER);
      for (const row of all) {
        if (row.of === 'delivery') {
          states[DELIVERY_STATES[row.state] as keyof typeof states] += row.count;
          continue;
        }
        sums.received += row.count;
        sums.planned += row.planned;
        if (row.state === 0) sums.accepted += row.count;
        else sums.rejected += row.count;
        if (row.state === 0 && row.unplanned) sums.unrouted += row.count;
      }
      return { ...sums, ...states };
    },
  };
}
