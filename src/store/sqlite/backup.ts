import { chmodSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { backup } from 'node:sqlite';
import { DATABASE_FILE, openReader, privateFile } from './database.ts';

/**
 * A copy of the file as it is at one moment, in the folder `to`, as a data folder of its own. All pages in one
 * step: in several, each commit in between would start the copy anew. The key is not part of it.
 */
export async function backUp(folder: string, to: string): Promise<void> {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const path = join(to, DATABASE_FILE);
  const unfinished = `${path}.unfinished`;
  rmSync(unfinished, { force: true });
  privateFile(unfinished);
  const source = openReader(folder);
  try {
    await backup(source, unfinished, { rate: 2 ** 31 - 1 });
  } finally {
    source.close();
  }
  chmodSync(unfinished, 0o600);
  for (const beside of ['-wal', '-shm']) rmSync(`${path}${beside}`, { force: true });
  renameSync(unfinished, path);
}
