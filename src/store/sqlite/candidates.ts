/**
 * Where a search begins: the most selective index that the query allows, as ids from the newest down.
 * Whatever else is asked is then looked at row by row.
 */

import type { MessageQuery } from '../contract.ts';

import { DELIVERED, DELIVERY_STATES } from './codes.ts';
import type { View } from './desk.ts';
import { bucketOf, bucketRange, filedReader } from './filing.ts';
import { deliveryId, messageOf } from './numbers.ts';

/** Ids read from an index at a time. */
const CHUNK = 500;

const BY_ID = `SELECT id FROM message WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const BY_CONTROL_ID = `
SELECT message AS id FROM message_control
WHERE control_id = ? AND message < ? AND message >= ? ORDER BY message DESC`;
/** The newest messages stand in no index of control ids and patients yet (filing.ts): their rows are looked at. */
const UNFILED_CONTROL_ID =
  'SELECT id FROM message WHERE control_id = ? AND id < ? AND id >= ? ORDER BY id DESC';
const UNFILED_PATIENT = `
SELECT id FROM message
WHERE (patients = ?1 OR (patients LIKE '[%' AND EXISTS (SELECT 1 FROM json_each(patients) WHERE value = ?1)))
  AND id < ?2 AND id >= ?3 ORDER BY id DESC`;
const REJECTED = `
SELECT id FROM message INDEXED BY message_rejected WHERE state = 1 AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const UNROUTED = `
SELECT id FROM message INDEXED BY message_unrouted
WHERE planned = 0 AND state = 0 AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
/** Of deliveries: a message stands once for each. */
const LATE = `
SELECT id FROM delivery INDEXED BY delivery_late
WHERE late = 1 AND state = ? AND state < 4 AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
/** Of messages that are not filed: looked at one by one, late or not. */
const RECENT = `
SELECT id FROM delivery WHERE state = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const ENDED = `
SELECT id FROM delivery INDEXED BY delivery_ended
WHERE state = ? AND state > 4 AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const IN_HAND = `
SELECT delivery AS id FROM in_hand WHERE delivery < ? AND delivery >= ? ORDER BY delivery DESC LIMIT ${CHUNK}`;
const OF_FLOW = `
SELECT id FROM delivery WHERE flow = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const FLOW_BUCKETS =
  'SELECT bucket FROM flow_bucket WHERE flow = ? AND bucket <= ? AND bucket >= ? ORDER BY bucket DESC';
const BY_FEED = `
SELECT id FROM message INDEXED BY message_feed
WHERE connection = ? AND type = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const FIRST_TYPE = `
SELECT type FROM message INDEXED BY message_feed WHERE connection = ? AND type >= ? ORDER BY type LIMIT 1`;
const NEXT_TYPE = `
SELECT type FROM message INDEXED BY message_feed WHERE connection = ? AND type > ? ORDER BY type LIMIT 1`;
const BY_PATIENT = `
SELECT message AS id FROM message_patient
WHERE bucket = ? AND patient = ? AND message < ? AND message >= ? ORDER BY message DESC`;

const HIGHEST = 'SELECT max(id) AS id FROM message';
const LOWEST = 'SELECT min(id) AS id FROM message';

export interface Range {
  /** Not included. */
  readonly below: number;
  readonly from: number;
}

/** `ADT^*` matches every type that begins so. */
export function typeMatches(pattern: string, type: string): boolean {
  return pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}

