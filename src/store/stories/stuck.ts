import { expect, test } from 'vitest';
import {
  audit,
  benchForEach,
  delivery,
  type FreshBench,
  failure,
  lease,
  leaseOne,
  message,
  messagesOf,
  put,
  settle,
  T0,
  unit,
} from './bench.ts';

const held = { to: 'held', reason: 'stopped lane', step: 's', failure, detail: null } as const;
const later = { to: 'waiting', dueAt: T0 + 60_000, failure, detail: null } as const;

/** What stands still, and what a person or a connection that works again does about it. */
export function stuckStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);
  const release = (ids: readonly string[], to: 'waiting' | 'dead', at = T0 + 5) =>
    given.store.release({ deliveryIds: ids, to, at, audit: audit('delivery.release') });

  test('given back with a time it is not leased before that, and no attempt is counted', async () => {
    const first = await put(given.store, ['l']);
    await put(given.store, ['l']);
    const one = await leaseOne(given.store);
    const steps = [{ step: 'find', startedAt: T0, ms: 1, output: { id: 4 } }];
    expect(await settle(given.store, one, { to: 'given back', dueAt: T0 + 900 }, { steps })).toBe('settled');
    const shown = { state: 'waiting', dueAt: T0 + 900, attempts: 0, failure: null };
    expect((await given.store.history(one.delivery.id))?.delivery).toMatchObject(shown);
    expect(await lease(given.store, 9, T0 + 899)).toEqual([]);
    expect(await given.store.nextDue()).toBe(T0 + 900);
    const store = await given.bench.reopen();
    const again = await leaseOne(store, T0 + 900);
    expect(again).toMatchObject({
      message: { id: first },
      delivery: { attempts: 0, possibleDuplicate: false },
      remembered: steps,
    });
  });

  test('one that waits for later is tried at once when it is released; its attempts count on', async () => {
    const id = await put(given.store, ['l']);
    const behind = await put(given.store, ['l']);
    const one = await leaseOne(given.store);
    await settle(given.store, one, later);
    const second = (await given.store.message(behind))?.deliveries[0]?.id as string;
    expect(await release([one.delivery.id, second], 'waiting')).toBe(1);
    expect(await given.store.nextDue()).toBe(T0 + 5);
    const [again, ...more] = await lease(given.store, 9, T0 + 5);
    expect(more).toEqual([]);
    expect(again).toMatchObject({ message: { id }, delivery: { attempts: 1, released: null, failure } });
    expect(await release([one.delivery.id], 'waiting')).toBe(0); // it runs
    expect((await given.store.auditTrail({ limit: 9 })).rows).toHaveLength(2);
  });

  test('a waiting head can be given up, one behind another cannot', async () => {
    await put(given.store, ['l']);
    const behind = await put(given.store, ['l']);
    const one = await leaseOne(given.store);
    await settle(given.store, one, later);
    const second = (await given.store.message(behind))?.deliveries[0]?.id as string;
    expect(await release([second], 'dead')).toBe(0);
    expect(await release([one.delivery.id], 'dead')).toBe(1);
    expect((await given.store.history(one.delivery.id))?.delivery).toMatchObject({
      state: 'dead',
      finishedAt: T0 + 5,
      failure,
    });
    expect(messagesOf(await lease(given.store))).toEqual([behind]);
    expect(await given.store.ledger()).toMatchObject({ dead: 1, waiting: 0, running: 1 });
    const [tally] = await given.store.tallies(T0);
    expect(tally).toMatchObject({ queued: 1, errored: 1 });
  });

  test('counting begins anew for a held one that is released', async () => {
    await put(given.store, ['l']);
    await settle(given.store, await leaseOne(given.store), { ...later, dueAt: T0 + 2 });
    const second = await leaseOne(given.store, T0 + 2);
    expect(second.delivery.released).toBeNull();
    await settle(given.store, second, held);
    await release([second.delivery.id], 'waiting', T0 + 50);
    const store = await given.bench.crash();
    const third = await leaseOne(store, T0 + 50);
    expect(third.delivery).toMatchObject({ attempts: 2, released: { at: T0 + 50, attempts: 2 } });
    await settle(store, third, later);
    expect((await store.history(third.delivery.id))?.delivery).toMatchObject({
      attempts: 3,
      released: { at: T0 + 50, attempts: 2 },
    });
  });

  test('held for an answer that was lost, it is a possible duplicate from then on', async () => {
    await put(given.store, ['l']);
    const one = await leaseOne(given.store);
    const lost = { ...failure, kind: 'unknown-outcome' } as const;
    await settle(given.store, one, { ...held, reason: 'unknown outcome', failure: lost });
    expect((await given.store.history(one.delivery.id))?.delivery.possibleDuplicate).toBe(true);
    await release([one.delivery.id], 'waiting');
    expect((await leaseOne(given.store, T0 + 5)).delivery.possibleDuplicate).toBe(true);
  });

  test('lanes that do not move are told, those with most standing first', async () => {
    expect(await given.store.stuckLanes({ limit: 9 })).toEqual([]);
    for (const lane of ['moves', 'waits', 'held', 'held', 'held', 'waits', 'back', 'runs'])
      await put(given.store, [lane]);
    const heads = new Map((await lease(given.store)).map((one) => [one.message.id, one]));
    const [moves, waits, stopped, back] = [...heads.values()];
    await settle(given.store, moves as never, { to: 'delivered' });
    await settle(given.store, waits as never, later);
    await settle(given.store, stopped as never, held);
    await settle(given.store, back as never, { to: 'given back', dueAt: T0 + 9_000 });
    const told = await given.store.stuckLanes({ limit: 9 });
    expect(told).toMatchObject([
      {
        lane: 'held',
        standing: 3,
        head: { id: stopped?.delivery.id, state: 'held', heldFor: 'stopped lane', failure },
        message: { id: stopped?.message.id, site: 'north' },
      },
      { lane: 'waits', standing: 2, head: { state: 'waiting', attempts: 1, failure, dueAt: T0 + 60_000 } },
    ]);
    expect(await given.store.stuckLanes({ limit: 1 })).toHaveLength(1);
    expect(await given.store.stuckLanes({ site: 'south', limit: 9 })).toEqual([]);
    expect(await given.store.stuckLanes({ site: 'north', flow: 'notify', limit: 9 })).toHaveLength(2);
    expect(await given.store.stuckLanes({ flow: 'other', limit: 9 })).toEqual([]);

    await release([stopped?.delivery.id as string], 'dead');
    await settle(given.store, await leaseOne(given.store), { to: 'delivered' });
    expect((await given.store.stuckLanes({ limit: 9 })).map(({ lane }) => lane)).toEqual(['waits']);
  });

  test('a head that stands still in two lanes stops both; what was only in hand at a crash does not', async () => {
    await given.store.append(
      unit([message({ deliveries: [delivery(['a', 'b'])] }), message({ deliveries: [delivery(['b'])] })]),
    );
    await put(given.store, ['c']);
    const [merge] = await lease(given.store);
    await settle(given.store, merge as never, held);
    const store = await given.bench.crash();
    expect((await store.stuckLanes({ limit: 9 })).map(({ lane, standing }) => [lane, standing])).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });
}
