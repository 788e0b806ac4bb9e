/**
 * Finished messages leave by age, with everything of theirs: a partition as a whole when all in it may go, the others in
 * small transactions.
 */
import type { PruneRequest } from '../contract.ts';
import { again } from './again.ts';
import { type Desk, SLOT } from './desk.ts';
import { sqlStateOf } from './faults.ts';
import type { Ask } from './session.ts';

/** Messages removed in one transaction: so that intake does not feel it. */
const TOGETHER = 500;
const MINUTE = 60_000;
/** Ids that nodes may have reserved and not yet used: a partition is left alone until so many more were given out. */
const RESERVED_AHEAD = 65_536;
/** Minutes are kept for so long after their messages are gone: what is usual is learnt from eight weeks. */
const MINUTES_KEPT = 60 * 24 * 60;

const HIGHEST_OLD = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= $1';
/** The end that a message came to: dead if one of its deliveries is, delivered if one arrived, filtered otherwise. */
const ENDED = `
CASE WHEN m.state = 1 THEN 'rejected' WHEN m.planned = 0 THEN 'unrouted' ELSE (
  SELECT CASE WHEN bool_or(d.state = 6) THEN 'dead' WHEN bool_or(d.state = 4) THEN 'delivered' ELSE 'filtered' END
  FROM delivery d WHERE d.id >= m.id * 4096 AND d.id < (m.id + 1) * 4096
) END`;
const FINISHED = `
SELECT m.id FROM message m
WHERE m.id > $1 AND m.id <= $2 AND m.received_at < $3 AND ($4::integer[] IS NULL OR m.connection = ANY ($4))
  AND NOT EXISTS (SELECT 1 FROM open_delivery d WHERE d.id >= m.id * 4096 AND d.id < (m.id + 1) * 4096)
  AND ($5::text IS NULL OR ${ENDED} = $5)
  AND ($7::bigint IS NULL OR (
    m.received_at >= $7 AND (m.planned > 0 OR m.received_at < $8) AND NOT EXISTS (
      SELECT 1 FROM delivery d LEFT JOIN unnest($9::integer[], $10::bigint[]) AS f (flow, before) ON f.flow = d.flow
      WHERE d.id >= m.id * 4096 AND d.id < (m.id + 1) * 4096 AND m.received_at >= coalesce(f.before, $8)
    )
  ))
ORDER BY m.id LIMIT $6 FOR UPDATE OF m SKIP LOCKED`;
/** Where the ids of a time begin. */
const LOWEST_SINCE = 'SELECT min(first_id) AS id FROM tally_minute WHERE minute >= $1';
/** A delivery that was planned meanwhile (a replay) keeps its message: asked again under the lock of the messages. */
const STILL_FINISHED = `
SELECT m.id FROM unnest($1::bigint[]) AS m (id)
WHERE NOT EXISTS (SELECT 1 FROM open_delivery d WHERE d.id >= m.id * 4096 AND d.id < (m.id + 1) * 4096)`;
const COUNT_DELIVERIES = `
SELECT move_tallies($2, array_agg(d.connection), array_agg(d.state), array_agg((-1)::smallint))
FROM unnest($1::bigint[]) AS m (id) JOIN delivery d ON d.id >= m.id * 4096 AND d.id < (m.id + 1) * 4096 HAVING count(*) > 0`;
const COUNT_MESSAGES = `
INSERT INTO tally AS t (connection, slot, received, rejected, unrouted, repeats)
SELECT m.connection, $2, -count(*), -sum(m.state), -sum((m.state = 0 AND m.planned = 0)::int), -sum(m.repeats)
FROM message m WHERE m.id = ANY ($1) GROUP BY m.connection ORDER BY m.connection
ON CONFLICT (connection, slot) DO UPDATE SET received = t.received + excluded.received,
  rejected = t.rejected + excluded.rejected, unrouted = t.unrouted + excluded.unrouted, repeats = t.repeats + excluded.repeats`;
const OF_DELIVERIES = (table: string, column: string): string => `
DELETE FROM ${table} d USING unnest($1::bigint[]) AS m (id) WHERE d.${column} >= m.id * 4096 AND d.${column} < (m.id + 1) * 4096`;
const DROP = [
  OF_DELIVERIES('step_output', 'delivery'),
  OF_DELIVERIES('attempt', 'delivery'),
  OF_DELIVERIES('delivery', 'id'),
  'DELETE FROM message_patient WHERE message = ANY ($1)',
  'DELETE FROM message WHERE id = ANY ($1)',
];
/** What recognises a repeat of them stays for its time, or goes with them. */
const REMEMBER = `
UPDATE dedupe d SET departed = true FROM message m
WHERE m.id = ANY ($1) AND m.received_at >= $2 AND d.sender = m.sender AND d.id = m.dedupe_id AND d.message = m.id`;
const FORGET = `
DELETE FROM dedupe d USING message m
WHERE m.id = ANY ($1) AND m.received_at < $2 AND d.sender = m.sender AND d.id = m.dedupe_id AND d.message = m.id`;
const FORGET_DEPARTED = `
WITH gone AS (
  DELETE FROM dedupe WHERE departed AND received_at < $2 AND ($3::integer[] IS NULL OR connection = ANY ($3))
  RETURNING connection, repeats
)
INSERT INTO tally AS t (connection, slot, repeats)
SELECT connection, $1, -sum(repeats) FROM gone GROUP BY connection ORDER BY connection
ON CONFLICT (connection, slot) DO UPDATE SET repeats = t.repeats + excluded.repeats`;
/** No unfinished delivery is older than the oldest place, so none looks for what came before it. */
const DROP_EVENTS = `
DELETE FROM lane_event WHERE place < coalesce((SELECT min(planned) FROM open_delivery), 0)`;
const DROP_MINUTES = `
DELETE FROM tally_minute WHERE minute < $1
  AND last_id < coalesce((SELECT id FROM message ORDER BY id LIMIT 1), 9007199254740991)`;