export function candidateFinder({ database, dictionary }: View) {
  const byId = database.prepare(BY_ID);
  const byControlId = database.prepare(BY_CONTROL_ID);
  const rejected = database.prepare(REJECTED);
  const unrouted = database.prepare(UNROUTED);
  const unfiledControlId = database.prepare(UNFILED_CONTROL_ID);
  const unfiledPatient = database.prepare(UNFILED_PATIENT);
  const late = database.prepare(LATE);
  const recent = database.prepare(RECENT);
  const ended = database.prepare(ENDED);
  const inHand = database.prepare(IN_HAND);
  const ofFlow = database.prepare(OF_FLOW);
  const flowBuckets = database.prepare(FLOW_BUCKETS);
  const filed = filedReader(database);
  const byFeed = database.prepare(BY_FEED);
  const firstType = database.prepare(FIRST_TYPE);
  const nextType = database.prepare(NEXT_TYPE);
  const byPatient = database.prepare(BY_PATIENT);
  const highest = database.prepare(HIGHEST);
  const first = database.prepare(LOWEST);

  type Statement = typeof byId;
  const idsOf = (rows: readonly Record<string, unknown>[]): number[] => rows.map((row) => row.id as number);

  function* chunks(
    statement: Statement,
    first: readonly (string | number)[],
    range: Range,
  ): Generator<number> {
    for (let below = range.below; ; ) {
      const ids = idsOf(statement.all(...first, below, range.from));
      yield* ids;
      if (ids.length < CHUNK) return;
      below = ids.at(-1) as number;
    }
  }

  /** The messages of deliveries; those of one message follow each other. */
  function* messages(statement: Statement, first: readonly number[], range: Range): Generator<number> {
    const deliveries = { below: deliveryId(range.below, 0), from: deliveryId(range.from, 0) };
    let last = -1;
    for (const delivery of chunks(statement, first, deliveries)) {
      const id = messageOf(delivery);
      if (id !== last) yield id;
      last = id;
    }
  }

  /** The highest bucket that can hold a message of the range. */
  const highestBucket = (range: Range): number =>
    bucketOf(Math.min(range.below, (highest.get()?.id as number | null) ?? 0));

  function* ofOpen(state: number, range: Range): Generator<number> {
    const unfiled = filed() + 1;
    yield* messages(recent, [state], { below: range.below, from: Math.max(range.from, unfiled) });
    yield* messages(late, [state], { below: Math.min(range.below, unfiled), from: range.from });
  }

  function* ofFlowNamed(flow: number, range: Range): Generator<number> {
    for (const row of flowBuckets.all(flow, highestBucket(range), bucketOf(range.from))) {
      const { lowest, above } = bucketRange(row.bucket as number);
      yield* messages(ofFlow, [flow], {
        below: Math.min(range.below, above),
        from: Math.max(range.from, lowest),
      });
    }
  }

  function* ofControlId(controlId: string, range: Range): Generator<number> {
    const indexed = filed();
    yield* idsOf(unfiledControlId.all(controlId, range.below, Math.max(range.from, indexed + 1)));
    const below = Math.min(range.below, indexed + 1);
    yield* new Set(idsOf(byControlId.all(controlId, below, range.from)));
  }

  function* ofPatient(patient: string, range: Range): Generator<number> {
    const indexed = filed();
    yield* idsOf(unfiledPatient.all(patient, range.below, Math.max(range.from, indexed + 1)));
    const below = Math.min(range.below, indexed + 1);
    const lowest = bucketOf(Math.max(range.from, (first.get()?.id as number | null) ?? 1));
    for (let bucket = highestBucket({ below, from: range.from }); bucket >= lowest; bucket--) {
      yield* idsOf(byPatient.all(bucket, patient, below, range.from));
    }
  }

  /** The types of a connection that match, found by stepping from one to the next in the index. */
  function* typesOf(connection: number, pattern: string): Generator<string> {
    const start = pattern.endsWith('*') ? pattern.slice(0, -1) : pattern;
    for (
      let row = firstType.get(connection, start);
      row;
      row = nextType.get(connection, row.type as string)
    ) {
      const type = row.type as string;
      if (!type.startsWith(start)) return;
      if (typeMatches(pattern, type)) yield type;
    }
  }

  /** Several feeds in one order: as far down as every feed was read. */
  function* ofFeeds(query: MessageQuery, range: Range): Generator<number> {
    const feeds = dictionary
      .connections()
      .filter((one) => query.site === undefined || one.site === query.site)
      .filter((one) => query.connection === undefined || one.connection === query.connection)
      .flatMap((one) => [...typesOf(one.id, query.type ?? '*')].map((type) => [one.id, type] as const));
    for (let below = range.below; ; ) {
      let floor = range.from;
      const ids: number[] = [];
      for (const feed of feeds) {
        const some = idsOf(byFeed.all(...feed, below, range.from));
        for (const id of some) ids.push(id);
        if (some.length === CHUNK) floor = Math.max(floor, some.at(-1) as number);
      }
      yield* ids.filter((id) => id >= floor).sort((a, b) => b - a);
      if (floor === range.from) return;
      below = floor;
    }
  }

  return (query: MessageQuery, range: Range): Generator<number> => {
    if (query.patient !== undefined) return ofPatient(query.patient, range);
    if (query.controlId !== undefined) return ofControlId(query.controlId, range);
    if (query.state === 'rejected') return chunks(rejected, [], range);
    if (query.state === 'unrouted') return chunks(unrouted, [], range);
    if (query.state !== undefined && query.state !== 'accepted' && query.state !== 'delivered') {
      if (query.state === 'running') return messages(inHand, [], range);
      const state = DELIVERY_STATES.indexOf(query.state);
      return state < DELIVERED ? ofOpen(state, range) : messages(ended, [state], range);
    }
    if (query.flow !== undefined) {
      const flow = dictionary.findName(query.flow);
      return flow === undefined ? chunks(byId, [], { below: 0, from: 0 }) : ofFlowNamed(flow, range);
    }
    if (query.site !== undefined || query.connection !== undefined || query.type !== undefined) {
      return ofFeeds(query, range);
    }
    return chunks(byId, [], range);
  };
}
