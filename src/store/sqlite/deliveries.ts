/** Deliveries by what they are and when they came, oldest first: what a replay runs through. */
import type { Delivery } from '../../message/index.ts';
import type { DeliveryQuery } from '../contract.ts';
import { typeMatches } from './candidates.ts';
import { DELIVERED, DELIVERY_STATES } from './codes.ts';
import type { View } from './desk.ts';
import { bucketOf, filedReader } from './filing.ts';
import { DELIVERIES_OF_ONE, deliveryId, messageOf } from './numbers.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';
import { MINUTE } from './tallies.ts';

/** Ids read from an index at a time, and rows looked at in one call. */
const CHUNK = 500;
const LOOKED_AT = 20_000;

const BY_ID = `SELECT id FROM delivery WHERE id > ? AND id < ? ORDER BY id LIMIT ${CHUNK}`;
const LATE = `
SELECT id FROM delivery INDEXED BY delivery_late
WHERE late = 1 AND state = ? AND state < 4 AND id > ? AND id < ? ORDER BY id LIMIT ${CHUNK}`;
/** Of messages that are not filed: looked at one by one, late or not. */
const RECENT = `SELECT id FROM delivery WHERE state = ? AND id > ? AND id < ? ORDER BY id LIMIT ${CHUNK}`;
const ENDED = `
SELECT id FROM delivery INDEXED BY delivery_ended
WHERE state = ? AND state > 4 AND id > ? AND id < ? ORDER BY id LIMIT ${CHUNK}`;
const IN_HAND = `
SELECT delivery AS id FROM in_hand WHERE delivery > ? AND delivery < ? ORDER BY delivery LIMIT ${CHUNK}`;
const OF_CAUSE = `
SELECT delivery.id FROM delivery INDEXED BY delivery_cause
WHERE cause = (SELECT id FROM dead_cause WHERE fingerprint = ?) AND cause IS NOT NULL AND id > ? AND id < ?
ORDER BY id LIMIT ${CHUNK}`;
const OF_PATIENT = `
SELECT message AS id FROM message_patient WHERE bucket = ? AND patient = ? AND message >= ? AND message < ? ORDER BY message`;
/** The newest messages stand in no index of patients yet (filing.ts). */
const UNFILED_PATIENT = `
SELECT id FROM message
WHERE (patients = ?1 OR (patients LIKE '[%' AND EXISTS (SELECT 1 FROM json_each(patients) WHERE value = ?1)))
  AND id >= ?2 AND id < ?3 ORDER BY id`;
const OF_MESSAGE = 'SELECT id FROM delivery WHERE id >= ? AND id < ? ORDER BY id';
const ROW = `
SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS} FROM delivery
CROSS JOIN message ON message.id = delivery.id / ${DELIVERIES_OF_ONE} WHERE delivery.id = ?`;
const LOWEST_SINCE = 'SELECT min(first_id) AS id FROM tally_minute WHERE minute >= ?';
const HIGHEST_UNTIL = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= ?';
const HIGHEST = 'SELECT max(id) AS id FROM message';

/** Ids above `after` and below `below`. */
interface Range {
  readonly after: number;
  readonly below: number;
}