const DROP_OUTCOMES = 'DELETE FROM outcome WHERE minute < $1';

/** Whole partitions: all of their messages are old, none stands open, and no more will come into them. */
const PARTITIONS = `
SELECT substring(relname FROM '\\d+$')::bigint AS first FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'message'::regclass ORDER BY 1`;
const SIZE = "SELECT value::bigint AS size FROM meta WHERE name = 'partition_messages'";
const NEXT_ID = 'SELECT last_value * 64 AS id FROM message_id';
const MAY_GO = `
SELECT NOT EXISTS (SELECT 1 FROM message WHERE id >= $1::bigint AND id < $2::bigint AND received_at >= $3)
  AND NOT EXISTS (SELECT 1 FROM open_delivery WHERE id >= $1::bigint * 4096 AND id < $2::bigint * 4096)
  AS all_old,
  (SELECT count(*) FROM message WHERE id >= $1::bigint AND id < $2::bigint) AS messages`;
const COUNT_PARTITION_DELIVERIES = `
SELECT move_tallies($1, array_agg(g.connection), array_agg(g.state), array_agg((-1)::smallint))
FROM (SELECT connection, state FROM delivery WHERE id >= $2::bigint * 4096 AND id < $3::bigint * 4096) g HAVING count(*) > 0`;
const COUNT_PARTITION = `
INSERT INTO tally AS t (connection, slot, received, rejected, unrouted, repeats)
SELECT m.connection, $1, -count(*), -sum(m.state), -sum((m.state = 0 AND m.planned = 0)::int), -sum(m.repeats)
FROM message m WHERE m.id >= $2::bigint AND m.id < $3::bigint GROUP BY m.connection ORDER BY m.connection
ON CONFLICT (connection, slot) DO UPDATE SET received = t.received + excluded.received,
  rejected = t.rejected + excluded.rejected, unrouted = t.unrouted + excluded.unrouted, repeats = t.repeats + excluded.repeats`;
const REMEMBER_PARTITION = `
UPDATE dedupe SET departed = true
WHERE message >= $1::bigint AND message < $2::bigint AND received_at >= $3 AND NOT departed`;
const FORGET_PARTITION = `
DELETE FROM dedupe WHERE message >= $1::bigint AND message < $2::bigint AND received_at < $3 AND NOT departed`;
/** Somebody else holds it. */
const LOCKED = '55P03';
const LOCK_APPENDS = "SET LOCAL lock_timeout = '2s'";
const PARTITIONED = ['message', 'message_patient', 'delivery', 'step_output', 'attempt'];

/** Where flows say otherwise than the feed, or only some time is looked at: what the statement takes for it. */
async function keptOf({ flows, within, receivedBefore }: PruneRequest, dictionary: Desk['dictionary']) {
  if (flows === undefined && within === undefined)
    return { to: receivedBefore, taken: [null, null, null, null] };
  const named: { readonly flow: number; readonly before: number }[] = [];
  for (const { flow, receivedBefore: before } of flows ?? []) {
    // A flow that never had a delivery keeps nothing.
    const name = await dictionary.findName(flow);
    if (name !== undefined) named.push({ flow: name, before });
  }
  const latest = Math.max(receivedBefore, ...named.map(({ before }) => before));
  return {
    to: Math.min(latest, within?.to ?? latest),
    taken: [
      within?.from ?? 0,
      receivedBefore,
      named.map(({ flow }) => flow),
      named.map(({ before }) => before),
    ],
  };
}

const repeatsBefore = (request: PruneRequest): number => request.repeatsBefore ?? Number.MAX_SAFE_INTEGER;

