/** Committed positions of pollers. Sealed: a position may name a patient. */
import type { Json } from '../../std/index.ts';
import type { CursorMove, CursorRow } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { byPlace } from '../learning.ts';
import { type Desk, openJson, sealJson } from './desk.ts';
import type { Ask } from './session.ts';

const CURSOR = 'SELECT version, sealed FROM cursor WHERE connection = $1 AND name = $2';
const PUT = `
INSERT INTO cursor (connection, name, version, sealed, moved_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (connection, name) DO UPDATE
SET version = excluded.version, sealed = excluded.sealed, moved_at = excluded.moved_at`;
const ALL = 'SELECT connection, name, version, sealed, moved_at FROM cursor';

interface CursorColumns {
  readonly version: number;
  readonly sealed: Uint8Array;
}

/** Under the connection's lock: nobody else moves it meanwhile. */
export async function moveCursor(
  { dictionary, keys }: Desk,
  ask: Ask,
  site: string,
  connection: string,
  move: CursorMove,
): Promise<void> {
  const id = dictionary.connection(site, connection);
  const [row] = await ask<CursorColumns>(CURSOR, [id, move.name]);
  const now = row?.version ?? 0;
  if (now !== move.expect) {
    throw storeFailure(
      'STORE_CURSOR_MOVED',
      `The cursor ${move.name} of ${site} / ${connection} is at version ${now}, not ${move.expect}.`,
    );
  }
  const sealed = sealJson(keys, 'cursor', `${id}:${move.name}`, move.value);
  await ask(PUT, [id, move.name, now + 1, sealed, move.at ?? 0]);
}

export function cursorReader({ dictionary, keys, read }: Desk) {
  return async (
    site: string,
    connection: string,
    name: string,
  ): Promise<{ readonly value: Json; readonly version: number } | null> => {
    const id = await dictionary.findConnection(site, connection);
    const [row] = id === undefined ? [] : await read<CursorColumns>(CURSOR, [id, name]);
    if (!row) return null;
    await keys.fetch([row.sealed]);
    return { value: openJson(keys, 'cursor', `${id}:${name}`, row.sealed) as Json, version: row.version };
  };
}

export function cursorLister({ dictionary, keys, read }: Desk) {
  return async (site?: string): Promise<readonly CursorRow[]> => {
    const rows = await read<
      CursorColumns & { readonly connection: number; readonly name: string; readonly moved_at: number }
    >(ALL, []);
    await dictionary.fetch(
      rows.map(({ connection }) => connection),
      [],
    );
    await keys.fetch(rows.map(({ sealed }) => sealed));
    return rows
      .map(({ connection, name, version, sealed, moved_at: movedAt }) => {
        const value = openJson(keys, 'cursor', `${connection}:${name}`, sealed) as Json;
        const place = dictionary.connectionAt(connection);
        return { site: place.site, connection: place.connection, name, value, version, movedAt };
      })
      .filter((row) => (site ?? row.site) === row.site)
      .sort(byPlace);
  };
}