export function deliveryLister(view: View) {
  const { database, dictionary } = view;
  const prepare = (sql: string) => database.prepare(sql);
  const byId = prepare(BY_ID);
  const late = prepare(LATE);
  const recent = prepare(RECENT);
  const ended = prepare(ENDED);
  const inHand = prepare(IN_HAND);
  const ofCause = prepare(OF_CAUSE);
  const ofPatient = prepare(OF_PATIENT);
  const unfiledPatient = prepare(UNFILED_PATIENT);
  const ofMessage = prepare(OF_MESSAGE);
  const row = prepare(ROW);
  const lowestSince = prepare(LOWEST_SINCE);
  const highestUntil = prepare(HIGHEST_UNTIL);
  const highest = prepare(HIGHEST);
  const filed = filedReader(database);
  type Statement = typeof byId;
  const idsOf = (rows: readonly Record<string, unknown>[]): number[] => rows.map((one) => one.id as number);

  function* chunks(
    statement: Statement,
    first: readonly (string | number)[],
    range: Range,
  ): Generator<number> {
    for (let after = range.after; ; ) {
      const ids = idsOf(statement.all(...first, after, range.below));
      yield* ids;
      if (ids.length < CHUNK) return;
      after = ids.at(-1) as number;
    }
  }

  function* messagesOfPatient(patient: string, from: number, below: number): Generator<number> {
    const indexed = filed();
    for (let bucket = bucketOf(from); bucket <= bucketOf(Math.min(below, indexed)); bucket++) {
      yield* idsOf(ofPatient.all(bucket, patient, from, Math.min(below, indexed + 1)));
    }
    yield* idsOf(unfiledPatient.all(patient, Math.max(from, indexed + 1), below));
  }

  function* deliveriesOfPatient(patient: string, range: Range): Generator<number> {
    const newest = (highest.get()?.id as number | null) ?? 0;
    const below = Math.min(newest + 1, messageOf(range.below - 1) + 1);
    for (const message of messagesOfPatient(patient, Math.max(1, messageOf(range.after)), below)) {
      for (const id of idsOf(ofMessage.all(deliveryId(message, 0), deliveryId(message + 1, 0)))) {
        if (id > range.after && id < range.below) yield id;
      }
    }
  }

  function* openOf(state: number, range: Range): Generator<number> {
    const unfiled = deliveryId(filed() + 1, 0);
    yield* chunks(late, [state], { after: range.after, below: Math.min(range.below, unfiled) });
    yield* chunks(recent, [state], { after: Math.max(range.after, unfiled - 1), below: range.below });
  }

  function candidates(query: DeliveryQuery, range: Range): Generator<number> {
    if (query.fingerprint !== undefined) return chunks(ofCause, [query.fingerprint], range);
    if (query.patient !== undefined) return deliveriesOfPatient(query.patient, range);
    if (query.state === 'running') return chunks(inHand, [], range);
    if (query.state !== undefined && query.state !== 'delivered') {
      const state = DELIVERY_STATES.indexOf(query.state);
      return state < DELIVERED ? openOf(state, range) : chunks(ended, [state], range);
    }
    return chunks(byId, [], range);
  }

  const matching = (id: number, query: DeliveryQuery): Delivery | undefined => {
    const found = row.get(id) as unknown as DeliveryColumns & MessageColumns;
    const delivery = deliveryFrom(found, dictionary);
    if (query.state !== undefined && delivery.state !== query.state) return undefined;
    if (query.flow !== undefined && delivery.flow !== query.flow) return undefined;
    const message = messageFrom(found, dictionary);
    if (query.site !== undefined && message.site !== query.site) return undefined;
    if (query.connection !== undefined && message.connection !== query.connection) return undefined;
    if (query.type !== undefined && !typeMatches(query.type, message.type)) return undefined;
    if (query.from !== undefined && message.receivedAt < query.from) return undefined;
    if (query.to !== undefined && message.receivedAt >= query.to) return undefined;
    return delivery;
  };

  return (query: DeliveryQuery): { readonly rows: readonly Delivery[]; readonly after: string | null } => {
    let after = query.after === undefined ? 0 : Number(query.after);
    let below = Number.MAX_SAFE_INTEGER;
    if (query.from !== undefined) {
      const lowest = lowestSince.get(Math.floor(query.from / MINUTE))?.id as number | null;
      if (lowest === null) return { rows: [], after: null };
      after = Math.max(after, deliveryId(lowest, 0) - 1);
    }
    if (query.to !== undefined) {
      const newest = highestUntil.get(Math.floor(query.to / MINUTE))?.id as number | null;
      below = deliveryId((newest ?? 0) + 1, 0);
    }
    const rows: Delivery[] = [];
    let looked = 0;
    for (const id of candidates(query, { after, below })) {
      const one = matching(id, query);
      if (one) rows.push(one);
      if (rows.length === query.limit || ++looked === LOOKED_AT) return { rows, after: String(id) };
    }
    return { rows, after: null };
  };
}
