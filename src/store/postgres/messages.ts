/** One message, one delivery, the dead, the sleepers, the lanes that stand still: for people who look. */
import { type AttemptRecord, causeOf, type Delivery, type MessageSummary } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { DeadGroup, DeadLetter, DeliveryHistory, Page, Sleeper, StuckLane } from '../contract.ts';
import { openPayload } from '../payload.ts';
import type { Desk } from './desk.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  ENDED_COLUMNS,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
  namesOf,
  OPEN_COLUMNS,
} from './rows.ts';
import { stepReader } from './steps.ts';

const MESSAGE = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = $1`;
const DELIVERIES = `
SELECT ${DELIVERY_COLUMNS} FROM any_delivery d WHERE d.id >= $1::bigint * 4096 AND d.id < ($1::bigint + 1) * 4096 ORDER BY d.id`;
const SEALED = 'SELECT size, sealed FROM message WHERE id = $1';
const DELIVERY = `SELECT ${DELIVERY_COLUMNS} FROM any_delivery d WHERE d.id = $1`;
const ATTEMPTS =
  'SELECT attempt, ended_at, ms, failure, sealed FROM attempt WHERE delivery = $1 ORDER BY attempt';
const DEAD = `
SELECT ${ENDED_COLUMNS}, d.fingerprint, ${MESSAGE_COLUMNS}
FROM (SELECT * FROM delivery WHERE state = 6 AND id < $1 ORDER BY id DESC LIMIT 1000) d
JOIN message ON message.id = d.id / 4096
ORDER BY d.id DESC`;
/** Counted from an index of those that were not replayed; one letter of each group is read. */
const GROUPS = `
SELECT g.*, ${ENDED_COLUMNS}, ${MESSAGE_COLUMNS}
FROM (
  SELECT e.fingerprint AS g_fingerprint, count(*) AS g_count, min(e.finished_at) AS g_first, max(e.finished_at) AS g_last,
    (array_agg(e.id ORDER BY e.finished_at DESC, e.id DESC))[1] AS g_sample
  FROM delivery e
  WHERE e.fingerprint IS NOT NULL AND e.replayed_by IS NULL
    AND ($1::integer[] IS NULL OR e.connection = ANY ($1)) AND ($2::integer IS NULL OR e.flow = $2)
  GROUP BY e.fingerprint
) g
JOIN delivery d ON d.id = g.g_sample JOIN message ON message.id = d.id / 4096
ORDER BY g.g_count DESC, g.g_last DESC`;
const SLEEPERS = `
SELECT ${OPEN_COLUMNS}, d.wake_at, ${MESSAGE_COLUMNS}
FROM open_delivery d JOIN message ON message.id = d.id / 4096
WHERE d.state = 2 AND d.id > $1 AND ($2::integer[] IS NULL OR d.connection = ANY ($2)) AND ($3::integer IS NULL OR d.flow = $3)
ORDER BY d.id LIMIT $4`;
/** Heads that are held, or that failed and wait: a lane moves when its head was never tried. */
const STUCK = `
SELECT ${OPEN_COLUMNS}, l.lane, (SELECT count(*) FROM delivery_lane n WHERE n.lane = l.lane) AS standing, ${MESSAGE_COLUMNS}
FROM open_delivery d CROSS JOIN LATERAL unnest(d.stood) AS l (lane) JOIN message ON message.id = d.id / 4096
WHERE (d.state = 3 OR (d.state = 0 AND d.candidate AND d.attempts > 0 AND d.failure IS NOT NULL))
  AND ($1::integer[] IS NULL OR d.connection = ANY ($1)) AND ($2::integer IS NULL OR d.flow = $2)
  AND NOT EXISTS (SELECT 1 FROM delivery_lane b WHERE b.lane = l.lane AND b.place < d.place)
