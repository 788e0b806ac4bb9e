/**
 * One process for one data folder. The lock is a write transaction on a small database of its own, held open
 * for life: the system takes it back when the process dies, however it dies.
 */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { storeFailure } from '../failures.ts';
import { privateFile, unusable } from './database.ts';

export const LOCK_FILE = 'suture.lock';

const OWNER_TABLE = `
DROP TABLE IF EXISTS owner;
CREATE TABLE owner (one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL, host TEXT NOT NULL) STRICT`;
const SET_OWNER = 'INSERT INTO owner VALUES (1, ?, ?)';
const OWNER = 'SELECT pid, host FROM owner';

/** SQLite's word for a lock that another holds; anything else is the disk's. */
const BUSY = 5;

/**
 * @throws Failure `STORE_IN_USE` with the other's process id and host when they are known, `STORE_UNOPENED` when the lock's file
 * cannot be made; and what the disk says.
 */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  try {
    privateFile(path);
  } catch (error) {
    throw unusable(error);
  }
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN IMMEDIATE');
    database.exec(OWNER_TABLE);
    database.prepare(SET_OWNER).run(process.pid, hostname());
    database.exec('COMMIT');
    database.exec('BEGIN IMMEDIATE');
  } catch (error) {
    const isHeld = (error as { errcode?: number }).errcode === BUSY;
    const owner = isHeld ? ownerOf(database) : undefined;
    database.close();
    if (!isHeld) throw error;
    const whom = owner === undefined ? 'another process' : `process ${owner.pid} on ${owner.host}`;
    throw storeFailure('STORE_IN_USE', `The data folder is in use by ${whom}.`, error);
  }
  return () => database.close();
}

function ownerOf(database: DatabaseSync): { readonly pid: number; readonly host: string } | undefined {
  try {
    return database.prepare(OWNER).get() as { pid: number; host: string } | undefined;
  } catch {
    return undefined;
  }
}
