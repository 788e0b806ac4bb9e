/** Calls answered in the request, and feedback. */
import type { Json } from '../../std/index.ts';
import {
  type Exchange,
  type ExchangeQuery,
  type ExchangeRow,
  exchangeFrom,
  exchangePage,
} from '../exchanges.ts';
import { type Desk, openJson, sealJson, type View } from './desk.ts';

const ADD = `
INSERT INTO exchange (kind, at, ms, site, connection, flow, flow_version, service, hook, outcome, cards, code, sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, x'')`;
/** Sealed under its id, which is known only now. */
const SEAL = 'UPDATE exchange SET sealed = ? WHERE id = ?';
const PAGE = `
SELECT id, kind, at, ms, site, connection, flow, flow_version, service, hook, outcome, cards, code FROM exchange
WHERE id < ?1 AND (?2 IS NULL OR site = ?2) AND (?3 IS NULL OR service = ?3) AND (?4 IS NULL OR kind = ?4)
ORDER BY id DESC LIMIT ?5`;
const BODY = 'SELECT sealed FROM exchange WHERE id = ?';
const PRUNE = `
DELETE FROM exchange WHERE id IN
  (SELECT id FROM exchange WHERE at < ?1 AND (?2 IS NULL OR site = ?2) LIMIT ?3)`;

export function exchangeWriter({ database, vault }: Desk) {
  const add = database.prepare(ADD);
  const seal = database.prepare(SEAL);
  const prune = database.prepare(PRUNE);
  return {
    keepExchange(exchange: Omit<Exchange, 'id'>, body: Json): string {
      const { kind, at, ms, site, connection, flow, flowVersion } = exchange;
      const { service, hook, outcome, cards, code } = exchange;
      const { lastInsertRowid } = add.run(
        kind,
        at,
        ms,
        site,
        connection,
        flow,
        flowVersion,
        service,
        hook,
        outcome,
        cards,
        code,
      );
      const id = Number(lastInsertRowid);
      seal.run(sealJson(vault, 'exchange', id, body), id);
      return String(id);
    },
    pruneExchanges: ({ before, site, limit }: { before: number; site?: string; limit: number }): number =>
      Number(prune.run(before, site ?? null, limit).changes),
  };
}

export function exchangeReader({ database, vault }: View) {
  const page = database.prepare(PAGE);
  const body = database.prepare(BODY);
  return {
    exchanges({ site, service, kind, before, limit }: ExchangeQuery) {
      const last = before === undefined ? Number.MAX_SAFE_INTEGER : Number(before);
      const rows = page.all(last, site ?? null, service ?? null, kind ?? null, limit + 1);
      return exchangePage((rows as unknown as ExchangeRow[]).map(exchangeFrom), limit);
    },
    exchangeBody(id: string): Json | null {
      const row = body.get(Number(id)) as { sealed: Uint8Array } | undefined;
      return row ? (openJson(vault, 'exchange', Number(id), row.sealed) as Json) : null;
    },
  };
}
