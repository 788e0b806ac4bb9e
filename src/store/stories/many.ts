/** Enough messages that a store may keep the old and the new ones in different places: nobody must notice. */
import { expect, test } from 'vitest';
import type { Store } from '../contract.ts';
import {
  audit,
  benchForEach,
  bytesOf,
  delivery,
  type FreshBench,
  failure,
  lease,
  message,
  settle,
  T0,
  unit,
} from './bench.ts';

const MANY = 5_000;
const IN_ONE = 250;
const OLD = T0 - 3_600_000;

/** Each with its own control id; every 500th is of patient `p`, every 1,000th of two; the first two in flow `rare`. */
function messageAt(at: number) {
  return message({
    controlId: `C${at}`,
    receivedAt: at < MANY / 2 ? OLD : T0,
    dedupe: { sender: 's', id: `C${at}`, hash: `h${at}` },
    patients: at % 1_000 === 0 ? ['p', 'q'] : at % 500 === 0 ? ['p'] : [`own ${at}`],
    bytes: bytesOf(`MSH ${at}`),
    deliveries: [delivery([`l${at % 7}`], { flow: at < 2 ? 'rare' : 'notify' })],
  });
}

async function fill(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < MANY; from += IN_ONE) {
    const some = Array.from({ length: IN_ONE }, (_, i) => messageAt(from + i));
    for (const kept of await store.append(unit(some))) ids.push(kept.messageId);
  }
  return ids;
}

export function manyStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('repeats are recognised and searches find, among the oldest and the newest, also after a crash', async () => {
    const ids = await fill(given.store);
    const look = async (store: Store): Promise<void> => {
      const find = async (query: object): Promise<number[]> =>
        (await store.search({ limit: 100, ...query })).rows.map((row) => ids.indexOf(row.id));
      const every500 = [4_500, 4_000, 3_500, 3_000, 2_500, 2_000, 1_500, 1_000, 500, 0];
      expect(await find({ patient: 'p' })).toEqual(every500);
      expect(await find({ patient: 'q' })).toEqual(every500.filter((at) => at % 1_000 === 0));
      expect(await find({ patient: 'own 4999' })).toEqual([4_999]);
      expect(await find({ patient: 'nobody' })).toEqual([]);
      expect(await find({ flow: 'rare' })).toEqual([1, 0]);
      expect(await find({ flow: 'notify', limit: 2 })).toEqual([4_999, 4_998]);
      for (const at of [0, 1, 511, 512, 513, 2_600, 4_998, 4_999]) {
        expect(await find({ controlId: `C${at}` }), `control id of ${at}`).toEqual([at]);
        const [again] = await store.append(unit([messageAt(at)]));
        expect(again, `a repeat of ${at}`).toMatchObject({ kind: 'duplicate', messageId: ids[at] });
      }
      const page = await store.search({ patient: 'p', limit: 4 });
      expect(page.rows.map((row) => ids.indexOf(row.id))).toEqual(every500.slice(0, 4));
      const rest = await store.search({ patient: 'p', limit: 100, before: page.before as string });
      expect(rest.rows.map((row) => ids.indexOf(row.id))).toEqual(every500.slice(4));
    };
    await look(given.store);
    await look(await given.bench.crash());
  });

  test('what still stands when thousands have come after it is found, and goes on after a crash', async () => {
    const lanes = ['waits', 'is held', 'is replayed'];
    const old = await given.store.append(
      unit(
        lanes.map((lane) => message({ receivedAt: OLD, deliveries: [delivery([lane], { flow: 'slow' })] })),
      ),
    );
    const [waits, held, replayed] = await lease(given.store, 3);
    if (!waits || !held || !replayed) throw new Error('three were planned');
    await settle(given.store, waits, { to: 'waiting', dueAt: T0 + 9, failure, detail: null });
    await fill(given.store);
    await settle(given.store, held, { to: 'held', reason: 'paused', step: 's', failure, detail: null });
    await settle(given.store, replayed, { to: 'delivered' });
    const [again] = await given.store.replay({
      deliveryIds: [replayed.delivery.id],
      versions: {},
      at: T0,
      audit: audit(),
    });
    const waiting = [waits.delivery.id, again as string];

    const look = async (store: Store): Promise<void> => {
      const found = async (state: 'waiting' | 'held'): Promise<string[]> =>
        (await store.deliveries({ state, flow: 'slow', limit: 10 })).rows.map(({ id }) => id);
      expect((await found('waiting')).sort()).toEqual([...waiting].sort());
      expect(await found('held')).toEqual([held.delivery.id]);
      const messages = (await store.search({ state: 'held', limit: 10 })).rows;
      expect(messages.map(({ id }) => id)).toEqual([old[1]?.messageId]);
      const newest = await store.search({ state: 'waiting', limit: 2 });
      expect(newest.rows.map(({ controlId }) => controlId)).toEqual(['C4999', 'C4998']);
    };
    await look(given.store);
    const store = await given.bench.crash();
    await look(store);
    await store.release({ deliveryIds: [held.delivery.id], to: 'waiting', at: T0, audit: audit() });
    const out = (await lease(store, MANY, T0 + 10)).map(({ delivery: { id } }) => id);
    expect(out).toEqual(expect.arrayContaining([...waiting, held.delivery.id]));
  });

  test('a delivery is given out whole, whether it came a moment ago or stood behind thousands', async () => {
    const ids = await fill(given.store);
    const seen: number[] = [];
    for (;;) {
      const leased = await lease(given.store, 500);
      if (leased.length === 0) break;
      for (const one of leased) {
        const at = ids.indexOf(one.message.id);
        seen.push(at);
        expect(Buffer.from(one.bytes).toString()).toBe(`MSH ${at}`);
        expect(one).toMatchObject({
          delivery: { messageId: ids[at], flow: at < 2 ? 'rare' : 'notify', state: 'running', attempts: 0 },
          message: { controlId: `C${at}`, planned: 1, connection: 'adt' },
        });
      }
      await Promise.all(leased.map((one) => settle(given.store, one, { to: 'delivered' })));
      if (seen.length >= 700) break;
    }
    for (let lane = 0; lane < 7; lane++) {
      const own = seen.filter((at) => at % 7 === lane);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    const rest = await lease(await given.bench.reopen(), 500);
    expect(rest.some((one) => seen.includes(ids.indexOf(one.message.id)))).toBe(false);
  });

  test('what is pruned is found no more, and its control id is free again', async () => {
    const ids = await fill(given.store);
    const leased = await lease(given.store, 7);
    await Promise.all(leased.map((one) => settle(given.store, one, { to: 'delivered' })));
    const gone = leased.map((one) => ids.indexOf(one.message.id));
    expect(await given.store.prune({ receivedBefore: T0, limit: 100 })).toBe(7);
    for (const at of gone) {
      expect((await given.store.search({ controlId: `C${at}`, limit: 9 })).rows).toEqual([]);
      const [again] = await given.store.append(unit([messageAt(at)]));
      expect(again).toMatchObject({ kind: 'kept', flags: [] });
    }
    expect((await given.store.search({ patient: 'p', limit: 100 })).rows).toHaveLength(10);
  });
}
