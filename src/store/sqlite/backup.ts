import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup } from 'node:sqlite';
import { DATABASE_FILE, openReader, privateFile } from './database.ts';
import { HISTORY_FOLDER, periodFile, periodNames } from './periods.ts';

/** Where a copy grows; what is there of an older one stays until it is whole. */
const UNFINISHED = 'unfinished';

/**
 * A copy of the data folder as it is at one moment, as a data folder of its own. The live file is copied last: what it
 * counts of a period file is then in that file's copy. The key is not part of it.
 */
export async function backUp(folder: string, to: string): Promise<void> {
  const growing = join(to, UNFINISHED);
  rmSync(growing, { recursive: true, force: true });
  mkdirSync(join(growing, HISTORY_FOLDER), { recursive: true, mode: 0o700 });
  const names = periodNames(folder);
  for (const name of names) await copyFile(folder, growing, periodFile(name));
  await copyFile(folder, growing, DATABASE_FILE);
  // First the older live file goes, last the new one comes: in between there is no copy that could be taken for one.
  for (const beside of ['', '-wal', '-shm']) rmSync(join(to, `${DATABASE_FILE}${beside}`), { force: true });
  rmSync(join(to, HISTORY_FOLDER), { recursive: true, force: true });
  if (names.length > 0) renameSync(join(growing, HISTORY_FOLDER), join(to, HISTORY_FOLDER));
  renameSync(join(growing, DATABASE_FILE), join(to, DATABASE_FILE));
  rmSync(growing, { recursive: true, force: true });
}

/** All pages in one step: in several, each commit in between would start the copy anew. */
async function copyFile(folder: string, to: string, file: string): Promise<void> {
  const path = join(to, file);
  privateFile(path);
  const source = openReader(folder, file);
  try {
    await backup(source, path, { rate: 2 ** 31 - 1 });
  } finally {
    source.close();
  }
  chmodSync(path, 0o600);
}
