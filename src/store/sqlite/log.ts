/**
 * The write-ahead log goes back into the file in two parts. Another thread writes back what is there when it is asked, while
 * the writer goes on; then the writer does the rest, a few hundred pages, and its next commit begins the log anew. Alone, it
 * stood still for the whole of it, with every sender waiting.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DATABASE_FILE } from './database.ts';

/**
 * Pages in the log: random pages are written back once for many commits. More are no faster; but the rest that the writer does itself
 * takes 5 ms (the file is cut to its length, so its sync waits for the file system's own log), and comes half as often as with 4,000.
 */
const FULL_AT = 8_000;
/** Commits between two looks. */
const LOOK_AFTER = 16;
/** A log that could not be begun anew (somebody reads an old state) is tried again when it has grown by so much. */
const AGAIN_AFTER = 1_000;

/** What both pragmas answer, in pages. */
interface LogState {
  readonly log: number;
  readonly checkpointed: number;
}
const LOOK = 'PRAGMA wal_checkpoint(NOOP)';
const WRITE_BACK = 'PRAGMA wal_checkpoint(PASSIVE)';

/** Pages that the writer may be left to write back while all senders wait. */
const REST = 64;
/** Each time over, a tenth or so of the pages before has come meanwhile. */
const TIMES = 4;

/** On the other thread, on a connection of its own; what fails is left to the writer. */
export function writeBack(folder: string): void {
  const database = new DatabaseSync(join(folder, DATABASE_FILE));
  try {
    database.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL;');
    const back = database.prepare(WRITE_BACK);
    const look = database.prepare(LOOK);
    for (let times = 0; times < TIMES; times++) {
      back.get();
      const { log, checkpointed } = look.get() as unknown as LogState;
      if (log - checkpointed <= REST) break;
    }
  } finally {
    database.close();
  }
}

export interface Log {
  /** After a commit: true once when the log is long enough for the other thread. */
  full(): boolean;
  /** The other thread is done: the rest, outside of a transaction. */
  finish(): void;
}

export function watchLog(database: DatabaseSync): Log {
  const look = database.prepare(LOOK);
  const rest = database.prepare(WRITE_BACK);
  let commits = 0;
  let next = FULL_AT;
  let asked = false;
  const pages = (): number => look.get()?.log as number;
  return {
    full() {
      if (asked || ++commits < LOOK_AFTER) return false;
      commits = 0;
      const long = pages();
      if (long < FULL_AT) next = FULL_AT;
      asked = long >= next;
      return asked;
    },
    finish() {
      asked = false;
      const { log, checkpointed } = rest.get() as unknown as LogState;
      next = checkpointed < log ? log + AGAIN_AFTER : FULL_AT;
    },
  };
}
