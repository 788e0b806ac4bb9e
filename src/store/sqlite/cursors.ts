/** Committed positions of pollers. Sealed: a position may name a patient. */
import type { Json } from '../../std/index.ts';
import type { CursorMove, CursorRow } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { byPlace } from '../learning.ts';
import { type Desk, openJson, sealJson, type View } from './desk.ts';

const VERSION = 'SELECT version FROM cursor WHERE connection = ? AND name = ?';
const PUT = `
INSERT INTO cursor (connection, name, version, sealed, moved_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET version = excluded.version, sealed = excluded.sealed, moved_at = excluded.moved_at`;
const ALL = 'SELECT connection, name, version, sealed, moved_at FROM cursor';
const CURSOR = 'SELECT version, sealed FROM cursor WHERE connection = ? AND name = ?';

export function cursorWriter({ database, vault, dictionary }: Desk) {
  const version = database.prepare(VERSION);
  const put = database.prepare(PUT);
  return (connection: number, move: CursorMove): void => {
    const now = (version.get(connection, move.name) as { version: number } | undefined)?.version ?? 0;
    if (now !== move.expect) {
      const { site, connection: name } = dictionary.connectionAt(connection);
      throw storeFailure(
        'STORE_CURSOR_MOVED',
        `The cursor ${move.name} of ${site} / ${name} is at version ${now}, not ${move.expect}.`,
      );
    }
    put.run(
      connection,
      move.name,
      now + 1,
      sealJson(vault, 'cursor', `${connection}:${move.name}`, move.value),
      move.at ?? 0,
    );
  };
}

export function cursorReader({ database, vault, dictionary }: View) {
  const get = database.prepare(CURSOR);
  return (site: string, connection: string, name: string): { value: Json; version: number } | null => {
    const id = dictionary.findConnection(site, connection);
    const row =
      id === undefined
        ? undefined
        : (get.get(id, name) as { version: number; sealed: Uint8Array } | undefined);
    if (!row) return null;
    return { value: openJson(vault, 'cursor', `${id}:${name}`, row.sealed) as Json, version: row.version };
  };
}

export function cursorLister({ database, vault, dictionary }: View) {
  const all = database.prepare(ALL);
  // Through the thread's messages, what was left out comes as null.
  return (site?: string | null): readonly CursorRow[] =>
    (
      all.all() as unknown as {
        connection: number;
        name: string;
        version: number;
        sealed: Uint8Array;
        moved_at: number;
      }[]
    )
      .map(({ connection, name, version, sealed, moved_at: movedAt }) => {
        const place = dictionary.connectionAt(connection);
        const value = openJson(vault, 'cursor', `${connection}:${name}`, sealed) as Json;
        return { site: place.site, connection: place.connection, name, value, version, movedAt };
      })
      .filter((row) => (site ?? row.site) === row.site)
      .sort(byPlace);
}
