/** Committed positions of pollers. Sealed: a position may name a patient. */
import type { Json } from '../../std/index.ts';
import type { CursorMove } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { type Desk, openJson, sealJson } from './desk.ts';
import type { Ask } from './session.ts';

const CURSOR = 'SELECT version, sealed FROM cursor WHERE connection = $1 AND name = $2';
const PUT = `
INSERT INTO cursor (connection, name, version, sealed) VALUES ($1, $2, $3, $4)
ON CONFLICT (connection, name) DO UPDATE SET version = excluded.version, sealed = excluded.sealed`;

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
  await ask(PUT, [id, move.name, now + 1, sealJson(keys, 'cursor', `${id}:${move.name}`, move.value)]);
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
