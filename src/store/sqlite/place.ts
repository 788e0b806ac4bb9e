/**
 * Whether the data file is still where it was opened. A file that was removed or moved can be written and synced all the same as
 * long as it is open, and what is promised then is found by nobody after the next start.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Failure } from '../../std/index.ts';
import { storeFailure } from '../failures.ts';
import { DATABASE_FILE } from './database.ts';

export interface Place {
  /** Before a transaction, so that none is written there: gone for as long as the file is not back. 2 microseconds. */
  trouble(): Failure | undefined;
  /** Before its answers: what was written in the meantime may be nowhere, and who knows of it and who does not can no longer be told. */
  troubleAfterCommit(): Failure | undefined;
}

/** Of the file that is there now. */
export function watchPlace(folder: string): Place {
  const path = join(folder, DATABASE_FILE);
  const identity = (): string | undefined => {
    try {
      const { dev, ino } = statSync(path);
      return `${dev}:${ino}`;
    } catch {
      return undefined;
    }
  };
  const opened = identity();
  let lost: Failure | undefined;
  const look = (): Failure | undefined =>
    identity() === opened
      ? undefined
      : storeFailure('STORE_GONE', `The data folder ${folder} is no longer there.`);
  return {
    trouble: () => lost ?? look(),
    troubleAfterCommit() {
      if (look() !== undefined)
        lost = storeFailure(
          'STORE_GONE',
          `The data folder ${folder} was taken away while it was written; nothing more is written before a restart.`,
        );
      return lost;
    },
  };
}
