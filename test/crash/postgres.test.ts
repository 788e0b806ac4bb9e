import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { postgresIsThere } from '../../src/store/postgres/cluster.suite.ts';
import { type CrashResult, crash } from './crash.ts';
import { failingDiskCanBeBuilt } from './lossy-disk.ts';
import { type DatabaseOptions, openDatabaseGround } from './postgres.ts';

/** A short form of `npm run crash -- --store postgres`. */
const KILLS = 3;
const STRIKES = 1;
const PLUGS = 1;
const SABOTAGED = 2;
/** Acknowledgements, not a time: a busy machine may not answer within any. */
const UNTIL_KILLED = [5, 300] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-crash-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function crashOn(options: DatabaseOptions, rounds: number, seed: number): Promise<CrashResult> {
  const ground = await openDatabaseGround(options);
  try {
    return await crash({ folder, rounds, seed, ground, acknowledging: UNTIL_KILLED });
  } finally {
    await ground.remove();
  }
}

function expectPromisesKept(result: CrashResult): void {
  expect(result).toMatchObject({ missing: 0, undelivered: 0, unflagged: 0, inversions: 0, ledgerFaults: [] });
  expect(result.acked).toBeGreaterThan(result.rounds);
}

describe.skipIf(!postgresIsThere('crashes of engine and database'))('on PostgreSQL', () => {
  test('engines that are killed lose nothing, overtake nothing, and flag what may have gone out twice', async () => {
    expectPromisesKept(await crashOn({}, KILLS, 21));
  }, 120_000);

  test('the same when a process of the server is killed under them', async () => {
    expectPromisesKept(await crashOn({ strike: 'kill' }, STRIKES, 22));
  }, 120_000);

  describe.skipIf(!failingDiskCanBeBuilt('pulled plugs of the database'))(
    "when the server's plug is pulled",
    () => {
      test('nothing was acknowledged that was not on its disk', async () => {
        expectPromisesKept(await crashOn({ strike: 'plug' }, PLUGS, 23));
      }, 120_000);

      test('and with synchronous_commit off this very test finds the loss', async () => {
        // What the server had not written back yet when the plug was pulled is chance: a few rounds more if need be.
        let missing = 0;
        for (let more = 0; more < 4 && missing === 0; more++) {
          const sabotage = 'synchronous_commit is off';
          missing += (await crashOn({ strike: 'plug', sabotage }, SABOTAGED, 24 + more)).missing;
        }
        expect(missing).toBeGreaterThan(0);
      }, 240_000);
    },
  );
});
