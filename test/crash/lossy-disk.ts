/** Builds the lossy disk and plays its undo logs backwards after a crash. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Whether this machine has what the lossy disk is built with; says so where it has not. On CI it must have. */
export function failingDiskCanBeBuilt(what: string): boolean {
  const possible = process.platform === 'linux' && (process.env.CI !== undefined || hasCompiler());
  if (!possible) process.stdout.write(`skipped: ${what} need Linux and a C compiler (cc)\n`);
  return possible;
}

function hasCompiler(): boolean {
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Compiles lossy-disk.c into `folder`; gives the library's path, or `null` where there is no C compiler. */
export function buildLossyDisk(folder: string): string | null {
  const library = join(folder, 'lossy-disk.so');
  try {
    execFileSync('cc', [
      '-O2',
      '-shared',
      '-fPIC',
      '-o',
      library,
      join(import.meta.dirname, 'lossy-disk.c'),
      '-ldl',
      '-lpthread',
    ]);
    return library;
  } catch {
    return null;
  }
}

/** The environment of a process whose writes below `watched` can be lost. */
export function lossyEnvironment(
  library: string,
  watched: string,
  undo: string,
  syncing: boolean,
): Record<string, string> {
  return {
    LD_PRELOAD: library,
    LOSSY_DIR: watched,
    LOSSY_UNDO: undo,
    ...(syncing ? {} : { LOSSY_SYNC: 'off' }),
  };
}

/** Takes back every write that was not synced; gives how many. */
export function loseUnsynced(undo: string): number {
  let taken = 0;
  for (const name of readdirSync(undo)) {
    const log = readFileSync(join(undo, name));
    const records: { size: number; offset: number; bytes: Buffer }[] = [];
    for (let at = 0; at + 24 <= log.length; ) {
      const size = Number(log.readBigInt64LE(at));
      const offset = Number(log.readBigInt64LE(at + 8));
      const kept = Number(log.readBigInt64LE(at + 16));
      records.push({ size, offset, bytes: log.subarray(at + 24, at + 24 + kept) });
      at += 24 + kept;
    }
    const path = name.replaceAll('%', '/');
    if (existsSync(path)) {
      const file = openSync(path, 'r+');
      for (const { size, offset, bytes } of records.reverse()) {
        if (bytes.length > 0) writeSync(file, bytes, 0, bytes.length, offset);
        ftruncateSync(file, size);
      }
      closeSync(file);
      taken += records.length;
    }
    rmSync(join(undo, name));
  }
  return taken;
}
