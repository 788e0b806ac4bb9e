import { expect, test } from 'vitest';
import { manualClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { siteBudget } from './budget.ts';
import { sharedSource } from './budget-shared.ts';

const never = new AbortController().signal;

/** Everything that is ready has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function taken(promises: Promise<void>[]): Promise<number> {
  let done = 0;
  for (const promise of promises) {
    promise.then(
      () => done++,
      () => undefined,
    );
  }
  await settled();
  return done;
}

const ask = (budget: ReturnType<typeof siteBudget>, count: number, who?: 'person'): Promise<void>[] =>
  Array.from({ length: count }, () => budget.take(never, who));

test('a burst up to a second’s worth, then the rate', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 5);
  const all = ask(budget, 12);
  expect(await taken(all)).toBe(5);
  clock.advance(1_000);
  expect(await taken(all)).toBe(10);
  clock.advance(1_000);
  expect(await taken(all)).toBe(12);
});

test('told to wait, nobody goes before the time, and then half as fast; told again, half of that', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 20);
  budget.slow(30_000);
  // What was under way at that moment says the same: one reason, not ten.
  for (let said = 0; said < 10; said++) budget.slow(30_000);
  const all = ask(budget, 100);
  const person = ask(budget, 1, 'person');
  clock.advance(29_000);
  expect(await taken([...all, ...person])).toBe(0);
  clock.advance(1_000);
  const burst = await taken(all);
  expect(await taken(person)).toBe(1);
  clock.advance(2_000);
  expect((await taken(all)) - burst).toBe(20);
  budget.slow();
  const before = await taken(all);
  clock.advance(2_000);
  expect((await taken(all)) - before).toBe(10);
  // Ten quiet minutes, and it is as it was.
  clock.advance(600_000);
  const late = ask(budget, 200);
  const again = await taken(late);
  clock.advance(2_000);
  expect((await taken(late)) - again).toBe(40);
});

test('a person does not stand behind a poll', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 10);
  const poll = ask(budget, 500);
  await taken(poll);
  // The reserve is there however much is waiting, and beyond it they are first in the queue.
  const people = ask(budget, 3, 'person');
  expect(await taken(people)).toBe(2);
  clock.advance(100);
  expect(await taken(people)).toBe(3);
  const polled = await taken(poll);
  clock.advance(1_000);
  expect((await taken(poll)) - polled).toBeGreaterThanOrEqual(7);
});

test('a site that becomes slow is asked less, and as before when it is well again', async () => {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 10);
  const all = ask(budget, 5_000);
  const perSecond = async (): Promise<number> => {
    const before = await taken(all);
    clock.advance(10_000);
    return ((await taken(all)) - before) / 10;
  };
  for (let said = 0; said < 50; said++) budget.answered?.(80);
  expect(await perSecond()).toBe(10);
  for (let said = 0; said < 50; said++) budget.answered?.(6_000);
  expect(await perSecond()).toBeLessThan(8.5);
  for (let said = 0; said < 200; said++) budget.answered?.(80);
  clock.advance(300_000);
  expect(await perSecond()).toBe(10);
});

/** A gateway that bears so many a second, and refuses the rest without saying how long. */
async function storm(seconds: number, adapts: boolean): Promise<{ served: number; refused: number }> {
  const clock = manualClock(0);
  const budget = siteBudget(clock, 40);
  const bears = 4;
  let second = 0;
  let here = 0;
  const sum = { served: 0, refused: 0 };
  const one = async (): Promise<void> => {
    await budget.take(never);
    const now = Math.floor(clock.now() / 1_000);
    if (now !== second) here = 0;
    second = now;
    here += 1;
    if (here <= bears) sum.served += 1;
    else {
      sum.refused += 1;
      if (adapts) budget.slow();
    }
    void one();
  };
  for (let worker = 0; worker < 30; worker++) void one();
  for (let step = 0; step < seconds * 20; step++) {
    clock.advance(50);
    await settled();
  }
  return sum;
}

test('in a storm of 429 it finds what the gateway bears', async () => {
  const { served, refused } = await storm(120, true);
  expect(refused / (served + refused)).toBeLessThan(0.35);
  expect(served).toBeGreaterThan(0.6 * 4 * 120);
  const deaf = await storm(120, false);
  expect(deaf.refused / (deaf.served + deaf.refused)).toBeGreaterThan(0.85);
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

test('three nodes together ask no more than one may, and all of them hear of a 429', async () => {
  const clock = manualClock(1_000_000);
  const store = await openMemoryStore({ disk: newDisk(clock.elapsed) });
  const source = () => sharedSource({ store, clock, site: 'mercy', perSecond: 12 });
  const nodes = [1, 2, 3].map(() => siteBudget(clock, 12, source()));
  const all = nodes.flatMap((budget) => ask(budget, 300));
  const step = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 25) {
      clock.advance(25);
      for (let turn = 0; turn < 4; turn++) await settled();
    }
  };
  await step(1_000);
  const burst = await taken(all);
  await step(10_000);
  const steady = (await taken(all)) - burst;
  expect(steady).toBeGreaterThan(100);
  expect(steady).toBeLessThanOrEqual(123);
  // One of them is told; the others may use up what they hold, a quarter of a second's each.
  nodes[0]?.slow(20_000);
  await step(200);
  const told = await taken(all);
  await step(19_000);
  expect((await taken(all)) - told).toBeLessThanOrEqual(6);
  await step(2_000);
  expect(await taken(all)).toBeGreaterThan(told + 6);
  await store.close();
});
