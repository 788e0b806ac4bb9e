import { z } from 'zod';
import type { MessageQuery, MessageRow, Page, ScanPage, ScanQuery, Store } from '../store/index.ts';
import { idSchema, nameSchema } from './body.ts';
import type { CounterFilter } from './types.ts';

const STATES = [
  'accepted',
  'rejected',
  'unrouted',
  'waiting',
  'running',
  'sleeping',
  'held',
  'delivered',
  'filtered',
  'dead',
] as const;

/** What each counter of Home counts, as the states that the store searches by. */
export const COUNTER_STATES: Readonly<Record<CounterFilter, readonly NonNullable<MessageQuery['state']>[]>> =
  {
    filtered: ['filtered', 'unrouted'],
    queued: ['waiting', 'running', 'sleeping', 'held'],
    sent: ['delivered'],
    errored: ['dead', 'rejected'],
  };

export const searchSchema = z.strictObject({
  site: nameSchema.optional(),
  connection: nameSchema.optional(),
  controlId: nameSchema.optional(),
  patient: nameSchema.optional(),
  person: z.strictObject({ family: nameSchema, born: z.string().regex(/^\d{4}-?\d{2}-?\d{2}$/) }).optional(),
  type: nameSchema.optional(),
  state: z.enum(STATES).optional(),
  counter: z.enum(['filtered', 'queued', 'sent', 'errored']).optional(),
  flow: nameSchema.optional(),
  from: z.number().int().nonnegative().optional(),
  to: z.number().int().nonnegative().optional(),
  before: idSchema.optional(),
  limit: z.number().int().min(1).max(500).default(50),
});

export type SearchBody = z.output<typeof searchSchema>;

/** Free text: within a time, and not for one patient as well (a patient's messages are few: open them). */
export const scanSchema = searchSchema.omit({ patient: true, person: true }).extend({
  text: z.string().min(2).max(200),
  from: z.number().int().nonnegative(),
  to: z.number().int().nonnegative(),
});

export type ScanBody = z.output<typeof scanSchema>;

/** One page of a scan. A counter counts several states: what is found is held against them. */
export async function scanMessages(
  store: Store,
  body: ScanBody,
): Promise<{ readonly query: ScanQuery; readonly page: ScanPage }> {
  const { counter, ...rest } = body;
  const query = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as unknown as ScanQuery;
  const page = await store.scan(query);
  if (counter === undefined) return { query, page };
  const states: readonly string[] = COUNTER_STATES[counter];
  const counts = (row: MessageRow): boolean =>
    states.includes(row.state) ||
    (states.includes('unrouted') && row.planned === 0 && row.state === 'accepted') ||
    row.deliveries.some(({ state }) => states.includes(state));
  return { query, page: { ...page, rows: page.rows.filter(counts) } };
}

/** Decimal ids, newest first. */
function newestFirst(a: { id: string }, b: { id: string }): number {
  return b.id.length - a.id.length || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/**
 * One question to the store for each patient key and state asked for; merged by id, so that keyset paging
 * holds over all of them. `keys`: the hashes under which a typed identifier may be indexed.
 */
export async function searchMessages(
  store: Store,
  body: SearchBody,
  keys: readonly string[] | null,
): Promise<Page<MessageRow>> {
  const { patient: _typed, person: _person, counter, state, ...rest } = body;
  const states =
    state !== undefined ? [state] : counter !== undefined ? COUNTER_STATES[counter] : [undefined];
  const queries: MessageQuery[] = (keys ?? [undefined]).flatMap((key) =>
    states.map((one) => ({
      ...(Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined)) as {
        limit: number;
      }),
      ...(key === undefined ? {} : { patient: key }),
      ...(one === undefined ? {} : { state: one }),
    })),
  );
  const pages = await Promise.all(queries.map((query) => store.search(query)));
  const [only] = pages;
  if (pages.length === 1 && only) return only;
  const rows = [...new Map(pages.flatMap((page) => page.rows).map((row) => [row.id, row])).values()].sort(
    newestFirst,
  );
  const shown = rows.slice(0, body.limit);
  const more = rows.length > shown.length || pages.some((page) => page.before !== null);
  return { rows: shown, before: more ? (shown.at(-1)?.id ?? null) : null };
}
