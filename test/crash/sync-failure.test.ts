/** The disk takes writes and cannot sync them: nobody is told what is not on it, and what comes after is not lost behind it. */
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildLossyDisk, failingDiskCanBeBuilt, lossyEnvironment } from './lossy-disk.ts';

const skipped = !failingDiskCanBeBuilt('failing disks');

let root: string;
let stop: () => Promise<void>;
let ask: (act: string, value?: number) => Promise<unknown>;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'suture-sync-'));
  if (skipped) return;
  for (const name of ['data', 'undo']) mkdirSync(join(root, name));
  const library = buildLossyDisk(root);
  if (library === null) throw new Error('the failing disk could not be compiled');
  const child = fork(join(import.meta.dirname, 'store-process.ts'), {
    env: {
      ...process.env,
      CRASH_FOLDER: join(root, 'data'),
      ...lossyEnvironment(library, join(root, 'data'), join(root, 'undo'), true),
      LOSSY_FAULT: join(root, 'fault'),
    },
    execArgv: [],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const answer = (): Promise<{ value?: unknown; code?: string }> =>
    new Promise((resolve) => child.once('message', (said) => resolve(said as { value?: unknown })));
  await answer();
  ask = async (act, value = 0) => {
    const said = answer();
    child.send({ act, value });
    const { value: given, code } = await said;
    return code ?? given;
  };
  stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
});
afterEach(async () => {
  if (!skipped) await stop();
  rmSync(root, { recursive: true, force: true });
});

describe.skipIf(skipped)('when a sync fails', () => {
  const broken = (): void => writeFileSync(join(root, 'fault'), 'broken');
  const mended = (): void => rmSync(join(root, 'fault'));

  test('what was given out in it was given to nobody: it is given out again, unflagged', async () => {
    const ids = (await ask('append', 2)) as string[];
    broken();
    expect(await ask('lease', 1)).toBe('STORE_IO');
    mended();
    expect(await ask('lease', 9)).toEqual(ids.map((id) => ({ id, flagged: false })));
    expect(await ask('lease', 9)).toEqual([]);
  });

  test('all that shared it is refused, and what comes after is kept', async () => {
    await ask('append', 40);
    broken();
    expect(await ask('both', 1)).toEqual(['STORE_IO', 'STORE_IO']);
    expect(await ask('append', 1)).toBe('STORE_IO');
    mended();
    expect(await ask('append', 1)).toHaveLength(1);
    // The last one stands behind the first, in the same lane.
    expect(await ask('lease', 99)).toHaveLength(40);
  });
});
