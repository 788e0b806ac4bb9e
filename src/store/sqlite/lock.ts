/**
 * One process for one data folder. The lock is a write transaction on a small database of its own, held open
 * for life: the system takes it back when the process dies, however it dies.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeFailure } from '../failures.ts';
import { privateFile } from './database.ts';

export const LOCK_FILE = 'suture.lock';

const OWNER_TABLE =
  'CREATE TABLE IF NOT EXISTS owner (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL) STRICT';
const SET_OWNER = 'INSERT INTO owner VALUES (1, ?) ON CONFLICT DO UPDATE SET pid = excluded.pid';
const OWNER = 'SELECT pid FROM owner';

/** @throws Failure `STORE_IN_USE` with the other's process id when it is known. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  privateFile(path);
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN IMMEDIATE');
    database.exec(OWNER_TABLE);
    database.prepare(SET_OWNER).run(process.pid);
    database.exec('COMMIT');
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    const pid = ownerOf(database);
    database.close();
    const whom = pid === undefined ? 'another process' : `process ${pid}`;
    throw storeFailure('STORE_IN_USE', `The data folder is in use by ${whom}.`, error);
  }
  return () => database.close();
}

function ownerOf(database: DatabaseSync): number | undefined {
  try {
    return (database.prepare(OWNER).get() as { pid: number } | undefined)?.pid;
  } catch {
    return undefined;
  }
}
