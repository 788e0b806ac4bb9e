/** What was seen of each resource. Identities (visit numbers, resource ids) are kept as keyed hashes only. */
import type { SeenMark } from '../contract.ts';
import type { Desk, View } from './desk.ts';

const PUT = 'INSERT INTO seen (key, hash) VALUES (?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash';
const HASH = 'SELECT hash FROM seen WHERE key = ?';

export function seenWriter({ database, vault }: Desk) {
  const put = database.prepare(PUT);
  return (site: string, mark: SeenMark): void => {
    put.run(vault.keyedHash('seen', site, mark.resource, mark.identity), mark.hash);
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
