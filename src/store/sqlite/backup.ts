import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup } from 'node:sqlite';
import { DATABASE_FILE, openReader, privateFile } from './database.ts';
import { HISTORY_FOLDER, periodFile, periodNames } from './periods.ts';

/**
 * A copy of the data folder as it is at one moment, as a data folder of its own. The live file is copied last: what it
 * counts of a period file is then in that file's copy. The key is not part of it.
 */
export async function backUp(folder: string, to: string): Promise<void> {
  const history = join(to, HISTORY_FOLDER);
  // Period files of an older copy would be taken for those of this one.
  rmSync(history, { recursive: true, force: true });
  for (const name of periodNames(folder)) {
    mkdirSync(history, { recursive: true, mode: 0o700 });
    await copyFile(folder, to, periodFile(name));
  }
  mkdirSync(to, { recursive: true, mode: 0o700 });
  await copyFile(folder, to, DATABASE_FILE);
}

/** All pages in one step: in several, each commit in between would start the copy anew. */
async function copyFile(folder: string, to: string, file: string): Promise<void> {
  const path = join(to, file);
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  privateFile(unfinished);
  const source = openReader(folder, file);
  try {
    await backup(source, unfinished, { rate: 2 ** 31 - 1 });
  } finally {
    source.close();
  }
  chmodSync(unfinished, 0o600);
  for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
  renameSync(unfinished, path);
}
