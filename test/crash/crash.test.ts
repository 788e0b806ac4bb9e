import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CrashResult, crash } from './crash.ts';
import { buildLossyDisk } from './lossy-disk.ts';

/** A short form of `npm run crash`, which does 1,000 kills and 200 pulled plugs under more load. */
const KILLS = 50;
const PLUGS = 10;
const LASTING = [20, 160] as const;
const SABOTAGED = 3;

const scratch = mkdtempSync(join(tmpdir(), 'suture-crash-probe-'));
const canLose = process.platform === 'linux' && buildLossyDisk(scratch) !== null;
rmSync(scratch, { recursive: true, force: true });
const skipped = !canLose && (process.platform !== 'linux' || process.env.CI === undefined);
if (skipped) process.stdout.write('skipped: a disk that loses writes needs Linux and a C compiler (cc)\n');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-crash-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function library(): string {
  const built = buildLossyDisk(folder);
  if (built === null) throw new Error('the lossy disk could not be compiled; CI skips nothing');
  return built;
}

function expectPromisesKept(result: CrashResult): void {
  expect(result).toMatchObject({
    missing: 0,
    undelivered: 0,
    unflagged: 0,
    inversions: 0,
    ledgerFaults: [],
  });
  expect(result.acked).toBeGreaterThan(result.rounds);
}

test('killed under load again and again, the engine keeps what it acknowledged, delivers it in order, and flags what it may have delivered twice', async () => {
  expectPromisesKept(await crash({ folder, rounds: KILLS, seed: 11, lasting: LASTING }));
}, 180_000);

describe.skipIf(skipped)('when the plug is pulled', () => {
  test('the same holds: nothing was acknowledged before it was on the disk', async () => {
    const result = await crash({
      folder,
      rounds: PLUGS,
      seed: 12,
      lasting: LASTING,
      lossy: { library: library(), syncing: true },
    });
    expectPromisesKept(result);
  }, 180_000);

  test('and without syncing this very test finds the loss', async () => {
    const lossy = { library: library(), syncing: false };
    const result = await crash({ folder, rounds: SABOTAGED, seed: 13, lossy }).then(
      ({ missing }) => (missing > 0 ? 'messages are missing' : 'nothing is lost'),
      // What was never synced may not even be a database any more.
      () => 'it does not open',
    );
    expect(result).not.toBe('nothing is lost');
  }, 180_000);
});
