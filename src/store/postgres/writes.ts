/** The ledger of writes. Plans of one identity queue behind one another for the moment of the transaction, on all nodes. */
import type { Json } from '../../std/index.ts';
import type {
  EndedWritePage,
  EndedWriteQuery,
  NewWrite,
  Settled,
  WriteDetail,
  WriteMove,
  WritePage,
  WritePlan,
  WriteQuery,
} from '../contract.ts';
import { moved, stateNumber, type WriteColumns, writeFrom } from '../sqlite/writes.ts';
import { ENDED_LOOKED_AT, endedBefore, endedCursor, judgePlan, mayMove, OPEN_WRITES } from '../writes.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import { type Desk, openJson, sealJson } from './desk.ts';
import type { Ask } from './session.ts';

const QUEUE_UP = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 4))';
const OF_KEY = 'SELECT * FROM write_ledger WHERE key = $1 FOR UPDATE';
const HOLDER = 'SELECT * FROM write_ledger WHERE identity = $1 AND state < 3 AND key <> $2 FOR UPDATE';
const TWIN =
  'SELECT * FROM write_ledger WHERE identity = $1 AND state = 3 AND key <> $2 ORDER BY id DESC LIMIT 1';
const ADD = `
INSERT INTO write_ledger (key, identity, state, site, connection, what, delivery, message, flow, step, created_at,
  updated_at, body)
VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11) RETURNING *`;
const AGAIN = `
UPDATE write_ledger SET state = 0, identity = $1, what = $2, body = $3, updated_at = $4 WHERE key = $5 RETURNING *`;
const GIVE_WAY = 'UPDATE write_ledger SET state = 4, updated_at = $1 WHERE key = $2';
const MOVE = `
UPDATE write_ledger SET state = $1, attempts = $2, lookups = $3, updated_at = $4, sent_at = $5, failure = $6,
  result_key = $7, result = $8
WHERE key = $9`;
const OF_ID = 'SELECT * FROM write_ledger WHERE id = $1';
const LIST = `
SELECT * FROM write_ledger
WHERE state = ANY ($1) AND id > $2 AND ($3::text IS NULL OR site = $3) AND ($4::text IS NULL OR flow = $4)
ORDER BY id LIMIT $5`;
// Said as the index says it, so that a long history is not looked through for the few that are open.
const LIST_OPEN = LIST.replace('WHERE', 'WHERE state < 3 AND');
const LIST_OF_MESSAGE = LIST.replace('WHERE', 'WHERE message = $6 AND');
const LOOKED_AT = `
SELECT * FROM write_ledger WHERE state > 2 AND updated_at >= $1 AND (updated_at, id) < ($2, $3)
ORDER BY updated_at DESC, id DESC`;
const ENDED = `
SELECT * FROM (${LOOKED_AT} LIMIT ${ENDED_LOOKED_AT}) AS looked
WHERE ($4::text IS NULL OR site = $4) AND ($5::text IS NULL OR flow = $5) AND ($6::int IS NULL OR state = $6)
ORDER BY updated_at DESC, id DESC LIMIT $7`;
const LAST_LOOKED_AT = `${LOOKED_AT} OFFSET ${ENDED_LOOKED_AT - 1} LIMIT 2`;
const WRITTEN =
  'SELECT result_key, key FROM write_ledger WHERE result_key = ANY ($1) AND site = $2 AND state = 3';
const PRUNE = `
DELETE FROM write_ledger WHERE id IN (SELECT id FROM write_ledger WHERE state > 2 AND updated_at < $1 LIMIT $2)
RETURNING id`;

const ALL = ['planned', 'sending', 'unknown', 'done', 'refused'] as const;

