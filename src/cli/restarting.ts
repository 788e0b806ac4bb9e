/** `suture dev` starts its engine again when a file changes: until it is back, commands wait instead of saying that none runs. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileOf = (folder: string): string => join(folder, 'restarting');

export function markRestarting(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(fileOf(folder), String(process.pid), { mode: 0o600 });
}

export function unmarkRestarting(folder: string): void {
  rmSync(fileOf(folder), { force: true });
}

/** An engine comes back here, or somebody who said so lives still. */
export function isRestarting(folder: string): boolean {
  try {
    return process.kill(Number(readFileSync(fileOf(folder), 'utf8')) || Number.NaN, 0);
  } catch {
    return false;
  }
}
