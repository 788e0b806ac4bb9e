/** What passes through the store leaves nothing behind in the main thread's memory (see Cloakroom). */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { GCProfiler } from 'node:v8';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { message, unit } from '../stories/data.ts';
import { newRoot } from './folders.suite.ts';
import { openSqliteStore } from './open.ts';

let place: ReturnType<typeof newRoot>;
beforeEach(() => {
  place = newRoot();
});
afterEach(() => place.remove());

const MESSAGES = 24_000;
const AT_ONCE = 32;

/** Bytes that survived until they counted as old. */
function grownOld(profile: ReturnType<GCProfiler['stop']>): number {
  const oldOf = (heap: (typeof profile.statistics)[number]['beforeGC']): number =>
    heap.heapSpaceStatistics.find(({ spaceName }) => spaceName === 'old_space')?.spaceUsedSize ?? 0;
  return profile.statistics
    .filter(({ gcType }) => gcType === 'Scavenge')
    .reduce((sum, { beforeGC, afterGC }) => sum + oldOf(afterGC) - oldOf(beforeGC), 0);
}

test('of 24,000 messages with 32 under way, few survive a collection', async () => {
  const store = await openSqliteStore({
    folder: join(place.root, 'data'),
    masterKey: new Uint8Array(randomBytes(32)),
  });
  const profiler = new GCProfiler();
  let next = 0;
  const send = async (): Promise<void> => {
    while (next < MESSAGES) {
      const controlId = `M${next++}`;
      const bytes = Buffer.from(`${controlId} ${'x'.repeat(1_000)}`);
      await store.append(unit([message({ controlId, bytes, reason: null, flags: [] })]));
    }
  };
  profiler.start();
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  const profile = profiler.stop();
  await store.close();
  expect(profile.statistics.length).toBeGreaterThan(2);
  // 1.4 MB. With a Map of those who wait for an answer 7.8, and more in the engine, where each of them holds on to its connection.
  expect(grownOld(profile) / 2 ** 20).toBeLessThan(4);
});
