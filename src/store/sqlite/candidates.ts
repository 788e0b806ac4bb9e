/**
 * Where a search begins: the most selective index that the query allows, as ids from the newest down.
 * Whatever else is asked is then looked at row by row.
 */

import type { MessageQuery } from '../contract.ts';
import { bucketOf } from './append.ts';
import { DELIVERY_STATES, RUNNING, WAITING } from './codes.ts';
import type { View } from './desk.ts';

/** Ids read from an index at a time. */
const CHUNK = 500;

const BY_ID = `SELECT id FROM message WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const BY_CONTROL_ID = `
SELECT id FROM message INDEXED BY message_control
WHERE control_id = ? AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const REJECTED = `
SELECT id FROM message INDEXED BY message_rejected WHERE state = 1 AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const UNROUTED = `
SELECT id FROM message INDEXED BY message_unrouted
WHERE planned = 0 AND state = 0 AND id < ? AND id >= ? ORDER BY id DESC LIMIT ${CHUNK}`;
const BY_DELIVERY_STATE = `
SELECT DISTINCT message AS id FROM delivery INDEXED BY delivery_state
WHERE state = ? AND state > 1 AND state <> 4 AND message < ? AND message >= ? ORDER BY message DESC LIMIT ${CHUNK}`;
/** Waiting and running ones stand in a lane; an index of their own would be written three times for each. */
const STANDING = `
SELECT DISTINCT message AS id FROM delivery
WHERE id IN (SELECT delivery FROM delivery_lane) AND state = ? AND message < ? AND message >= ?
ORDER BY message DESC LIMIT ${CHUNK}`;
const BY_FLOW = `
SELECT DISTINCT message AS id FROM delivery INDEXED BY delivery_flow
WHERE flow = ? AND message < ? AND message >= ? ORDER BY message DESC LIMIT ${CHUNK}`;
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
  const byState = database.prepare(BY_DELIVERY_STATE);
  const standing = database.prepare(STANDING);
  const byFlow = database.prepare(BY_FLOW);
  const byFeed = database.prepare(BY_FEED);
  const firstType = database.prepare(FIRST_TYPE);
  const nextType = database.prepare(NEXT_TYPE);
  const byPatient = database.prepare(BY_PATIENT);
  const highest = database.prepare(HIGHEST);

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

  function* ofPatient(patient: string, range: Range): Generator<number> {
    const lowest = bucketOf(Math.max(range.from, 1));
    const newest = (highest.get()?.id as number | null) ?? 0;
    for (let bucket = bucketOf(Math.min(range.below, newest)); bucket >= lowest; bucket--) {
      yield* idsOf(byPatient.all(bucket, patient, range.below, range.from));
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
    if (query.controlId !== undefined) return chunks(byControlId, [query.controlId], range);
    if (query.state === 'rejected') return chunks(rejected, [], range);
    if (query.state === 'unrouted') return chunks(unrouted, [], range);
    if (query.state !== undefined && query.state !== 'accepted' && query.state !== 'delivered') {
      const state = DELIVERY_STATES.indexOf(query.state);
      return chunks(state === WAITING || state === RUNNING ? standing : byState, [state], range);
    }
    if (query.flow !== undefined) {
      const flow = dictionary.findName(query.flow);
      return chunks(byFlow, [flow ?? -1], range);
    }
    if (query.site !== undefined || query.connection !== undefined || query.type !== undefined) {
      return ofFeeds(query, range);
    }
    return chunks(byId, [], range);
  };
}
