/**
 * The audit trail: a chain of hashes over all nodes, and its head under a keyed hash in `meta`. Whoever adds to it holds
 * the chain until its transaction has ended.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../std/index.ts';
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

const headText = ({ keys }: Desk, head: Head): string =>
  `${head.id} ${head.hash} ${keys.vault.keyedHash('audit head', String(head.id), head.hash)}`;

/** Within a transaction. */
export async function addAudit(desk: Desk, ask: Ask, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await ask(LOCK);
  const [row] = await ask<Head>(LAST);
  let head = row ?? START;
  for (const { at, who, act, on, facts } of entries) {
    const entry: AuditEntry = { at, who, act, on, ...(facts === undefined ? {} : { facts }) };
    const id = head.id + 1;
    const hash = chained(head.hash, id, entry);
    void ask(ADD, [id, at, who, act, on, facts === undefined ? null : JSON.stringify(facts), hash]);
    head = { id, hash };
  }
  await ask(PUT_HEAD, [headText(desk, head)]);
}

export function auditReader(desk: Desk) {
  const { read } = desk;
  return {
    async page(query: { readonly before?: string; readonly limit: number }): Promise<Page<AuditRow>> {
      const before = query.before === undefined ? Number.MAX_SAFE_INTEGER : Number(query.before);
      const rows = await read<AuditColumns>(PAGE, [before, query.limit]);
      const last = rows.at(-1);
      return {
        rows: rows.map((row) => ({ id: String(row.id), ...entryFrom(row), hash: row.hash })),
        before: last && rows.length === query.limit ? String(last.id) : null,
      };
    },
    async verify(): Promise<readonly string[]> {
      const breaks: string[] = [];
      let previous = START;
      let stored: string | undefined;
      for (;;) {
        // The head first: an entry that is added meanwhile is then ahead of it and is looked at in the next round.
        stored = (await read<{ value: string }>(HEAD))[0]?.value;
        const rows = await read<AuditColumns>(AFTER, [previous.id]);
        for (const row of rows) {
          if (row.id !== previous.id + 1 || !sound(previous.hash, row)) breaks.push(String(row.id));
          previous = { id: row.id, hash: row.hash };
        }
        if (rows.length === 0) break;
      }
      const expected = previous.id === 0 ? undefined : headText(desk, previous);
      if (stored !== expected) {
        const named = stored === undefined ? String(previous.id) : (stored.split(' ')[0] as string);
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
