/** Which messages their flows let go, where flows say otherwise than the feed: as SQL, and the ids to look at. */
import type { DatabaseSync } from 'node:sqlite';
import type { PruneRequest } from '../contract.ts';
import type { Dictionary } from './dictionary.ts';
import { DELIVERIES_OF_ONE } from './numbers.ts';
import { MINUTE } from './tallies.ts';

/** Ids looked at in one transaction: some milliseconds, so that intake does not feel it. */
export const LOOKED_AT = 4_000;

const HIGHEST_OLD = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= ?';
const LOWEST_SINCE = 'SELECT min(first_id) AS id FROM tally_minute WHERE minute >= ?';
const LOWEST = `
SELECT min(
  coalesce((SELECT min(id) FROM message), 9007199254740991),
  coalesce((SELECT min(first_id) FROM period WHERE dropped = 0), 9007199254740991)
) AS id`;

/** Times before which messages may leave: by the number of a flow's name, and for all other flows. */
export interface Kept {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  readonly flows: ReadonlyMap<number, number>;
}

/** `undefined`: the feed's time alone says. */
export function keptOf(
  { flows, within, receivedBefore }: PruneRequest,
  dictionary: Dictionary,
): Kept | undefined {
  if (flows === undefined && within === undefined) return undefined;
  const byName = new Map<number, number>();
  for (const { flow, receivedBefore: before } of flows ?? []) {
    // A flow that never had a delivery keeps nothing.
    const name = dictionary.findName(flow);
    if (name !== undefined) byName.set(name, before);
  }
  const latest = Math.max(receivedBefore, ...byName.values());
  return {
    from: within?.from ?? Number.MIN_SAFE_INTEGER,
    to: Math.min(latest, within?.to ?? latest),
    before: receivedBefore,
    flows: byName,
  };
}

/** All of its flows let it go; a message without deliveries goes by the feed's time. */
export const LET_GO = ({ from, to, before, flows }: Kept): string => {
  const number = (value: number): string => String(Math.ceil(value));
  const byFlow = [...flows].map(([flow, at]) => `WHEN ${number(flow)} THEN ${number(at)}`).join(' ');
  const letGo = byFlow === '' ? number(before) : `CASE delivery.flow ${byFlow} ELSE ${number(before)} END`;
  return `
  message.received_at >= ${number(from)} AND message.received_at < ${number(to)}
  AND (message.planned > 0 OR message.received_at < ${number(before)})
  AND NOT EXISTS (
    SELECT 1 FROM delivery
    WHERE delivery.id >= message.id * ${DELIVERIES_OF_ONE} AND delivery.id < (message.id + 1) * ${DELIVERIES_OF_ONE}
      AND message.received_at >= ${letGo}
  )`;
};

/** The next slice of ids above `after`, in which what is meant can be. */
export function rangeOf(database: DatabaseSync) {
  const highestOld = database.prepare(HIGHEST_OLD);
  const lowestSince = database.prepare(LOWEST_SINCE);
  const lowest = database.prepare(LOWEST);
  const idOf = (row: unknown): number | null => (row as { id: number | null }).id;
  return ({ after, flows, within, receivedBefore }: PruneRequest & { readonly after: number }) => {
    const latest = Math.max(receivedBefore, ...(flows ?? []).map((one) => one.receivedBefore));
    const until = Math.min(latest, within?.to ?? latest);
    const highest = idOf(highestOld.get(Math.floor(until / MINUTE))) ?? 0;
    const first =
      within === undefined ? 0 : (idOf(lowestSince.get(Math.floor(within.from / MINUTE))) ?? highest + 1);
    const from = Math.max(after, first - 1, (idOf(lowest.get()) ?? 0) - 1);
    const to = Math.min(highest, from + LOOKED_AT);
    return { from, to, done: to >= highest };
  };
}
