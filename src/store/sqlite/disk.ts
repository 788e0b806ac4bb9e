/**
 * Groups on their way to the disk. A group is run and committed to the log while the log is still being synced for the one
 * before it; nobody is told of it until a sync that began after its commit has returned. So the writing thread works
 * while the disk does: a third more acknowledged messages where a sync takes as long as a group's own work.
 *
 * SQLite would sync within COMMIT (`synchronous=FULL`), and the thread would wait. Here it runs with `synchronous=NORMAL`,
 * which leaves out that one sync and keeps those around checkpoints that a file needs to stay whole
 * (sqlite.org/pragma.html#pragma_synchronous), and this file does what was left out.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILE } from './database.ts';

/** The write-ahead log, to be synced. */
export interface Log {
  sync(done: (error: Error | null) => void): void;
  close(): void;
}

/** Opened anew whenever the database is: SQLite removes the log with its last connection. */
export function openLog(folder: string): Log {
  // Readable and writable: some systems sync no file that is only read.
  const file = openSync(join(folder, `${DATABASE_FILE}-wal`), 'r+');
  return {
    sync: (done) => fdatasync(file, done),
    close: () => closeSync(file),
  };
}

/** A group that was committed to the log. */
export interface Written {
  /** False: nothing was changed, so there is nothing to wait for but the groups before. */
  readonly changed: boolean;
  readonly log: Log;
  /** It is on the disk, or the disk refused. */
  readonly ended: (error: Error | null) => void;
}

export interface Pipeline {
  /** True while a group may be run: one is under way to the disk at most, and none waits behind it. */
  readonly free: boolean;
  push(written: Written): void;
  /** Calls back at once, or when everything has ended. */
  whenIdle(done: () => void): void;
}

/** @param turn called when it has become free. */
export function openPipeline(turn: () => void): Pipeline {
  let under: Written | undefined;
  let behind: Written | undefined;
  const idle: (() => void)[] = [];

  const start = (written: Written): void => {
    under = written;
    if (written.changed) written.log.sync((error) => end(written, error));
    else end(written, null);
  };
  const end = (written: Written, error: Error | null): void => {
    under = undefined;
    const next = behind;
    behind = undefined;
    written.ended(error);
    if (next !== undefined) {
      // What was built on a group that the disk refused is refused with it.
      if (error === null) start(next);
      else end(next, error);
      if (error !== null) return;
    }
    if (under === undefined) {
      for (const done of idle.splice(0)) done();
    }
    turn();
  };

  return {
    get free() {
      return behind === undefined;
    },
    push(written) {
      if (under === undefined) start(written);
      else behind = written;
    },
    whenIdle(done) {
      if (under === undefined) done();
      else idle.push(done);
    },
  };
}
