/** The audit trail's rows; see audit-chain.ts. */
import {
  AUDIT_START,
  type AuditColumns,
  auditPage,
  chainCheck,
  headText,
  nextInChain,
} from '../audit-chain.ts';
import type { AuditEntry, AuditRow, Page } from '../contract.ts';
import type { View } from './desk.ts';

const ADD = 'INSERT INTO audit (id, at, who, act, subject, facts, hash) VALUES (?, ?, ?, ?, ?, ?, ?)';
const LAST = 'SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1';
const HEAD = "SELECT value FROM meta WHERE name = 'audit_head'";
const PUT_HEAD =
  "INSERT INTO meta (name, value) VALUES ('audit_head', ?) ON CONFLICT DO UPDATE SET value = excluded.value";
const PAGE = 'SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?';
const ALL = 'SELECT * FROM audit ORDER BY id';

export interface AuditLog {
  add(entries: readonly AuditEntry[]): void;
  /** Writes the head; inside the transaction. */
  flush(): void;
  /** The head again from rows: after a rollback. */
  reload(): void;
}

export function auditWriter(view: View): AuditLog {
  const { database, vault } = view;
  const add = database.prepare(ADD);
  const last = database.prepare(LAST);
  const putHead = database.prepare(PUT_HEAD);
  let head = AUDIT_START;
  let written = true;
  const reload = (): void => {
    const row = last.get();
    head = row ? { id: row.id as number, hash: row.hash as string } : AUDIT_START;
    written = true;
  };
  reload();
  return {
    add(entries) {
      for (const entry of entries) {
        const row = nextInChain(head, entry);
        add.run(row.id, row.at, row.who, row.act, row.subject, row.facts, row.hash);
        head = row;
        written = false;
      }
    },
    flush() {
      if (!written) putHead.run(headText(vault.keyedHash, head));
      written = true;
    },
    reload,
  };
}

export function auditReader(view: View) {
  const page = view.database.prepare(PAGE);
  const all = view.database.prepare(ALL);
  const headRow = view.database.prepare(HEAD);
  return {
    page(query: { readonly before?: string; readonly limit: number }): Page<AuditRow> {
      const before = query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before);
      return auditPage(page.all(before, query.limit) as unknown as AuditColumns[], query.limit);
    },
    verify(): readonly string[] {
      const check = chainCheck(view.vault.keyedHash);
      for (const row of all.iterate()) check.look(row as unknown as AuditColumns);
      return check.end(headRow.get()?.value as string | undefined);
    },
  };
}
