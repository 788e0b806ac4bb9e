/** Calls answered in the request, and feedback. */
import type { Json } from '../../std/index.ts';
import { type Exchange, type ExchangeQuery, exchangePage } from '../exchanges.ts';
import type { State } from './state.ts';

export interface KeptExchange {
  readonly exchange: Exchange;
  readonly body: Json;
}

export function keepExchange(state: State, exchange: Omit<Exchange, 'id'>, body: Json): string {
  state.last.exchange += 1;
  const id = String(state.last.exchange);
  state.exchanges.set(id, { exchange: { ...exchange, id }, body: structuredClone(body) });
  return id;
}

export function exchangesOf(state: State, { site, service, kind, before, limit }: ExchangeQuery) {
  const rows = [...state.exchanges.values()]
    .map(({ exchange }) => exchange)
    .filter((each) => site === undefined || each.site === site)
    .filter((each) => service === undefined || each.service === service)
    .filter((each) => kind === undefined || each.kind === kind)
    .filter((each) => before === undefined || Number(each.id) < Number(before))
    .reverse();
  return exchangePage(rows, limit);
}

export function pruneExchanges(
  state: State,
  { site, before, limit }: { readonly site?: string; readonly before: number; readonly limit: number },
): number {
  const old = [...state.exchanges.values()]
    .filter(({ exchange }) => exchange.at < before && (site === undefined || exchange.site === site))
    .slice(0, limit);
  for (const { exchange } of old) state.exchanges.delete(exchange.id);
  return old.length;
}
