/**
 * The audit trail's rows (see audit-chain.ts), one chain over all nodes. Whoever adds to it holds the chain until its
 * transaction has ended.
 */
import {
  AUDIT_START,
  type AuditColumns,
  type AuditHead,
  auditPage,
  chainCheck,
  headText,
  nextInChain,
} from '../audit-chain.ts';
import type { AuditEntry, AuditRow, Page } from '../contract.ts';
import type { Desk } from './desk.ts';
import type { Ask } from './session.ts';

const LOCK = 'SELECT pg_advisory_xact_lock(1937077362, 0)';
const LAST = 'SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1';
const ADD = 'INSERT INTO audit (id, at, who, act, subject, facts, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)';
const HEAD = "SELECT value FROM meta WHERE name = 'audit_head'";
const PUT_HEAD =
  "INSERT INTO meta (name, value) VALUES ('audit_head', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
const PAGE = 'SELECT * FROM audit WHERE id < $1 ORDER BY id DESC LIMIT $2';
const AFTER = 'SELECT * FROM audit WHERE id > $1 ORDER BY id LIMIT 5000';

/** Within a transaction. */
export async function addAudit(desk: Desk, ask: Ask, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await ask(LOCK);
  const [newest] = await ask<AuditHead>(LAST);
  let head = newest ?? AUDIT_START;
  for (const entry of entries) {
    const row = nextInChain(head, entry);
    void ask(ADD, [row.id, row.at, row.who, row.act, row.subject, row.facts, row.hash]);
    head = row;
  }
  await ask(PUT_HEAD, [headText(desk.keys.vault.keyedHash, head)]);
}

export function auditReader(desk: Desk) {
  const { read } = desk;
  return {
    async page(query: { readonly before?: string; readonly limit: number }): Promise<Page<AuditRow>> {
      const before = query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before);
      return auditPage(await read<AuditColumns>(PAGE, [before, query.limit]), query.limit);
    },
    async verify(): Promise<readonly string[]> {
      const check = chainCheck(desk.keys.vault.keyedHash);
      for (;;) {
        // The head first: an entry that is added meanwhile is then ahead of it and is looked at in the next round.
        const stored = (await read<{ value: string }>(HEAD))[0]?.value;
        const rows = await read<AuditColumns>(AFTER, [check.last.id]);
        if (rows.length === 0) return check.end(stored);
        for (const row of rows) check.look(row);
      }
    },
  };
}
