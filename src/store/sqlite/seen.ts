/** What was seen of each resource. Identities (visit numbers, resource ids) are kept as keyed hashes only. */
import type { Append, SeenMark } from '../contract.ts';
import { scopeOf } from '../learning.ts';
import type { Desk, View } from './desk.ts';

const PUT = 'INSERT INTO seen (key, hash) VALUES (?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash';
const PUT_COUNTED = `
INSERT INTO seen (key, hash, scope, census) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET hash = excluded.hash, scope = excluded.scope, census = max(census, excluded.census)`;
const HASH = 'SELECT hash FROM seen WHERE key = ?';
const GONE = `UPDATE seen SET hash = 'gone' WHERE scope = ? AND census < ? AND hash <> 'gone'`;
const UNCOUNTED = `SELECT count(*) AS count FROM seen WHERE scope = ? AND census < ? AND hash <> 'gone'`;

export function seenWriter({ database, vault }: Desk) {
  const put = database.prepare(PUT);
  const putCounted = database.prepare(PUT_COUNTED);
  return (site: string, { resource, identity, hash, census }: SeenMark): void => {
    const key = vault.keyedHash('seen', site, resource, identity);
    if (census === undefined) put.run(key, hash);
    else putCounted.run(key, hash, scopeOf(site, resource), census);
  };
}

export function goneWriter({ database }: Desk) {
  const gone = database.prepare(GONE);
  return (site: string, { resource, before }: NonNullable<Append['gone']>): void => {
    gone.run(scopeOf(site, resource), before);
  };
}

/** Pairs of identity and hash, for those that were seen. */
export function seenReader({ database, vault }: View) {
  const hash = database.prepare(HASH);
  return (site: string, resource: string, identities: readonly string[]): [string, string][] =>
    identities.flatMap((identity): [string, string][] => {
      const row = hash.get(vault.keyedHash('seen', site, resource, identity));
      return row ? [[identity, row.hash as string]] : [];
    });
}

export function uncountedReader({ database }: View) {
  const count = database.prepare(UNCOUNTED);
  return (site: string, resource: string, before: number): number =>
    (count.get(scopeOf(site, resource), before) as { count: number }).count;
}
