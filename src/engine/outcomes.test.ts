import { expect, test } from 'vitest';
import { manualClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createTallykeeper, FINDING } from './outcomes.ts';

test('what was left out is counted beside how calls ended, minute by minute', async () => {
  const clock = manualClock(600_000);
  const store = await openMemoryStore({ disk: newDisk(clock.elapsed) });
  const tallies = createTallykeeper(store, clock);
  const left = { code: '59204', text: 'left out', count: 3 };
  tallies.outcome('mercy', 'epic', { kind: 'ok', ms: 80 });
  tallies.findings('mercy', 'epic', [left, { ...left, code: '4119', count: 1 }]);
  tallies.findings('mercy', 'epic', [left]);
  clock.advance(60_000);
  tallies.findings('mercy', 'epic', [left]);
  await tallies.stop();
  const counts = (await store.outcomes(0)).map(({ minute, kind, count }) => [minute, kind, count]);
  expect(counts).toEqual([
    [10, `${FINDING}4119`, 1],
    [10, `${FINDING}59204`, 6],
    [10, 'ok', 1],
    [11, `${FINDING}59204`, 3],
  ]);
  await store.close();
});
