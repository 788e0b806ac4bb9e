/** The message list, filtered, newest first. */
import type { MessageQuery, MessageRow, Page } from '../contract.ts';
import { candidateFinder, type Range, typeMatches } from './candidates.ts';
import { DELIVERY_STATES } from './codes.ts';
import type { View } from './desk.ts';
import { deliveryId } from './numbers.ts';
import { MESSAGE_COLUMNS, type MessageColumns, messageFrom, STATE } from './rows.ts';
import { MINUTE } from './tallies.ts';

const MESSAGE = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = ?`;
const DELIVERIES = `SELECT flow, ${STATE} FROM delivery WHERE id >= ? AND id < ? ORDER BY id`;
/** Ids by time: minutes know their lowest and highest id. */
const LOWEST_SINCE = 'SELECT min(first_id) AS id FROM tally_minute WHERE minute >= ?';
const HIGHEST_UNTIL = 'SELECT max(last_id) AS id FROM tally_minute WHERE minute <= ?';

/** Rows looked at in one call; a filter that finds less gives a short page with a place to go on from. */
const LOOKED_AT = 20_000;

/** Times of searches whose first id is known: a scan asks for the same again with each slice. */
const MINUTES_AT_HAND = 256;

/** The ids that a query's times and keyset leave: what stands in the live file's minutes holds for all files. */
export function rangeFinder({ database }: View): (query: MessageQuery) => Range {
  const lowestSince = database.prepare(LOWEST_SINCE);
  const highestUntil = database.prepare(HIGHEST_UNTIL);
  /** Ids only grow: what a minute and all after it begin with stays as it is once there is something. */
  const lowest = new Map<number, number>();
  const lowestOf = (minute: number): number | undefined => {
    const known = lowest.get(minute);
    if (known !== undefined) return known;
    const found = lowestSince.get(minute)?.id as number | null;
    if (found === null) return undefined;
    if (lowest.size >= MINUTES_AT_HAND) lowest.clear();
    lowest.set(minute, found);
    return found;
  };
  return (query) => {
    let below = query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before);
    let from = 0;
    // A later page begins where the one before it ended, which was within the time.
    if (query.to !== undefined && query.before === undefined) {
      const highest = highestUntil.get(Math.floor(query.to / MINUTE))?.id as number | null;
      below = (highest ?? 0) + 1;
    }
    if (query.from !== undefined) from = lowestOf(Math.floor(query.from / MINUTE)) ?? below;
    return { below, from };
  };
}

/** Looks closer at a row that matches; `enough` after it: this call has done its share, and the page ends here. */
export interface Closer {
  holds(id: number): boolean;
  enough(): boolean;
}

/** The messages of one file. @param hidden Ids in it that are told by another file, or that are on their way out. */
export function searcher(view: View, hidden?: (id: number) => boolean) {
  const { database, dictionary } = view;
  const message = database.prepare(MESSAGE);
  const deliveries = database.prepare(DELIVERIES);
  const candidates = candidateFinder(view);

  const deliveriesOf = (id: number): MessageRow['deliveries'] =>
    deliveries.all(deliveryId(id, 0), deliveryId(id + 1, 0)).map((row) => ({
      flow: dictionary.nameAt(row.flow as number),
      state: DELIVERY_STATES[row.state as number] as MessageRow['deliveries'][number]['state'],
    }));

  /** The row if it is what was asked for. What the index found already is asked again: it costs nothing. */
  const matching = (id: number, query: MessageQuery): MessageRow | undefined => {
    const row = message.get(id) as unknown as MessageColumns | undefined;
    if (!row) return undefined;
    const summary = messageFrom(row, dictionary);
    if (query.site !== undefined && summary.site !== query.site) return undefined;
    if (query.connection !== undefined && summary.connection !== query.connection) return undefined;
    if (query.controlId !== undefined && summary.controlId !== query.controlId) return undefined;
    if (query.type !== undefined && !typeMatches(query.type, summary.type)) return undefined;
    if (query.from !== undefined && summary.receivedAt < query.from) return undefined;
    if (query.to !== undefined && summary.receivedAt >= query.to) return undefined;
    const { state, flow } = query;
    if (state === 'accepted' || state === 'rejected') {
      if (summary.state !== state) return undefined;
    } else if (state === 'unrouted' && (summary.planned > 0 || summary.state === 'rejected'))
      return undefined;
    const all = deliveriesOf(id);
    const ofState =
      state === undefined || state === 'accepted' || state === 'rejected' || state === 'unrouted'
        ? null
        : state;
    if (ofState !== null || flow !== undefined) {
      const fits = all.some(
        (one) => (ofState === null || one.state === ofState) && (flow === undefined || one.flow === flow),
      );
      if (!fits) return undefined;
    }
    return { ...summary, deliveries: all };
  };

  return (query: MessageQuery, range: Range, closer?: Closer): Page<MessageRow> => {
    const rows: MessageRow[] = [];
    let looked = 0;
    for (const id of candidates(query, range)) {
      const row = hidden?.(id) ? undefined : matching(id, query);
      if (row && (closer?.holds(id) ?? true)) rows.push(row);
      if (rows.length === query.limit || ++looked === LOOKED_AT || closer?.enough()) {
        return { rows, before: String(id) };
      }
    }
    return { rows, before: null };
  };
}
