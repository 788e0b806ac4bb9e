/** The message list, filtered, newest first; and deliveries for a replay, oldest first. A bounded look-through each call. */
import type { Delivery, DeliveryState } from '../../message/index.ts';
import type { DeliveryQuery, MessageQuery, MessageRow, Page, ScanPage, ScanQuery } from '../contract.ts';
import { openPayload } from '../payload.ts';
import { DELIVERY_STATES } from '../sqlite/codes.ts';
import { textFinder } from '../text-finder.ts';
import type { Desk } from './desk.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
  namesOf,
} from './rows.ts';

/** Ids looked at in one statement, and in one call. */
const CHUNK = 2_000;
const LOOKED_AT = 20_000;
/** Payloads unsealed in one call of a scan. */
const SCANNED = 2_000;
const SCANNED_TOGETHER = 250;
const MINUTE = 60_000;
/** Above every message id whose deliveries have ids, too. */
const HIGHEST = 2 ** 40;

const DELIVERIES = `
SELECT d.id / 4096 AS message, d.flow, d.state
FROM unnest($1::bigint[]) AS m (id) JOIN any_delivery d ON d.id >= m.id * 4096 AND d.id < (m.id + 1) * 4096 ORDER BY d.id`;
const LOWEST_SINCE = 'SELECT min(first_id) AS id FROM tally_minute WHERE minute >= $1';
const HIGHEST_UNTIL = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= $1';
const SEALED = 'SELECT id, size, sealed FROM message WHERE id = ANY ($1)';

/** Conditions and their values, numbered as they come. */
class Conditions {
  readonly #texts: string[] = [];
  readonly values: unknown[] = [];

  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
  add(text: string): void {
    this.#texts.push(text);
  }
  get text(): string {
    return this.#texts.length === 0 ? 'true' : this.#texts.join(' AND ');
  }
}

const likeOf = (pattern: string): string => `${pattern.slice(0, -1).replaceAll(/[\\%_]/g, '\\$&')}%`;
const isMessageState = (state: string): boolean => ['accepted', 'rejected', 'unrouted'].includes(state);

