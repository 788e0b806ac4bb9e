/** Writes the files of an import: into a project or a new one, all or none; nothing that is there is written over. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { importFailure } from './failures.ts';

/** Files that may be there already and stay as they are. */
const KEPT: ReadonlySet<string> = new Set(['suture.config.ts']);

/**
 * @returns Paths below the folder, in the order in which they were written.
 * @throws Failure IMPORT_WOULD_OVERWRITE.
 */
export function writeFiles(folder: string, files: ReadonlyMap<string, string>): readonly string[] {
  const there = [...files.keys()].filter((path) => existsSync(join(folder, path)));
  const [first, ...more] = there.filter((path) => !KEPT.has(path));
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` and ${more.length} more`;
    throw importFailure('IMPORT_WOULD_OVERWRITE', {
      message: `${first}${others} would be written over.`,
      at: { path: folder },
    });
  }
  const written: string[] = [];
  const made: string[] = [];
  try {
    for (const [path, text] of files) {
      if (there.includes(path)) continue;
      const file = join(folder, path);
      const top = mkdirSync(dirname(file), { recursive: true });
      if (top !== undefined) made.push(top);
      written.push(path);
      writeFileSync(file, text, { flag: 'wx' });
    }
  } catch (error) {
    // Nothing half-done stays.
    for (const path of written) rmSync(join(folder, path), { force: true });
    for (const place of made.reverse()) rmSync(place, { recursive: true, force: true });
    throw error;
  }
  return written;
}
