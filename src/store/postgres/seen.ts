/** What was seen of each resource. Identities (visit numbers, resource ids) are kept as keyed hashes only. */
import type { Append, SeenMark } from '../contract.ts';
import { scopeOf } from '../learning.ts';
import type { Desk } from './desk.ts';
import type { Ask } from './session.ts';

const PUT = {
  name: 'seen',
  text: `INSERT INTO seen (key, hash) SELECT * FROM unnest($1::text[], $2::text[]) AS u (key, hash) ORDER BY key
ON CONFLICT (key) DO UPDATE SET hash = excluded.hash`,
};
const PUT_COUNTED = {
  name: 'seen-counted',
  text: `INSERT INTO seen (key, hash, scope, census)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS u (key, hash, scope, census) ORDER BY key
ON CONFLICT (key) DO UPDATE
SET hash = excluded.hash, scope = excluded.scope, census = greatest(seen.census, excluded.census)`,
};
const GONE = `UPDATE seen SET hash = 'gone' WHERE scope = $1 AND census < $2 AND hash <> 'gone'`;
const UNCOUNTED = `SELECT count(*)::integer AS count FROM seen WHERE scope = $1 AND census < $2 AND hash <> 'gone'`;
const HASHES = 'SELECT key, hash FROM seen WHERE key = ANY ($1)';

export async function markSeen({ keys }: Desk, ask: Ask, units: readonly Append[]): Promise<void> {
  const marks = new Map<string, SeenMark & { readonly site: string }>();
  for (const { site, seen } of units) {
    for (const mark of seen ?? []) {
      marks.set(keys.vault.keyedHash('seen', site, mark.resource, mark.identity), { ...mark, site });
    }
  }
  const counted = [...marks].filter(([, { census }]) => census !== undefined);
  const plain = [...marks].filter(([, { census }]) => census === undefined);
  if (plain.length > 0) await ask(PUT, [plain.map(([key]) => key), plain.map(([, { hash }]) => hash)]);
  if (counted.length > 0) {
    await ask(PUT_COUNTED, [
      counted.map(([key]) => key),
      counted.map(([, { hash }]) => hash),
      counted.map(([, { site, resource }]) => scopeOf(site, resource)),
      counted.map(([, { census }]) => census),
    ]);
  }
  for (const { site, gone } of units) {
    if (gone) await ask(GONE, [scopeOf(site, gone.resource), gone.before]);
  }
}

export function uncountedReader({ read }: Desk) {
  return async (site: string, resource: string, before: number): Promise<number> => {
    const [row] = await read<{ count: number }>(UNCOUNTED, [scopeOf(site, resource), before]);
    return row?.count ?? 0;
  };
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
