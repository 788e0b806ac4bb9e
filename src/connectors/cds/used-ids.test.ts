import { beforeEach, expect, test } from 'vitest';
import { type Json, systemClock } from '../../std/index.ts';
import type { ConnectionContext } from '../contract.ts';
import { sharedUsedIds } from './used-ids.ts';

/** Shared values as nodes share them: compare and swap, with the store's clock. */
let values: Map<string, { value: Json; version: number }>;
let now: number;
let broken: boolean;
let swaps: number;
beforeEach(() => {
  values = new Map();
  now = 1_000_000;
  broken = false;
  swaps = 0;
});

const node = () => {
  const shared: ConnectionContext['shared'] = (name) => ({
    async read() {
      if (broken) throw new Error('the store is away');
      return { ...(values.get(name) ?? { value: null, version: 0 }), now };
    },
    async swap(version, value) {
      swaps += 1;
      // Others have the time to be first.
      await new Promise((resolve) => setImmediate(resolve));
      if ((values.get(name)?.version ?? 0) !== version) return false;
      values.set(name, { value, version: version + 1 });
      return true;
    },
  });
  const clock = { ...systemClock, elapsed: () => now };
  return sharedUsedIds({ shared, clock, log: () => undefined });
};

test('an id is good once, on whichever node, and after a restart', async () => {
  const [one, two] = [node(), node()];
  expect(await one('a', now + 300_000)).toBe(true);
  expect(await one('a', now + 300_000)).toBe(false);
  expect(await two('a', now + 300_000)).toBe(false);
  expect(await node()('a', now + 300_000)).toBe(false);
  expect(await two('b', now + 300_000)).toBe(true);
});

test('of many at once on two nodes each is taken once', async () => {
  const nodes = [node(), node()];
  const ids = Array.from({ length: 300 }, (_, at) => `id ${at}`);
  const taken = await Promise.all(
    nodes.flatMap((take) => ids.map((id) => take(id, now + 300_000).then((good) => (good ? id : null)))),
  );
  expect(taken.filter((id) => id !== null).sort()).toEqual([...ids].sort());
});

test('what is over is forgotten: no value grows without end, and none holds an id as it was', async () => {
  const take = node();
  for (let at = 0; at < 2_000; at++) {
    now += 1_000;
    await take(`secret-${at}`, now + 300_000);
  }
  const held = [...values.values()].map(({ value }) => value as readonly Json[]);
  expect(held.length).toBeLessThanOrEqual(64);
  expect(held.flat().length).toBeLessThan(600);
  expect(JSON.stringify([...values])).not.toContain('secret');
  expect(swaps).toBe(2_000);
});

test('when the store is away a call is not refused', async () => {
  broken = true;
  expect(await node()('a', now + 300_000)).toBe(true);
});