export function pruner(desk: Desk) {
  const { dictionary, node, read, writers } = desk;
  const slot = (): number => node.slot(SLOT.other);

  /** Gives how many messages left with it; `null` when it stays. */
  const drop = async (
    ask: Ask,
    first: number,
    above: number,
    before: number,
    repeatsBefore: number,
  ): Promise<number | null> => {
    const [fate] = await ask<{ all_old: boolean; messages: number }>(MAY_GO, [first, above, before]);
    if (!fate?.all_old) return null;
    await ask(LOCK_APPENDS);
    // From here on nobody plans anything in it: what was looked at before is looked at again.
    await ask(`LOCK TABLE message_${first} IN ACCESS EXCLUSIVE MODE`);
    const [sure] = await ask<{ all_old: boolean; messages: number }>(MAY_GO, [first, above, before]);
    if (!sure?.all_old) return null;
    await ask(COUNT_PARTITION_DELIVERIES, [slot(), first, above]);
    await ask(COUNT_PARTITION, [slot(), first, above]);
    await ask(REMEMBER_PARTITION, [first, above, repeatsBefore]);
    await ask(FORGET_PARTITION, [first, above, repeatsBefore]);
    for (const table of PARTITIONED) await ask(`DROP TABLE ${table}_${first}`);
    return sure.messages;
  };
  /** Gives how many messages left with whole partitions. */
  const dropPartitions = async (request: PruneRequest): Promise<number> => {
    const [[size], [next], partitions] = await Promise.all([
      read<{ size: number }>(SIZE),
      read<{ id: number }>(NEXT_ID),
      read<{ first: number }>(PARTITIONS),
    ]);
    let removed = 0;
    for (const [at, { first }] of partitions.entries()) {
      const above = partitions[at + 1]?.first ?? first + (size?.size ?? 0);
      // Ids are reserved ahead by a few blocks of each node: a partition just left may still be written to.
      if (above + Math.min(size?.size ?? 0, RESERVED_AHEAD) > (next?.id ?? 0)) break;
      const gone = await again(
        () =>
          writers.other.transaction((ask) =>
            drop(ask, first, above, request.receivedBefore, repeatsBefore(request)),
          ),
        // Somebody looks at it just now: it leaves at the next time.
      ).catch((error: { cause?: unknown }) => {
        if (sqlStateOf(error.cause) === LOCKED) return null;
        throw error;
      });
      removed += gone ?? 0;
    }
    return removed;
  };

  const round = async (
    request: PruneRequest,
    connections: readonly number[] | null,
    kept: Awaited<ReturnType<typeof keptOf>>,
    after: number,
    limit: number,
  ): Promise<{ readonly removed: number; readonly seen: number; readonly after: number }> =>
    again(() =>
      writers.other.transaction(async (ask) => {
        const minute = Math.floor(request.receivedBefore / MINUTE);
        const [highest] = await ask<{ id: number | null }>(HIGHEST_OLD, [Math.floor(kept.to / MINUTE)]);
        const rows = await ask<{ id: number }>(FINISHED, [
          after,
          highest?.id ?? 0,
          kept.to,
          connections,
          request.ended ?? null,
          limit,
          ...kept.taken,
        ]);
        const ids = (await ask<{ id: number }>(STILL_FINISHED, [rows.map((row) => row.id)])).map(
          (row) => row.id,
        );
        if (ids.length > 0) {
          void ask(COUNT_DELIVERIES, [ids, slot()]);
          void ask(COUNT_MESSAGES, [ids, slot()]);
          void ask(REMEMBER, [ids, repeatsBefore(request)]);
          void ask(FORGET, [ids, repeatsBefore(request)]);
          for (const statement of DROP) void ask(statement, [ids]);
        }
        if (rows.length < limit) {
          void ask(FORGET_DEPARTED, [slot(), request.repeatsBefore ?? request.receivedBefore, connections]);
          if (request.ended === undefined) void ask(DROP_EVENTS);
          void ask(DROP_MINUTES, [minute - MINUTES_KEPT]);
          void ask(DROP_OUTCOMES, [minute - MINUTES_KEPT]);
        }
        return { removed: ids.length, seen: rows.length, after: rows.at(-1)?.id ?? after };
      }),
    );

  return async (request: PruneRequest): Promise<number> => {
    let connections: readonly number[] | null = null;
    if (request.site !== undefined || request.connection !== undefined) {
      await dictionary.reload();
      connections = dictionary
        .connections()
        .filter((one) => request.site === undefined || one.site === request.site)
        .filter((one) => request.connection === undefined || one.connection === request.connection)
        .map((one) => one.id);
    }
    let removed = 0;
    const { flows, within } = request;
    const kept = await keptOf(request, dictionary);
    const plain = flows === undefined && within === undefined;
    if (plain && connections === null && request.ended === undefined && request.limit >= TOGETHER) {
      removed += await dropPartitions(request);
    }
    let after = -1;
    if (within !== undefined) {
      const [lowest] = await read<{ id: number | null }>(LOWEST_SINCE, [Math.floor(within.from / MINUTE)]);
      if ((lowest?.id ?? null) === null) return removed;
      after = (lowest?.id ?? 0) - 1;
    }
    while (removed < request.limit) {
      const asked = Math.min(request.limit - removed, TOGETHER);
      const some = await round(request, connections, kept, after, asked);
      removed += some.removed;
      if (some.seen < asked) break;
      after = some.after;
    }
    return removed;
  };
}
