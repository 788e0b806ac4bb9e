/**
 * The audit trail: a chain of hashes, and its head under a keyed hash in `meta`. A row that is changed,
 * removed, added or moved breaks the chain; whoever computes the chain anew, or cuts its end off, cannot
 * compute the head without the key.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../std/index.ts';
import type { AuditEntry, AuditRow, Page } from '../contract.ts';
import type { View } from './desk.ts';

const ADD = 'INSERT INTO audit (id, at, who, act, subject, facts, hash) VALUES (?, ?, ?, ?, ?, ?, ?)';
const LAST = 'SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1';
const HEAD = "SELECT value FROM meta WHERE name = 'audit_head'";
const PUT_HEAD =
  "INSERT INTO meta (name, value) VALUES ('audit_head', ?) ON CONFLICT DO UPDATE SET value = excluded.value";
const PAGE = 'SELECT * FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?';
const ALL = 'SELECT * FROM audit ORDER BY id';

interface AuditColumns {
  readonly id: number;
  readonly at: number;
  readonly who: string;
  readonly act: string;
  readonly subject: string;
  readonly facts: string | null;
  readonly hash: string;
}

interface Head {
  readonly id: number;
  readonly hash: string;
}

const START: Head = { id: 0, hash: '' };

function entryFrom(row: AuditColumns): AuditEntry {
  const facts =
    row.facts === null ? {} : { facts: JSON.parse(row.facts) as NonNullable<AuditEntry['facts']> };
  return { at: row.at, who: row.who, act: row.act, on: row.subject, ...facts };
}

function chained(previous: string, id: number, entry: AuditEntry): string {
  return createHash('sha256')
    .update(`${previous}\n${id}\n${canonicalJson(entry)}`)
    .digest('base64url');
}

const headText = (view: View, head: Head): string =>
  `${head.id} ${head.hash} ${view.vault.keyedHash('audit head', String(head.id), head.hash)}`;

export interface AuditLog {
  add(entries: readonly AuditEntry[]): void;
  /** Writes the head; inside the transaction. */
  flush(): void;
  /** The head again from rows: after a rollback. */
  reload(): void;
}

export function auditWriter(view: View): AuditLog {
  const { database } = view;
  const add = database.prepare(ADD);
  const last = database.prepare(LAST);
  const putHead = database.prepare(PUT_HEAD);
  let head = START;
  let written = true;
  const reload = (): void => {
    const row = last.get();
    head = row ? { id: row.id as number, hash: row.hash as string } : START;
    written = true;
  };
  reload();
  return {
    add(entries) {
      for (const { at, who, act, on, facts } of entries) {
        const entry: AuditEntry = { at, who, act, on, ...(facts === undefined ? {} : { facts }) };
        const id = head.id + 1;
        const hash = chained(head.hash, id, entry);
        add.run(id, at, who, act, on, facts === undefined ? null : JSON.stringify(facts), hash);
        head = { id, hash };
        written = false;
      }
    },
    flush() {
      if (!written) putHead.run(headText(view, head));
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
      const rows = page.all(before, query.limit) as unknown as AuditColumns[];
      const last = rows.at(-1);
      return {
        rows: rows.map((row) => ({ id: String(row.id), ...entryFrom(row), hash: row.hash })),
        before: last && rows.length === query.limit ? String(last.id) : null,
      };
    },
    verify(): readonly string[] {
      const breaks: string[] = [];
      let previous = START;
      for (const raw of all.iterate()) {
        const row = raw as unknown as AuditColumns;
        const follows = row.id === previous.id + 1;
        if (!follows || !sound(previous.hash, row)) breaks.push(String(row.id));
        previous = { id: row.id, hash: row.hash };
      }
      const stored = headRow.get()?.value;
      const expected = previous.id === 0 ? undefined : headText(view, previous);
      if (stored !== expected) {
        // The head tells of rows that are not there, or of others than those: named is the row it speaks of.
        const named = typeof stored === 'string' ? (stored.split(' ')[0] as string) : String(previous.id);
        if (!breaks.includes(named)) breaks.push(named);
      }
      return breaks;
    },
  };
}

function sound(previous: string, row: AuditColumns): boolean {
  try {
    return chained(previous, row.id, entryFrom(row)) === row.hash;
  } catch {
    return false;
  }
}