export function writeDesk(desk: Desk) {
  const { keys, read, writers } = desk;

  async function detail(row: WriteColumns): Promise<WriteDetail> {
    await keys.fetch(row.result === null ? [row.body] : [row.body, row.result]);
    return {
      ...writeFrom(row),
      body: openJson(keys, 'write', row.key, row.body) as Json,
      result: row.result === null ? null : (openJson(keys, 'write result', row.key, row.result) as Json),
    };
  }

  async function plan(ask: Ask, asked: NewWrite): Promise<WritePlan> {
    const { key, identity, at } = asked;
    await ask(QUEUE_UP, [identity]);
    const [own] = await ask<WriteColumns>(OF_KEY, [key]);
    const [holder] = await ask<WriteColumns>(HOLDER, [identity, key]);
    const verdict = judgePlan(asked, own ? writeFrom(own) : null, holder ? writeFrom(holder) : null);
    if (verdict === 'busy') return { kind: 'busy', by: writeFrom(holder as WriteColumns) };
    if (typeof verdict === 'object') await ask(GIVE_WAY, [at, (holder as WriteColumns).key]);
    const then = typeof verdict === 'object' ? verdict.then : verdict;
    const body = (): Buffer => sealJson(keys, 'write', key, asked.body);
    const { site, connection, what, deliveryId, messageId, flow, step } = asked;
    const stands =
      then === 'new'
        ? (
            await ask<WriteColumns>(ADD, [
              ...[key, identity, site, connection, what, deliveryId, messageId, flow, step],
              at,
              body(),
            ])
          )[0]
        : then === 'again'
          ? (await ask<WriteColumns>(AGAIN, [identity, what, body(), at, key]))[0]
          : own;
    const [twin] = await ask<WriteColumns>(TWIN, [identity, key]);
    return {
      kind: 'planned',
      write: await detail(stands as WriteColumns),
      twin: twin ? await detail(twin) : null,
    };
  }

  async function move(ask: Ask, asked: WriteMove): Promise<Settled> {
    const [row] = await ask<WriteColumns>(OF_KEY, [asked.key]);
    if (row === undefined || !mayMove(writeFrom(row), asked)) return 'stale';
    const { attempts, lookups, sentAt, failure } = moved(row, asked);
    const result =
      asked.result === undefined ? row.result : sealJson(keys, 'write result', asked.key, asked.result);
    await ask(MOVE, [
      ...[stateNumber(asked.to), attempts, lookups, asked.at, sentAt, failure],
      asked.resultKey ?? row.result_key,
      result,
      asked.key,
    ]);
    if (asked.audit) await addAudit(desk, ask, [asked.audit]);
    return 'settled';
  }

  return {
    planWrite: (asked: NewWrite): Promise<WritePlan> =>
      again(() => writers.other.transaction((ask) => plan(ask, asked))),
    moveWrite: (asked: WriteMove): Promise<Settled> =>
      again(() => writers.other.transaction((ask) => move(ask, asked))),
    async writes(query: WriteQuery): Promise<WritePage> {
      const { site, flow, messageId, limit } = query;
      const states = query.states ?? (messageId === undefined ? OPEN_WRITES : ALL);
      const numbers = states.map(stateNumber);
      const open = numbers.every((number) => number < 3);
      const values = [numbers, query.after ?? '0', site ?? null, flow ?? null, limit];
      const rows =
        messageId === undefined
          ? await read<WriteColumns>(open ? LIST_OPEN : LIST, values)
          : await read<WriteColumns>(LIST_OF_MESSAGE, [...values, messageId]);
      return { rows: rows.map(writeFrom), after: rows.length < limit ? null : String(rows.at(-1)?.id) };
    },
    async endedWrites(query: EndedWriteQuery): Promise<EndedWritePage> {
      const { site, flow, state, from = 0, limit } = query;
      const place = [from, ...endedBefore(query)];
      const wanted = [site ?? null, flow ?? null, state === undefined ? null : stateNumber(state)];
      const found = await read<WriteColumns>(ENDED, [...place, ...wanted, limit + 1]);
      const rows = found.slice(0, limit);
      const details = await Promise.all(rows.map(detail));
      if (found.length > limit) return { rows: details, before: endedCursor(details.at(-1) as WriteDetail) };
      const [last, next] = await read<WriteColumns>(LAST_LOOKED_AT, place);
      return { rows: details, before: last && next ? endedCursor(writeFrom(last)) : null };
    },
    async write(id: string): Promise<WriteDetail | null> {
      const [row] = await read<WriteColumns>(OF_ID, [id]);
      return row ? detail(row) : null;
    },
    async writtenBy(site: string, resultKeys: readonly string[]): Promise<ReadonlyMap<string, string>> {
      const rows = await read<{ result_key: string; key: string }>(WRITTEN, [resultKeys, site]);
      return new Map(rows.map((row) => [row.result_key, row.key]));
    },
    pruneWrites: async (request: { readonly endedBefore: number; readonly limit: number }): Promise<number> =>
      (await again(() => writers.other.ask(PRUNE, [request.endedBefore, request.limit]))).length,
  };
}
