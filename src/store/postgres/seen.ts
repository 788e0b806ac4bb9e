/** What was seen of each resource. Identities (visit numbers, resource ids) are kept as keyed hashes only. */
import type { Append } from '../contract.ts';
import type { Desk } from './desk.ts';
import type { Ask } from './session.ts';

const PUT = {
  name: 'seen',
  text: `INSERT INTO seen (key, hash) SELECT * FROM unnest($1::text[], $2::text[]) AS u (key, hash) ORDER BY key
ON CONFLICT (key) DO UPDATE SET hash = excluded.hash`,
};
const HASHES = 'SELECT key, hash FROM seen WHERE key = ANY ($1)';

export async function markSeen({ keys }: Desk, ask: Ask, units: readonly Append[]): Promise<void> {
  const marks = new Map<string, string>();
  for (const { site, seen } of units) {
    for (const mark of seen ?? []) {
      marks.set(keys.vault.keyedHash('seen', site, mark.resource, mark.identity), mark.hash);
    }
  }
  if (marks.size > 0) await ask(PUT, [[...marks.keys()], [...marks.values()]]);
}

export function seenReader({ keys, read }: Desk) {
  return async (
    site: string,
    resource: string,
    identities: readonly string[],
  ): Promise<ReadonlyMap<string, string>> => {
    const byKey = new Map(
      identities.map((identity) => [keys.vault.keyedHash('seen', site, resource, identity), identity]),
    );
    const rows = await read<{ key: string; hash: string }>(HASHES, [[...byKey.keys()]]);
    const found = new Map(rows.map((row) => [byKey.get(row.key) as string, row.hash]));
    return new Map(
      identities.flatMap((identity): [string, string][] => {
        const hash = found.get(identity);
        return hash === undefined ? [] : [[identity, hash]];
      }),
    );
  };
}
