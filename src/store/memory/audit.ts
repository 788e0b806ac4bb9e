/** The audit trail: a chain of hashes. */
import { contentHash } from '../../std/index.ts';
import type { AuditEntry, AuditRow, Page } from '../contract.ts';
import type { State } from './state.ts';

const chained = (previous: string, id: string, { at, who, act, on, facts }: AuditEntry): string =>
  contentHash([previous, id, { at, who, act, on, facts }]);

export function addAudit(state: State, entries: readonly AuditEntry[]): void {
  for (const entry of entries) {
    const id = String(state.audit.length + 1);
    state.audit.push({ id, ...entry, hash: chained(state.audit.at(-1)?.hash ?? '', id, entry) });
  }
}

export function auditPage(
  state: State,
  query: { readonly before?: string; readonly limit: number },
): Page<AuditRow> {
  const end = query.before === undefined ? state.audit.length : Number(query.before) - 1;
  const rows = state.audit.slice(Math.max(0, end - query.limit), end).reverse();
  return { rows, before: rows.length === query.limit ? (rows.at(-1)?.id ?? null) : null };
}

export function auditBreaks(state: State): readonly string[] {
  return state.audit
    .filter((row, at) => chained(state.audit[at - 1]?.hash ?? '', row.id, row) !== row.hash)
    .map(({ id }) => id);
}
