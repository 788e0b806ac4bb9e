/**
 * Calls that were answered in the request (CDS Hooks), and what was said of the answers afterwards. They stand in no
 * lane and are tried once, so they are rows of their own: written after the answer went out.
 */
import type { Json } from '../std/index.ts';

export type ExchangeKind = 'call' | 'feedback';

export interface Exchange {
  readonly id: string;
  readonly kind: ExchangeKind;
  /** When the call came; milliseconds since 1970. */
  readonly at: number;
  /** Until the answer. */
  readonly ms: number;
  readonly site: string;
  readonly connection: string;
  readonly flow: string;
  /** Of the flow's value that answered. */
  readonly flowVersion: string;
  readonly service: string;
  readonly hook: string;
  /**
   * `answered`: with what the flow said, cards or none; `late`: past its deadline, with no cards; `failed`: the flow
   * failed, no cards; `kept`: feedback.
   */
  readonly outcome: 'answered' | 'late' | 'failed' | 'kept';
  /** Cards in the answer, or entries of feedback. */
  readonly cards: number;
  /** Of the failure, if any. */
  readonly code: string | null;
}

export interface ExchangeQuery {
  readonly site?: string;
  readonly service?: string;
  readonly kind?: ExchangeKind;
  /** Those before this id; ids are told newest first. */
  readonly before?: string;
  readonly limit: number;
}

/** As a database gives it back. */
export interface ExchangeRow extends Omit<Exchange, 'id' | 'flowVersion'> {
  readonly id: number;
  readonly flow_version: string;
}

export const exchangeFrom = ({ id, flow_version: flowVersion, ...row }: ExchangeRow): Exchange => ({
  ...row,
  id: String(id),
  flowVersion,
});

/** What every store has for them. */
export interface Exchanges {
  /** The body (request and answer, without the caller's token) is sealed. Gives the id. */
  keepExchange(exchange: Omit<Exchange, 'id'>, body: Json): Promise<string>;
  /** The newest first. */
  exchanges(
    query: ExchangeQuery,
  ): Promise<{ readonly rows: readonly Exchange[]; readonly before: string | null }>;
  /** Reading it for a person is an audited act: the caller writes the entry. */
  exchangeBody(id: string): Promise<Json | null>;
  /** Removes at most `limit` that came before this time; gives how many. */
  pruneExchanges(request: {
    readonly site?: string;
    readonly before: number;
    readonly limit: number;
  }): Promise<number>;
}

/** The page that rows make, asked for with one row more than the limit. */
export function exchangePage(
  rows: readonly Exchange[],
  limit: number,
): { readonly rows: readonly Exchange[]; readonly before: string | null } {
  const page = rows.slice(0, limit);
  return { rows: page, before: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
}
