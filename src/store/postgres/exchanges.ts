/** Calls answered in the request, and feedback. */
import type { Json } from '../../std/index.ts';
import {
  type ExchangeQuery,
  type ExchangeRow,
  type Exchanges,
  exchangeFrom,
  exchangePage,
} from '../exchanges.ts';
import { again } from './again.ts';
import { type Desk, openJson, sealJson } from './desk.ts';

const NEXT = "SELECT nextval(pg_get_serial_sequence('exchange', 'id'))::bigint AS id";
const ADD = `
INSERT INTO exchange (id, kind, at, ms, site, connection, flow, flow_version, service, hook, outcome, cards, code, sealed)
OVERRIDING SYSTEM VALUE VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`;
const PAGE = `
SELECT id, kind, at, ms, site, connection, flow, flow_version, service, hook, outcome, cards, code FROM exchange
WHERE id < $1 AND ($2::text IS NULL OR site = $2) AND ($3::text IS NULL OR service = $3)
  AND ($4::text IS NULL OR kind = $4)
ORDER BY id DESC LIMIT $5`;
const BODY = 'SELECT sealed FROM exchange WHERE id = $1';
const PRUNE = `
WITH gone AS (DELETE FROM exchange WHERE id IN
  (SELECT id FROM exchange WHERE at < $1 AND ($2::text IS NULL OR site = $2) LIMIT $3) RETURNING 1)
SELECT count(*)::integer AS gone FROM gone`;

export function exchangeDesk({ keys, read, writers }: Desk): Exchanges {
  return {
    keepExchange: (exchange, body) =>
      again(() =>
        writers.other.transaction(async (ask) => {
          const [next] = await ask<{ id: number }>(NEXT);
          const id = next?.id ?? 0;
          const { kind, at, ms, site, connection, flow, flowVersion } = exchange;
          const { service, hook, outcome, cards, code } = exchange;
          const sealed = sealJson(keys, 'exchange', String(id), body);
          await ask(ADD, [
            id,
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
            sealed,
          ]);
          return String(id);
        }),
      ),
    async exchanges({ site, service, kind, before, limit }: ExchangeQuery) {
      const last = before ?? String(Number.MAX_SAFE_INTEGER);
      const rows = await read<ExchangeRow>(PAGE, [
        last,
        site ?? null,
        service ?? null,
        kind ?? null,
        limit + 1,
      ]);
      return exchangePage(rows.map(exchangeFrom), limit);
    },
    async exchangeBody(id) {
      if (!/^\d{1,15}$/.test(id)) return null;
      const [row] = await read<{ sealed: Uint8Array }>(BODY, [id]);
      if (!row) return null;
      await keys.fetch([row.sealed]);
      return openJson(keys, 'exchange', id, row.sealed) as Json;
    },
    async pruneExchanges({ site, before, limit }) {
      const [row] = await again(() =>
        writers.other.ask<{ gone: number }>(PRUNE, [before, site ?? null, limit]),
      );
      return row?.gone ?? 0;
    },
  };
}
