/** Folders and copies for the tests of this store; not part of the program. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An empty folder, and how to remove it. */
export function newRoot(): { readonly root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'suture-store-'));
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/**
 * Copies a folder that is in use: what a crash at this instant would leave. By another process: this one would
 * lose SQLite's locks when it closes the files (POSIX).
 */
export function copyFolder(from: string, to: string): void {
  const script = 'fs.cpSync(process.argv[1], process.argv[2], { recursive: true })';
  execFileSync(process.execPath, ['-e', script, from, to]);
}