ORDER BY standing DESC, d.place LIMIT $3`;

/** Rows looked at in one call; a filter that finds less gives a short page with a place to go on from. */
const LOOKED_AT = 20_000;

interface AttemptColumns {
  readonly attempt: number;
  readonly ended_at: number;
  readonly ms: number;
  readonly failure: string;
  readonly sealed: Uint8Array | null;
}
type Joined = DeliveryColumns & MessageColumns;

export interface Where {
  readonly site?: string;
  readonly flow?: string;
}

/** A number that no id has: decimal ids only. */
const idFrom = (text: string): number => (/^\d{1,15}$/.test(text) ? Number(text) : -1);

export function messageReader(desk: Desk) {
  const { dictionary, keys, read } = desk;
  const stepsOf = stepReader(desk);

  const learn = (rows: readonly Partial<Joined>[]): Promise<void> =>
    dictionary.fetch(
      rows.flatMap((row) => row.m_connection ?? []),
      namesOf(rows.filter((row) => row.flow !== undefined) as readonly DeliveryColumns[]),
    );
  /** Connections and flow as rows number them; `null` when no row can fit. */
  const whereOf = async (
    where: Where,
  ): Promise<{ readonly connections: readonly number[] | null; readonly flow: number | null } | null> => {
    const flow = where.flow === undefined ? null : await dictionary.findName(where.flow);
    if (flow === undefined) return null;
    if (where.site === undefined) return { connections: null, flow };
    await dictionary.reload();
    const connections = dictionary.connections().filter((one) => one.site === where.site);
    return { connections: connections.map((one) => one.id), flow };
  };
  const letterFrom = (row: Joined): DeadLetter => ({
    delivery: deliveryFrom(row, dictionary),
    message: messageFrom(row, dictionary),
  });

  return {
    async message(
      id: string,
    ): Promise<{ readonly message: MessageSummary; readonly deliveries: readonly Delivery[] } | null> {
      const [row] = await read<MessageColumns>(MESSAGE, [idFrom(id)]);
      if (!row) return null;
      const all = await read<DeliveryColumns>(DELIVERIES, [row.m_id]);
      await learn([row]);
      await learn(all);
      return {
        message: messageFrom(row, dictionary),
        deliveries: all.map((one) => deliveryFrom(one, dictionary)),
      };
    },
    async payload(id: string): Promise<Uint8Array | null> {
      const [row] = await read<{ size: number; sealed: Uint8Array }>(SEALED, [idFrom(id)]);
      if (!row) return null;
      await keys.fetch([row.sealed]);
      return openPayload(keys.vault, idFrom(id), row.size, row.sealed);
    },
    async history(deliveryId: string): Promise<DeliveryHistory | null> {
      const id = idFrom(deliveryId);
      const [row] = await read<DeliveryColumns>(DELIVERY, [id]);
      if (!row) return null;
      const [attempts, steps] = await Promise.all([read<AttemptColumns>(ATTEMPTS, [id]), stepsOf([id])]);
      await keys.fetch(attempts.map((one) => one.sealed));
      await learn([row]);
      return {
        delivery: deliveryFrom(row, dictionary),
        steps: steps.get(id) ?? [],
        attempts: attempts.map(
          (one): AttemptRecord => ({
            attempt: one.attempt,
            endedAt: one.ended_at,
            ms: one.ms,
            failure: JSON.parse(one.failure) as FailureRecord,
            detail:
              one.sealed === null
                ? null
                : Buffer.from(keys.vault.open('attempt', `${id}:${one.attempt}`, one.sealed)).toString(),
          }),
        ),
      };
    },
    async deadLetters(
      query: Where & {
        readonly code?: string;
        readonly fingerprint?: string;
        readonly replayed?: boolean;
        readonly before?: string;
        readonly limit: number;
      },
    ): Promise<Page<DeadLetter>> {
      const found: DeadLetter[] = [];
      let before = query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before);
      for (let looked = 0; looked < LOOKED_AT; ) {
        const rows = await read<Joined & { readonly fingerprint: string | null }>(DEAD, [before]);
        await learn(rows);
        for (const row of rows) {
          before = row.id;
          looked++;
          const letter = letterFrom(row);
          if (query.site !== undefined && letter.message.site !== query.site) continue;
          if (query.flow !== undefined && letter.delivery.flow !== query.flow) continue;
          if (query.code !== undefined && letter.delivery.failure?.code !== query.code) continue;
          if (query.fingerprint !== undefined && row.fingerprint !== query.fingerprint) continue;
          if ((row.replayed_by !== null) !== (query.replayed ?? false)) continue;
          found.push(letter);
          if (found.length === query.limit) return { rows: found, before: String(before) };
        }
        if (rows.length < 1_000) return { rows: found, before: null };
      }
      return { rows: found, before: String(before) };
    },
    async deadGroups(query: Where): Promise<readonly DeadGroup[]> {
      const where = await whereOf(query);
      if (!where) return [];
      const rows = await read<
        Joined & { g_fingerprint: string | null; g_count: number; g_first: number; g_last: number }
      >(GROUPS, [where.connections, where.flow]);
      await learn(rows);
      return rows.map((row) => {
        const sample = letterFrom(row);
        const { failure, flow } = sample.delivery;
        return {
          fingerprint: row.g_fingerprint ?? '',
          ...causeOf(failure, flow),
          count: row.g_count,
          firstAt: row.g_first,
          lastAt: row.g_last,
          sample,
        };
      });
    },
    async sleepers(
      query: Where & { readonly after?: string; readonly limit: number },
    ): Promise<{ readonly rows: readonly Sleeper[]; readonly after: string | null }> {
      const where = await whereOf(query);
      if (!where) return { rows: [], after: null };
      const rows = await read<Joined & { wake_at: number | null }>(SLEEPERS, [
        idFrom(query.after ?? '0'),
        where.connections,
        where.flow,
        query.limit,
      ]);
      await learn(rows);
      const last = rows.at(-1);
      return {
        rows: rows.map((row) => ({ ...letterFrom(row), wakeAt: row.wake_at })),
        after: last && rows.length === query.limit ? String(last.id) : null,
      };
    },
    async stuckLanes(query: Where & { readonly limit: number }): Promise<readonly StuckLane[]> {
      const where = await whereOf(query);
      if (!where) return [];
      const rows = await read<Joined & { lane: string; standing: number }>(STUCK, [
        where.connections,
        where.flow,
        query.limit,
      ]);
      await learn(rows);
      return rows.map((row) => ({
        lane: row.lane,
        head: deliveryFrom(row, dictionary),
        message: messageFrom(row, dictionary),
        standing: row.standing,
      }));
    },
  };
}
