import { chmodSync, closeSync, existsSync, fstatSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Failure } from '../../std/index.ts';
import { storeFailure } from '../failures.ts';

export const DATABASE_FILE = 'suture.db';

/** Wait this long for another writer (a backup tool, a shell) before the write is refused, in milliseconds. */
const BUSY_TIMEOUT = 2_000;

/** The log is written back into the file by another thread (log.ts); the writer does it alone only when that fails. */
const WRITER_PRAGMAS = `
PRAGMA page_size = 8192;
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = 16000;
PRAGMA journal_size_limit = 134217728;
PRAGMA cache_size = -65536;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
`;
const READER_PRAGMAS = `
PRAGMA query_only = ON;
PRAGMA cache_size = -32768;
PRAGMA temp_store = MEMORY;
PRAGMA trusted_schema = OFF;
`;

/** The folder, for its user alone; SQLite gives -wal and -shm the mode of the file. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    privateFile(join(folder, DATABASE_FILE));
  } catch (error) {
    throw unusable(error);
  }
}

/** The system refused to make or change something in the folder. */
export const unusable = (error: unknown): Failure =>
  storeFailure(
    'STORE_UNOPENED',
    `The data folder cannot be used (${(error as NodeJS.ErrnoException).code}).`,
    error,
  );

/**
 * Creates the file if need be, readable by its user alone. A file that exists is not opened: closing it
 * again would drop every lock that this process holds on it (POSIX), SQLite's own included.
 */
export function privateFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

export function openWriter(folder: string, file = DATABASE_FILE): DatabaseSync {
  const database = new DatabaseSync(join(folder, file), { timeout: BUSY_TIMEOUT });
  database.exec(WRITER_PRAGMAS);
  return database;
}

/** What the log begins with; it grows to 8,000 pages of 8 KiB (log.ts) and what comes while it is written back, and stays so long. */
const LOG_BYTES = 40 * 1024 * 1024;

/**
 * Fills the write-ahead log with zeros up to its usual size. Syncing bytes that overwrite costs 0.15 to 0.5 ms, syncing a
 * file that grows 0.4 to 1.8 ms (ext4, 0.1 and 0.8 MB a sync): 4 % more messages a second on a quiet disk. SQLite reads
 * zeros as the end of its log, takes the room as it comes, and deletes the log when it closes.
 */
export function reserveLog(folder: string): void {
  try {
    const log = openSync(join(folder, `${DATABASE_FILE}-wal`), 'a', 0o600);
    try {
      const zeros = new Uint8Array(1024 * 1024);
      for (let size = fstatSync(log).size; size < LOG_BYTES; size += zeros.length) writeSync(log, zeros);
    } finally {
      closeSync(log);
    }
  } catch {
    // A disk that refuses it is told by the first write that matters.
  }
}

export function openReader(folder: string, file = DATABASE_FILE): DatabaseSync {
  const database = new DatabaseSync(join(folder, file), { readOnly: true, timeout: BUSY_TIMEOUT });
  database.exec(READER_PRAGMAS);
  return database;
}
