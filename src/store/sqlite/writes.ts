/** The ledger of writes as rows: an index of the file lets one write of an identity be open. */
import type { FailureRecord, Json } from '../../std/index.ts';
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
  WriteRow,
  WriteState,
} from '../contract.ts';
import { ENDED_LOOKED_AT, endedBefore, endedCursor, judgePlan, mayMove, OPEN_WRITES } from '../writes.ts';
import type { AuditLog } from './audit.ts';
import { type Desk, openJson, sealJson, type View } from './desk.ts';

const STATES: readonly WriteState[] = ['planned', 'sending', 'unknown', 'done', 'refused'];
const REFUSED = 4;

const OF_KEY = 'SELECT * FROM write_ledger WHERE key = ?';
const HOLDER = 'SELECT * FROM write_ledger WHERE identity = ? AND state < 3 AND key <> ?';
const TWIN =
  'SELECT * FROM write_ledger WHERE identity = ? AND state = 3 AND key <> ? ORDER BY id DESC LIMIT 1';
const ADD = `
INSERT INTO write_ledger (key, identity, state, site, connection, what, delivery, message, flow, step, created_at,
  updated_at, body)
VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const AGAIN =
  'UPDATE write_ledger SET state = 0, identity = ?, what = ?, body = ?, updated_at = ? WHERE key = ?';
const GIVE_WAY = `UPDATE write_ledger SET state = ${REFUSED}, updated_at = ? WHERE key = ?`;
const MOVE = `
UPDATE write_ledger SET state = ?, attempts = ?, lookups = ?, updated_at = ?, sent_at = ?, failure = ?, result_key = ?,
  result = ?
