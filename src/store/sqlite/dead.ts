/** Dead letters: one by one, and in groups of one cause. */
import type { DeadGroup, DeadLetter, Page, Store } from '../contract.ts';
import type { View } from './desk.ts';
import { DELIVERIES_OF_ONE } from './numbers.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';

/** Rows read at a time, and looked at in one call: a filter that finds less gives a short page with a place to go on from. */
const READ_TOGETHER = 1_000;
const LOOKED_AT = 20_000;

const LETTER = `SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS} FROM delivery`;
const WITH_MESSAGE = `CROSS JOIN message ON message.id = delivery.id / ${DELIVERIES_OF_ONE}`;
const DEAD = `
${LETTER} INDEXED BY delivery_ended ${WITH_MESSAGE}
WHERE delivery.state = 6 AND delivery.state > 4 AND delivery.id < ?
ORDER BY delivery.id DESC LIMIT ${READ_TOGETHER}`;
const OF_CAUSE = `
${LETTER} INDEXED BY delivery_cause ${WITH_MESSAGE}
WHERE delivery.cause = ? AND delivery.id < ?
ORDER BY delivery.id DESC LIMIT ${READ_TOGETHER}`;
const CAUSE = 'SELECT id FROM dead_cause WHERE fingerprint = ?';
const COUNTS = `
SELECT dead_count.cause, dead_count.connection, dead_count.count,
  dead_cause.fingerprint, dead_cause.flow, dead_cause.code, dead_cause.step, dead_cause.path
FROM dead_count JOIN dead_cause ON dead_cause.id = dead_count.cause`;
/** The first and the last of one cause at one connection: the two ends of an index. */
const END = (order: 'ASC' | 'DESC'): string => `
SELECT id, finished_at FROM delivery INDEXED BY delivery_dead
WHERE cause = ? AND connection = ? AND cause IS NOT NULL AND replayed_by IS NULL
ORDER BY finished_at ${order}, id ${order} LIMIT 1`;
const ONE = `${LETTER} ${WITH_MESSAGE} WHERE delivery.id = ?`;

interface CountColumns {
  readonly cause: number;
  readonly connection: number;
  readonly count: number;
  readonly fingerprint: string;
  readonly flow: number;
  readonly code: string;
  readonly step: string | null;
  readonly path: string | null;
}

interface End {
  readonly id: number;
  readonly finished_at: number;
}

export function deadReader({ database, dictionary }: View) {
  const dead = database.prepare(DEAD);
  const ofCause = database.prepare(OF_CAUSE);
  const causeNamed = database.prepare(CAUSE);
  const counts = database.prepare(COUNTS);
  const first = database.prepare(END('ASC'));
  const last = database.prepare(END('DESC'));
  const one = database.prepare(ONE);
  const letterFrom = (row: unknown): DeadLetter => ({
    delivery: deliveryFrom(row as DeliveryColumns, dictionary),
    message: messageFrom(row as MessageColumns, dictionary),
  });

  return {
    deadLetters(query: Parameters<Store['deadLetters']>[0]): Page<DeadLetter> {
      const found: DeadLetter[] = [];
      let before = query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before);
      const cause = query.fingerprint === undefined ? null : causeNamed.get(query.fingerprint)?.id;
      if (cause === undefined) return { rows: [], before: null };
      for (let looked = 0; looked < LOOKED_AT; ) {
        const rows = cause === null ? dead.all(before) : ofCause.all(cause as number, before);
        for (const row of rows) {
          before = row.id as number;
          looked++;
          if ((row.replayed_by !== null) !== (query.replayed ?? false)) continue;
          const letter = letterFrom(row);
          if (query.site !== undefined && letter.message.site !== query.site) continue;
          if (query.flow !== undefined && letter.delivery.flow !== query.flow) continue;
          if (query.code !== undefined && letter.delivery.failure?.code !== query.code) continue;
          found.push(letter);
          if (found.length === query.limit) return { rows: found, before: String(before) };
        }
        if (rows.length < READ_TOGETHER) return { rows: found, before: null };
      }
      return { rows: found, before: String(before) };
    },
    /** A few look-ups for each cause and connection, however many letters there are. */
    deadGroups(query: { readonly site?: string; readonly flow?: string }): DeadGroup[] {
      const groups = new Map<number, { of: CountColumns; count: number; first: End; last: End }>();
      for (const row of counts.all() as unknown as CountColumns[]) {
        if (query.site !== undefined && dictionary.connectionAt(row.connection).site !== query.site) continue;
        if (query.flow !== undefined && dictionary.nameAt(row.flow) !== query.flow) continue;
        const ends = {
          first: first.get(row.cause, row.connection) as unknown as End,
          last: last.get(row.cause, row.connection) as unknown as End,
        };
        const group = groups.get(row.cause);
        if (!group) {
          groups.set(row.cause, { of: row, count: row.count, ...ends });
          continue;
        }
        group.count += row.count;
        if (ends.first.finished_at < group.first.finished_at) group.first = ends.first;
        if (later(ends.last, group.last)) group.last = ends.last;
      }
      return [...groups.values()]
        .sort((a, b) => b.count - a.count || b.last.finished_at - a.last.finished_at)
        .map(({ of, count, first, last }) => ({
          fingerprint: of.fingerprint,
          code: of.code,
          flow: dictionary.nameAt(of.flow),
          step: of.step,
          path: of.path,
          count,
          firstAt: first.finished_at,
          lastAt: last.finished_at,
          sample: letterFrom(one.get(last.id)),
        }));
    },
  };
}

const later = (a: End, b: End): boolean =>
  a.finished_at > b.finished_at || (a.finished_at === b.finished_at && a.id > b.id);