export function searcher(desk: Desk) {
  const { dictionary, keys, read } = desk;

  /** Ids that can have been received in a time, and the connections that are asked for; `null` when none fits. */
  const bounds = async (query: {
    readonly site?: string;
    readonly connection?: string;
    readonly from?: number;
    readonly to?: number;
  }): Promise<{ below: number; from: number; connections: readonly number[] | null } | null> => {
    let below = HIGHEST;
    let from = 0;
    if (query.to !== undefined) {
      const [row] = await read<{ id: number | null }>(HIGHEST_UNTIL, [Math.floor(query.to / MINUTE)]);
      below = (row?.id ?? 0) + 1;
    }
    if (query.from !== undefined) {
      const [row] = await read<{ id: number | null }>(LOWEST_SINCE, [Math.floor(query.from / MINUTE)]);
      if (row?.id === null || row === undefined) return null;
      from = row.id;
    }
    if (query.site === undefined && query.connection === undefined) return { below, from, connections: null };
    await dictionary.reload();
    const connections = dictionary
      .connections()
      .filter((one) => query.site === undefined || one.site === query.site)
      .filter((one) => query.connection === undefined || one.connection === query.connection)
      .map((one) => one.id);
    return connections.length === 0 ? null : { below, from, connections };
  };

  /** Where a search begins: the most selective index that the query allows. `id` is the message's. */
  const driver = (query: MessageQuery, flow: number | null, all: Conditions): string => {
    const { state } = query;
    if (query.patient !== undefined) {
      return `SELECT message AS id FROM message_patient WHERE patient = ${all.value(query.patient)}`;
    }
    if (query.controlId !== undefined) {
      return `SELECT id FROM message WHERE control_id = ${all.value(query.controlId)}`;
    }
    if (state === 'rejected') return 'SELECT id FROM message WHERE state = 1';
    if (state === 'unrouted') return 'SELECT id FROM message WHERE planned = 0 AND state = 0';
    if (state !== undefined && !isMessageState(state) && state !== 'delivered') {
      const code = DELIVERY_STATES.indexOf(state as DeliveryState);
      return code < 4
        ? `SELECT id / 4096 AS id, id AS delivery FROM open_delivery WHERE state = ${code}`
        : `SELECT id / 4096 AS id, id AS delivery FROM delivery WHERE state = ${code}`;
    }
    if (flow !== null) {
      return `SELECT id / 4096 AS id, id AS delivery FROM any_delivery WHERE flow = ${all.value(flow)}`;
    }
    return 'SELECT id FROM message WHERE true';
  };

  const deliveriesOf = async (
    ids: readonly number[],
  ): Promise<ReadonlyMap<number, MessageRow['deliveries']>> => {
    const found = new Map<number, { flow: string; state: DeliveryState }[]>();
    if (ids.length === 0) return found;
    const rows = await read<{ message: number; flow: number; state: number }>(DELIVERIES, [ids]);
    await dictionary.fetch([], namesOf(rows));
    for (const row of rows) {
      const all = found.get(row.message) ?? [];
      all.push({ flow: dictionary.nameAt(row.flow), state: DELIVERY_STATES[row.state] as DeliveryState });
      found.set(row.message, all);
    }
    return found;
  };

  /** One chunk of candidates from the newest down: those that match, how many were looked at, and the last of them. */
  const chunk = async (
    query: MessageQuery,
    flow: number | null,
    connections: readonly number[] | null,
    range: { readonly below: number; readonly from: number },
    limit: number,
  ): Promise<{ rows: readonly MessageColumns[]; looked: number; last: number }> => {
    const all = new Conditions();
    const from = driver(query, flow, all);
    const byDelivery = from.includes('AS delivery');
    const inRange = byDelivery
      ? `id < ${all.value(range.below)}::bigint * 4096 AND id >= ${all.value(range.from)}::bigint * 4096 ORDER BY id DESC`
      : `${query.patient === undefined ? 'id' : 'message'} < ${all.value(range.below)}::bigint AND ${query.patient === undefined ? 'id' : 'message'} >= ${all.value(range.from)}::bigint ORDER BY 1 DESC`;
    if (connections) all.add(`message.connection = ANY (${all.value(connections)})`);
    if (query.controlId !== undefined) all.add(`message.control_id = ${all.value(query.controlId)}`);
    if (query.type !== undefined) {
      all.add(
        query.type.endsWith('*')
          ? `message.type LIKE ${all.value(likeOf(query.type))}`
          : `message.type = ${all.value(query.type)}`,
      );
    }
    if (query.from !== undefined) all.add(`message.received_at >= ${all.value(query.from)}`);
    if (query.to !== undefined) all.add(`message.received_at < ${all.value(query.to)}`);
    if (query.state === 'accepted') all.add('message.state = 0');
    if (query.state === 'rejected') all.add('message.state = 1');
    if (query.state === 'unrouted') all.add('message.state = 0 AND message.planned = 0');
    const ofState = query.state === undefined || isMessageState(query.state) ? null : query.state;
    if (ofState !== null || flow !== null) {
      const state =
        ofState === null ? 'true' : `d.state = ${DELIVERY_STATES.indexOf(ofState as DeliveryState)}`;
      const ofFlow = flow === null ? 'true' : `d.flow = ${all.value(flow)}`;
      all.add(
        `EXISTS (SELECT 1 FROM any_delivery d WHERE d.id >= message.id * 4096 AND d.id < (message.id + 1) * 4096 AND ${state} AND ${ofFlow})`,
      );
    }
    const rows = await read<MessageColumns & { looked: number; last: number | null }>(
      `WITH looked AS MATERIALIZED (${from} AND ${inRange} LIMIT ${CHUNK}), hit AS (
  SELECT ${MESSAGE_COLUMNS} FROM (SELECT DISTINCT id FROM looked) one JOIN message ON message.id = one.id
  WHERE ${all.text} ORDER BY message.id DESC LIMIT ${all.value(limit)}::integer
)
SELECT told.looked, told.last, hit.* FROM (SELECT count(*) AS looked, min(id) AS last FROM looked) told
LEFT JOIN hit ON true ORDER BY hit.m_id DESC`,
      all.values,
    );
    return {
      rows: rows.filter((row) => row.m_id !== null),
      looked: rows[0]?.looked ?? 0,
      last: rows[0]?.last ?? 0,
    };
  };

  const search = async (
    query: MessageQuery,
    wanted?: (rows: readonly MessageColumns[]) => Promise<ReadonlySet<number>>,
  ): Promise<Page<MessageRow> & { readonly looked: number }> => {
    const none = { rows: [], before: null, looked: 0 };
    const range = await bounds(query);
    const flow = query.flow === undefined ? null : await dictionary.findName(query.flow);
    if (range === null || flow === undefined) return none;
    let below = Math.min(range.below, query.before === undefined ? range.below : Number(query.before));
    const found: MessageColumns[] = [];
    let looked = 0;
    let unsealed = 0;
    let before: string | null = null;
    while (before === null) {
      const asked = wanted === undefined ? query.limit - found.length : SCANNED_TOGETHER;
      const some = await chunk(query, flow, range.connections, { below, from: range.from }, asked);
      const fits = wanted === undefined ? null : await wanted(some.rows);
      for (const row of some.rows) {
        if (fits !== null && !fits.has(row.m_id)) continue;
        found.push(row);
        if (found.length === query.limit) before = String(row.m_id);
        if (before !== null) break;
      }
      const cut = some.rows.length === asked;
      looked += cut ? some.rows.length : some.looked;
      if (wanted) unsealed += some.rows.length;
      if (!cut && some.looked < CHUNK) break;
      // Candidates of one message may lie in two chunks: it is asked for once.
      below = cut ? (some.rows.at(-1)?.m_id as number) : some.last;
      if (looked >= LOOKED_AT || unsealed >= SCANNED) before ??= String(below);
    }
    await dictionary.fetch(
      found.map((row) => row.m_connection),
      [],
    );
    const deliveries = await deliveriesOf(found.map((row) => row.m_id));
    return {
      rows: found.map((row) => ({
        ...messageFrom(row, dictionary),
        deliveries: deliveries.get(row.m_id) ?? [],
      })),
      before,
      looked: unsealed,
    };
  };

  return {
    async search(query: MessageQuery): Promise<Page<MessageRow>> {
      const { rows, before } = await search(query);
      return { rows, before };
    },
    /** Messages whose bytes hold the text, whatever its case. */
    async scan(query: ScanQuery): Promise<ScanPage> {
      const holds = textFinder(query.text);
      return search(query, async (rows) => {
        const sealed = await read<{ id: number; size: number; sealed: Uint8Array }>(SEALED, [
          rows.map((row) => row.m_id),
        ]);
        await keys.fetch(sealed.map((row) => row.sealed));
        const found = sealed.filter((row) => holds(openPayload(keys.vault, row.id, row.size, row.sealed)));
        return new Set(found.map((row) => row.id));
      });
    },
    async deliveries(
      query: DeliveryQuery,
    ): Promise<{ readonly rows: readonly Delivery[]; readonly after: string | null }> {
      const range = await bounds(query);
      const flow = query.flow === undefined ? null : await dictionary.findName(query.flow);
      if (range === null || flow === undefined) return { rows: [], after: null };
      const found: DeliveryColumns[] = [];
      let after = query.after === undefined ? -1 : Number(query.after);
      for (let looked = 0; looked < LOOKED_AT; looked += CHUNK) {
        const all = new Conditions();
        const lowest = all.value(Math.max(after, range.from * 4096 - 1));
        const below = all.value(range.below * 4096);
        if (range.connections) all.add(`d.connection = ANY (${all.value(range.connections)})`);
        if (flow !== null) all.add(`d.flow = ${all.value(flow)}`);
        if (query.state !== undefined) all.add(`d.state = ${DELIVERY_STATES.indexOf(query.state)}`);
        if (query.fingerprint !== undefined) all.add(`d.fingerprint = ${all.value(query.fingerprint)}`);
        if (query.type !== undefined) {
          all.add(
            query.type.endsWith('*')
              ? `message.type LIKE ${all.value(likeOf(query.type))}`
              : `message.type = ${all.value(query.type)}`,
          );
        }
        if (query.from !== undefined) all.add(`message.received_at >= ${all.value(query.from)}`);
        if (query.to !== undefined) all.add(`message.received_at < ${all.value(query.to)}`);
        if (query.patient !== undefined) {
          all.add(
            `EXISTS (SELECT 1 FROM message_patient p WHERE p.message = message.id AND p.patient = ${all.value(query.patient)})`,
          );
        }
        const rows = await read<DeliveryColumns & { looked: number; last: number | null }>(
          `WITH looked AS MATERIALIZED (
  SELECT * FROM any_delivery WHERE id > ${lowest}::bigint AND id < ${below}::bigint ORDER BY id LIMIT ${CHUNK}
), hit AS (
  SELECT ${DELIVERY_COLUMNS} FROM looked d JOIN message ON message.id = d.id / 4096 WHERE ${all.text}
  ORDER BY d.id LIMIT ${all.value(query.limit - found.length)}::integer
)
SELECT told.looked, told.last, hit.* FROM (SELECT count(*) AS looked, max(id) AS last FROM looked) told
LEFT JOIN hit ON true ORDER BY hit.id`,
          all.values,
        );
        const hits = rows.filter((row) => row.id !== null);
        found.push(...hits);
        if (found.length >= query.limit) return page(found, String(found.at(-1)?.id));
        if ((rows[0]?.looked ?? 0) < CHUNK) return page(found, null);
        after = rows[0]?.last as number;
      }
      return page(found, String(after));
    },
  };

  async function page(
    rows: readonly DeliveryColumns[],
    after: string | null,
  ): Promise<{ readonly rows: readonly Delivery[]; readonly after: string | null }> {
    await dictionary.fetch([], namesOf(rows));
    return { rows: rows.map((row) => deliveryFrom(row, dictionary)), after };
  }
}
