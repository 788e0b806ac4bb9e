import type { WriteRow } from '../../api/types.ts';

/** What the address of the Writes screen holds: names and times, nothing of what was written. */
export interface WriteFilters {
  site?: string;
  flow?: string;
  state?: WriteStateOption;
  /** As typed: `2026-11-21T09:30`, in this browser's zone. */
  from?: string;
  to?: string;
  /** All that this message has led to. */
  message?: string;
  before?: string;
}

/** `open`: not settled. */
export const WRITE_STATES = ['unknown', 'open', 'done', 'refused'] as const;
export type WriteStateOption = (typeof WRITE_STATES)[number];

export interface ExchangeFilters {
  site?: string;
  service?: string;
  kind?: 'call' | 'feedback';
  before?: string;
}

/** Addresses are typed by people: what is not a filter is left out. Numbers in them are text to us. */
function textsOf<Key extends string>(
  search: Record<string, unknown>,
  keys: readonly Key[],
): Partial<Record<Key, string>> {
  const found: Partial<Record<Key, string>> = {};
  for (const key of keys) {
    const value = search[key];
    if ((typeof value === 'string' && value !== '') || typeof value === 'number') found[key] = String(value);
  }
  return found;
}

export function readWriteFilters(search: Record<string, unknown>): WriteFilters {
  const filters: WriteFilters = textsOf(search, ['site', 'flow', 'from', 'to', 'message', 'before']);
  if (WRITE_STATES.includes(search.state as WriteStateOption))
    filters.state = search.state as WriteStateOption;
  return filters;
}

export function readExchangeFilters(search: Record<string, unknown>): ExchangeFilters {
  const filters: ExchangeFilters = textsOf(search, ['site', 'service', 'before']);
  if (search.kind === 'call' || search.kind === 'feedback') filters.kind = search.kind;
  return filters;
}

export function momentOf(typed: string | undefined): number | undefined {
  const at = typed === undefined ? Number.NaN : new Date(typed).getTime();
  return Number.isNaN(at) ? undefined : at;
}

/** Which lists a choice of state asks for. */
export const asksFor = (state: WriteStateOption | undefined) => ({
  undecided: state === undefined || state === 'unknown' || state === 'open',
  underWay: state === undefined || state === 'open',
  ended: state === undefined || state === 'done' || state === 'refused',
});

/** The states of one message's writes that a choice means; `undefined`: all. */
export const statesOf = (state: WriteStateOption | undefined): string | undefined =>
  state === 'open' ? (['planned', 'sending', 'unknown'] satisfies WriteRow['state'][]).join() : state;
