/** What the memory store adds to the contract: commits under way, and several nodes on one disk. */
import { expect, test } from 'vitest';
import { manualClock } from '../../std/index.ts';
import { storeFailure } from '../failures.ts';
import { delivery, ending, message, put, refusal, T0, unit } from '../stories/data.ts';
import type { CommitFate } from './commits.ts';
import { type MemoryStoreOptions, NODE_LEASE, newDisk, openMemoryStore } from './open.ts';

const SLOW: CommitFate = { write: 10, tell: 10 };

/** All that can happen without time going on. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

function bench(fate: () => CommitFate = () => ({ write: 0, tell: 0 })) {
  const clock = manualClock(T0);
  const disk = newDisk(clock.elapsed);
  const pass = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 10) {
      clock.advance(10);
      await turn();
    }
  };
  const within = async <Value>(act: Promise<Value>, ms = 50): Promise<Value> => {
    // A refusal may come before somebody waits for it.
    act.catch(() => undefined);
    await turn();
    await pass(ms);
    return act;
  };
  const open = (more: Partial<MemoryStoreOptions> = {}) =>
    within(openMemoryStore({ disk, clock, shared: true, fate, ...more }));
  return { clock, disk, pass, within, open };
}

test('a commit is seen by nobody before it is on disk; a crash before that loses it, a crash after that does not', async () => {
  for (const [wait, arrives, kept] of [
    [0, false, 0],
    [0, true, 1],
    [10, false, 1],
  ] as const) {
    const { disk, pass, open } = bench(() => SLOW);
    const store = await open({ shared: false });
    let told = false;
    void put(store, ['l']).then(() => {
      told = true;
    });
    await turn();
    expect(disk.state.messages.size).toBe(0);
    await pass(wait);
    store.crash(arrives);
    await pass(100);
    expect([disk.state.messages.size, told]).toEqual([kept, false]);
  }
});

test('a commit that fails keeps nothing of its group, says so, and recovers', async () => {
  let failing = true;
  const { disk, within, open } = bench(() =>
    failing ? { write: 0, tell: 0, failure: storeFailure('STORE_FULL', 'The disk is full.') } : SLOW,
  );
  const store = await open({ shared: false });
  const states: string[] = [];
  store.onHealth(({ state }) => states.push(state));
  const both = Promise.all([refusal(put(store, ['a'])), refusal(put(store, ['b']))]);
  expect(await within(both)).toEqual(['STORE_FULL', 'STORE_FULL']);
  expect([disk.state.messages.size, store.health().state]).toEqual([0, 'failing']);
  failing = false;
  await within(store.probe());
  expect(states).toEqual(['failing', 'ready']);
});

test('a disk has one owner, unless nodes share it', async () => {
  const { open } = bench();
  await open({ shared: false });
  await expect(open({ shared: false })).rejects.toMatchObject({ code: 'STORE_IN_USE' });
});

test('nodes share the lanes; what a dead one had in hand comes back flagged, and its late word counts for nothing', async () => {
  const { pass, within, open } = bench();
  const first = await open();
  const lanes = Array.from({ length: 40 }, (_, at) => `lane ${at}`);
  await within(first.append(unit(lanes.map((lane) => message({ deliveries: [delivery([lane])] })))));
  const ask = { now: T0 + 1, limit: 5 };
  const inHand = await within(first.lease(ask));
  expect(inHand).toHaveLength(5);
  const second = await open();
  // The first gives up half of what it held, but nothing that it has in hand.
  await within(first.lease({ ...ask, limit: 0 }));
  const others = await within(second.lease({ ...ask, limit: 100 }));
  expect(others.length).toBeGreaterThan(5);
  expect(others.some((one) => inHand.some((mine) => mine.delivery.id === one.delivery.id))).toBe(false);

  first.crash();
  await pass(NODE_LEASE / 2);
  expect(await within(second.lease({ ...ask, limit: 0 }))).toEqual([]);
  await pass(NODE_LEASE);
  const again = await within(second.lease({ ...ask, limit: 100 }));
  const back = again.filter((one) => inHand.some((mine) => mine.delivery.id === one.delivery.id));
  expect(back).toHaveLength(5);
  expect(back.every((one) => one.delivery.possibleDuplicate && one.delivery.attempts === 1)).toBe(true);
  expect(again.filter((one) => !back.includes(one)).some((one) => one.delivery.possibleDuplicate)).toBe(
    false,
  );
  const late = ending(inHand[0] as never, { to: 'delivered' });
  expect(await within(second.settle(late))).toBe('stale');
});

test('a lease that is heard of too late is not acted on, and not lost', async () => {
  let fate: CommitFate = { write: 0, tell: 0 };
  const { within, open } = bench(() => fate);
  const store = await open();
  await within(put(store, ['l']));
  fate = { write: 0, tell: NODE_LEASE };
  const late = store.lease({ now: T0 + 1, limit: 9 });
  await turn();
  fate = { write: 0, tell: 0 };
  expect(await within(late, NODE_LEASE + 100)).toEqual([]);
  const again = await within(store.lease({ now: T0 + 1, limit: 9 }));
  expect(again.map(({ delivery: { attempts, possibleDuplicate } }) => [attempts, possibleDuplicate])).toEqual(
    [[0, false]],
  );
});

test('an effect that is remembered too late is asked about again before the next one', async () => {
  let fate: CommitFate = { write: 0, tell: 0 };
  const { disk, pass, within, open } = bench(() => fate);
  const store = await open();
  await within(put(store, ['l']));
  const [leased] = await within(store.lease({ now: T0 + 1, limit: 9 }));
  fate = { write: 0, tell: NODE_LEASE };
  const steps = [{ step: 's', startedAt: T0, ms: 1, output: 1 }];
  const told = store.remember({
    deliveryId: leased?.delivery.id as string,
    epoch: leased?.epoch as number,
    steps,
  });
  await turn();
  await pass(10);
  fate = { write: 0, tell: 0 };
  // Meanwhile another has taken over: the row runs under another lease.
  for (const row of disk.state.deliveries.values()) row.epoch++;
  expect(await within(told, NODE_LEASE + 100)).toBe('stale');
});
