import { expect, test } from 'vitest';
import { manualClock } from '../std/index.ts';
import { siteBudget } from './budget.ts';

const never = new AbortController().signal;

async function taken(promises: Promise<void>[]): Promise<number> {
  let done = 0;
  for (const promise of promises) {
    promise.then(
      () => done++,
      () => undefined,
    );
  }
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

test('a burst up to a second’s worth, then the rate', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 5);
  const all = Array.from({ length: 12 }, () => budget.take(never));
  expect(await taken(all)).toBe(5);
  clock.advance(1_000);
  expect(await taken(all)).toBe(10);
  clock.advance(1_000);
  expect(await taken(all)).toBe(12);
});

test('told to wait, nobody goes before the time; told to slow down, the rate is halved', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 10);
  budget.slow(30_000);
  const all = Array.from({ length: 3 }, () => budget.take(never));
  clock.advance(29_000);
  expect(await taken(all)).toBe(0);
  clock.advance(1_100);
  expect(await taken(all)).toBe(3);
  budget.slow();
  clock.advance(1_000);
  const later = Array.from({ length: 40 }, () => budget.take(never));
  const burst = await taken(later);
  clock.advance(2_000);
  expect((await taken(later)) - burst).toBe(10);
});

test('an aborted taker leaves the queue', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 1);
  const stop = new AbortController();
  await budget.take(never);
  const second = budget.take(stop.signal);
  const third = budget.take(never);
  stop.abort(new Error('stopping'));
  await expect(second).rejects.toThrow('stopping');
  clock.advance(1_000);
  await third;
});
