/**
 * Period files as readers see them. The catalogue in the live file says which there are and how far they count
 * (periods.ts); both are read on one snapshot, so that a message on its way from file to file is told once.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openReader } from './database.ts';
import type { View } from './desk.ts';
import { periodFile } from './periods.ts';

const CATALOGUE = `
SELECT name, batch, first_id, last_id FROM period WHERE dropped = 0 ORDER BY last_id DESC`;
/** Copied, and not yet gone from the live file. */
const ARRIVING = 'SELECT message FROM moved WHERE batch > ?';
/** Pruned, or brought back to the live file; their rows are removed here next. */
const LEAVING = 'SELECT message FROM leaving WHERE period = ?';

export interface Shelf {
  readonly name: string;
  readonly view: View;
  readonly firstId: number;
  readonly lastId: number;
  readonly hidden: { has(id: number): boolean; all(): readonly number[] };
}

export interface Shelves {
  /** The period files, those with the newest messages first. Within a transaction of the live file. */
  now(): readonly Shelf[];
  /** Ends the snapshots of the files that were read: after the transaction of the live file. */
  release(): void;
  close(): void;
}

interface Open {
  readonly database: DatabaseSync;
  readonly arriving: StatementSync;
  readonly shelf: { -readonly [Key in keyof Shelf]: Shelf[Key] };
  hidden: Set<number>;
  reading: boolean;
}

export function openShelves(folder: string, main: View): Shelves {
  const catalogue = main.database.prepare(CATALOGUE);
  const leaving = main.database.prepare(LEAVING);
  const open = new Map<string, Open>();
  let read: readonly Shelf[] | undefined;

  const openOne = (name: string): Open => {
    const database = openReader(folder, periodFile(name));
    const one: Open = {
      database,
      arriving: database.prepare(ARRIVING),
      hidden: new Set(),
      reading: false,
      shelf: {
        name,
        view: { database, vault: main.vault, dictionary: main.dictionary },
        firstId: 0,
        lastId: 0,
        hidden: { has: (id) => one.hidden.has(id), all: () => [...one.hidden] },
      },
    };
    open.set(name, one);
    return one;
  };

  return {
    now() {
      if (read) return read;
      const rows = catalogue.all() as { name: string; batch: number; first_id: number; last_id: number }[];
      for (const [name, one] of open) {
        if (rows.some((row) => row.name === name)) continue;
        one.database.close();
        open.delete(name);
      }
      read = rows.map((row) => {
        const one = open.get(row.name) ?? openOne(row.name);
        one.database.exec('BEGIN');
        one.reading = true;
        one.shelf.firstId = row.first_id;
        one.shelf.lastId = row.last_id;
        one.hidden = new Set([
          ...one.arriving.all(row.batch).map((arriving) => arriving.message as number),
          ...leaving.all(row.name).map((one) => one.message as number),
        ]);
        return one.shelf;
      });
      return read;
    },
    release() {
      read = undefined;
      for (const one of open.values()) {
        if (one.reading) one.database.exec('COMMIT');
        one.reading = false;
      }
    },
    close() {
      for (const one of open.values()) one.database.close();
      open.clear();
    },
  };
}
