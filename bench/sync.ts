/** The least that a promise on this disk costs: how long it takes until 4 KB that overwrite are on it. */
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = 4_096;
const PLACES = 256;

/** Milliseconds of `count` syncs, sorted. */
export function syncTimes(count = 400): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'suture-sync-'));
  const file = openSync(join(folder, 'probe'), 'w');
  try {
    const block = Buffer.alloc(SIZE, 1);
    for (let at = 0; at < PLACES; at++) writeSync(file, block, 0, SIZE, at * SIZE);
    fdatasyncSync(file);
    return Array.from({ length: count }, (_, at) => {
      const started = performance.now();
      writeSync(file, block, 0, SIZE, (at % PLACES) * SIZE);
      fdatasyncSync(file);
      return performance.now() - started;
    }).sort((a, b) => a - b);
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}