WHERE key = ?`;
const OF_ID = 'SELECT * FROM write_ledger WHERE id = ?';
/** `?4`: the numbers of the states, one after the other. */
const OF_MESSAGE = `
SELECT * FROM write_ledger
WHERE message = ?1 AND id > ?2 AND (?3 IS NULL OR site = ?3) AND instr(?4, state) > 0 AND (?5 IS NULL OR flow = ?5)
ORDER BY id LIMIT ?6`;
const OF_STATE = `
SELECT * FROM write_ledger
WHERE state = ?1 AND id > ?2 AND (?3 IS NULL OR site = ?3) AND (?4 IS NULL OR flow = ?4) ORDER BY id LIMIT ?5`;
const ENDED = `
SELECT id, state, site, flow, updated_at AS at FROM write_ledger INDEXED BY write_ended
WHERE state > 2 AND updated_at >= ? AND (updated_at, id) < (?, ?) ORDER BY updated_at DESC, id DESC`;
const WRITTEN = 'SELECT key FROM write_ledger WHERE result_key = ? AND site = ? AND state = 3';
const PRUNE = `
DELETE FROM write_ledger WHERE id IN (SELECT id FROM write_ledger WHERE state > 2 AND updated_at < ? LIMIT ?)`;

export interface WriteColumns {
  readonly id: number;
  readonly key: string;
  readonly identity: string;
  readonly state: number;
  readonly site: string;
  readonly connection: string;
  readonly what: string;
  readonly delivery: string;
  readonly message: string;
  readonly flow: string;
  readonly step: string;
  readonly attempts: number;
  readonly lookups: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly sent_at: number | null;
  readonly failure: string | null;
  readonly result_key: string | null;
  readonly result: Uint8Array | null;
  readonly body: Uint8Array;
}

export const stateNumber = (state: WriteState): number => STATES.indexOf(state);

export const writeFrom = (row: WriteColumns): WriteRow => ({
  id: String(row.id),
  key: row.key,
  identity: row.identity,
  site: row.site,
  connection: row.connection,
  what: row.what,
  deliveryId: row.delivery,
  messageId: row.message,
  flow: row.flow,
  step: row.step,
  state: STATES[row.state] as WriteState,
  attempts: row.attempts,
  lookups: row.lookups,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  sentAt: row.sent_at,
  failure: row.failure === null ? null : (JSON.parse(row.failure) as FailureRecord),
});

/** The columns of a row after a move. */
export const moved = (row: WriteColumns, move: WriteMove) => ({
  attempts: row.attempts + (move.to === 'sending' ? 1 : 0),
  // Sent once more, it is looked for anew.
  lookups: move.to === 'sending' ? 0 : row.lookups + (move.looked ? 1 : 0),
  sentAt: move.to === 'sending' ? move.at : row.sent_at,
  failure: move.failure === undefined || move.failure === null ? null : JSON.stringify(move.failure),
});

export function writeWriter({ database, vault }: Desk, audit: AuditLog) {
  const ofKey = database.prepare(OF_KEY);
  const holderOf = database.prepare(HOLDER);
  const twinOf = database.prepare(TWIN);
  const add = database.prepare(ADD);
  const again = database.prepare(AGAIN);
  const giveWay = database.prepare(GIVE_WAY);
  const move = database.prepare(MOVE);
  const prune = database.prepare(PRUNE);
  const detail = detailOf(vault);
  const one = (statement: ReturnType<typeof database.prepare>, ...args: string[]): WriteColumns | undefined =>
    statement.get(...args) as WriteColumns | undefined;

  return {
    planWrite(plan: NewWrite): WritePlan {
      const { key, identity, at } = plan;
      const own = one(ofKey, key);
      const holder = one(holderOf, identity, key);
      const verdict = judgePlan(plan, own ? writeFrom(own) : null, holder ? writeFrom(holder) : null);
      if (verdict === 'busy') return { kind: 'busy', by: writeFrom(holder as WriteColumns) };
      if (typeof verdict === 'object') giveWay.run(at, (holder as WriteColumns).key);
      const then = typeof verdict === 'object' ? verdict.then : verdict;
      if (then === 'new') {
        const { site, connection, what, deliveryId, messageId, flow, step } = plan;
        const body = sealJson(vault, 'write', key, plan.body);
        add.run(key, identity, site, connection, what, deliveryId, messageId, flow, step, at, at, body);
      } else if (then === 'again') {
        again.run(identity, plan.what, sealJson(vault, 'write', key, plan.body), at, key);
      }
      const twin = one(twinOf, identity, key);
      return {
        kind: 'planned',
        write: detail(one(ofKey, key) as WriteColumns),
        twin: twin ? detail(twin) : null,
      };
    },

    moveWrite(asked: WriteMove): Settled {
      const row = one(ofKey, asked.key);
      if (row === undefined || !mayMove(writeFrom(row), asked)) return 'stale';
      const { attempts, lookups, sentAt, failure } = moved(row, asked);
      const given = asked.result !== undefined;
      move.run(
        stateNumber(asked.to),
        attempts,
        lookups,
        asked.at,
        sentAt,
        failure,
        asked.resultKey ?? row.result_key,
        given ? sealJson(vault, 'write result', asked.key, asked.result) : row.result,
        asked.key,
      );
      if (asked.audit) audit.add([asked.audit]);
      return 'settled';
    },

    pruneWrites: ({ endedBefore, limit }: { readonly endedBefore: number; readonly limit: number }): number =>
      Number(prune.run(endedBefore, limit).changes),
  };
}

const detailOf =
  (vault: View['vault']) =>
  (row: WriteColumns): WriteDetail => ({
    ...writeFrom(row),
    body: openJson(vault, 'write', row.key, row.body) as Json,
    result: row.result === null ? null : (openJson(vault, 'write result', row.key, row.result) as Json),
  });

interface EndedColumns {
  readonly id: number;
  readonly state: number;
  readonly site: string;
  readonly flow: string;
  readonly at: number;
}

export function writeReader({ database, vault }: View) {
  const ofId = database.prepare(OF_ID);
  const ofMessage = database.prepare(OF_MESSAGE);
  const ofState = database.prepare(OF_STATE);
  const written = database.prepare(WRITTEN);
  const ended = database.prepare(ENDED);
  const detail = detailOf(vault);
  const inFull = (id: number): WriteDetail => detail(ofId.get(id) as unknown as WriteColumns);
  return {
    writes(query: WriteQuery): WritePage {
      const { messageId, limit } = query;
      const [site, flow] = [query.site ?? null, query.flow ?? null];
      const after = Number(query.after ?? 0);
      const states = query.states ?? (messageId === undefined ? OPEN_WRITES : STATES);
      const found =
        messageId === undefined
          ? states.flatMap((state) => ofState.all(stateNumber(state), after, site, flow, limit))
          : ofMessage.all(messageId, after, site, states.map(stateNumber).join(''), flow, limit);
      const rows = (found as unknown as WriteColumns[]).sort((a, b) => a.id - b.id).slice(0, limit);
      return { rows: rows.map(writeFrom), after: rows.length < limit ? null : String(rows.at(-1)?.id) };
    },
    endedWrites(query: EndedWriteQuery): EndedWritePage {
      const { site, flow, state, from = 0, limit } = query;
      const wanted = state && stateNumber(state);
      const ids: number[] = [];
      let looked = 0;
      let before: string | null = null;
      for (const row of ended.iterate(from, ...endedBefore(query)) as Iterable<EndedColumns>) {
        // Asked for one more than a page has, so that the end is known as the end.
        if (ids.length === limit || looked === ENDED_LOOKED_AT) return { rows: ids.map(inFull), before };
        looked += 1;
        before = endedCursor({ updatedAt: row.at, id: String(row.id) });
        const isWanted =
          (site ?? row.site) === row.site &&
          (flow ?? row.flow) === row.flow &&
          (wanted ?? row.state) === row.state;
        if (isWanted) ids.push(row.id);
      }
      return { rows: ids.map(inFull), before: null };
    },
    write(id: string): WriteDetail | null {
      const row = ofId.get(id) as WriteColumns | undefined;
      return row ? detail(row) : null;
    },
    writtenBy: (site: string, resultKeys: readonly string[]): (readonly [string, string])[] =>
      resultKeys.flatMap((key) => {
        const row = written.get(key, site) as { key: string } | undefined;
        return row ? [[key, row.key] as const] : [];
      }),
  };
}
