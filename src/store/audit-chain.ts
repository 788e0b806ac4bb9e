/**
 * The audit trail's chain of hashes, the same in every store that keeps it in rows. A row that is changed, removed, added or
 * moved breaks the chain; whoever computes the chain anew, or cuts its end off, cannot compute the head without the key.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../std/index.ts';
import type { AuditEntry, AuditRow, Page } from './contract.ts';

export interface AuditColumns {
  readonly id: number;
  readonly at: number;
  readonly who: string;
  readonly act: string;
  readonly subject: string;
  readonly facts: string | null;
  readonly hash: string;
}

/** The newest row. */
export interface AuditHead {
  readonly id: number;
  readonly hash: string;
}

export const AUDIT_START: AuditHead = { id: 0, hash: '' };

/** The vault's keyed hash. */
type KeyedHash = (...parts: readonly string[]) => string;

/** The row that follows. */
export function nextInChain(head: AuditHead, { at, who, act, on, facts }: AuditEntry): AuditColumns {
  const entry: AuditEntry = { at, who, act, on, ...(facts === undefined ? {} : { facts }) };
  const id = head.id + 1;
  const kept = facts === undefined ? null : JSON.stringify(facts);
  return { id, at, who, act, subject: on, facts: kept, hash: chained(head.hash, id, entry) };
}

/** What stands in `meta` of the newest row. */
export const headText = (keyedHash: KeyedHash, head: AuditHead): string =>
  `${head.id} ${head.hash} ${keyedHash('audit head', String(head.id), head.hash)}`;

/** @param rows Newest first, read with this limit. */
export function auditPage(rows: readonly AuditColumns[], limit: number): Page<AuditRow> {
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => ({ id: String(row.id), ...entryFrom(row), hash: row.hash })),
    before: last && rows.length === limit ? String(last.id) : null,
  };
}

/** Looks at rows, oldest first, as they are read; names those at which the chain breaks. */
export function chainCheck(keyedHash: KeyedHash) {
  const breaks: string[] = [];
  let previous = AUDIT_START;
  return {
    /** The last row looked at. */
    get last(): AuditHead {
      return previous;
    },
    look(row: AuditColumns): void {
      if (row.id !== previous.id + 1 || !sound(previous.hash, row)) breaks.push(String(row.id));
      previous = { id: row.id, hash: row.hash };
    },
    /** @param stored The head as it stands in `meta`. */
    end(stored: string | undefined): readonly string[] {
      const expected = previous.id === 0 ? undefined : headText(keyedHash, previous);
      if (stored !== expected) {
        // The head tells of rows that are not there, or of others than those: named is the row it speaks of.
        const named = stored === undefined ? String(previous.id) : (stored.split(' ')[0] as string);
        if (!breaks.includes(named)) breaks.push(named);
      }
      return breaks;
    },
  };
}

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

function sound(previous: string, row: AuditColumns): boolean {
  try {
    return chained(previous, row.id, entryFrom(row)) === row.hash;
  } catch {
    return false;
  }
}
