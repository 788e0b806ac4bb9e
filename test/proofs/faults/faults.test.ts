import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildLossyDisk, failingDiskCanBeBuilt } from '../../crash/lossy-disk.ts';
import { brokenBy } from '../long.ts';
import { FAULTS_ZERO, faultAt, faultsAt } from './faults.ts';

const skipped = !failingDiskCanBeBuilt('failing disks');

/** Out of the first 2,000, which are all tried by `npm run faults`: of the lock, the schema, the keys, and of work. */
const ONCE = [2, 3, 7, 12, 30, 90, 300, 700, 900, 1_200];
const LASTING = [5, 20, 60, 120, 250, 400, 650, 800, 1_000, 1_300];
/** How many calls a run makes depends on how many messages share a commit: the last may not come. */
const NEVER_COME = 3;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-faults-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

function library(): string {
  const built = buildLossyDisk(folder);
  if (built === null) throw new Error('the failing disk could not be compiled');
  return built;
}

describe.skipIf(skipped)('when the disk', () => {
  test.each([
    ['fails at one call', ONCE, false],
    ['fails from one call on, until it is mended', LASTING, true],
  ] as const)(
    '%s, nothing is acknowledged that is not kept, it is said, and work goes on by itself',
    async (_, numbers, lasting) => {
      const figures = await faultsAt(numbers, { folder, library: library(), lasting, sideBySide: 3 });
      expect(brokenBy(figures, FAULTS_ZERO)).toBeUndefined();
      expect(figures.acknowledged).toBe(130 * numbers.length);
      expect(figures['never came to that call']).toBeLessThanOrEqual(NEVER_COME);
    },
    240_000,
  );

  test('fails and the sender is answered all the same, this very test finds what is missing', async () => {
    const hasty = { PROOF_HASTY: 'yes' };
    // How many calls the disk sees depends on how many messages share a commit: one of these comes while they are under way.
    let missing = 0;
    for (const nth of [300, 280, 320, 340, 360, 400, 450]) {
      if (missing > 0) break;
      // What an earlier try kept would make this one's messages repeats.
      const own = join(folder, String(nth));
      mkdirSync(own);
      const figures = await faultAt({ folder: own, library: library(), nth, lasting: true, env: hasty });
      missing += figures.missing ?? 0;
    }
    expect(missing).toBeGreaterThan(0);
  }, 180_000);
});
