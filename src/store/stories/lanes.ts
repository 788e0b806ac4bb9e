import { expect, test } from 'vitest';
import {
  benchForEach,
  delivery,
  type FreshBench,
  lease,
  leaseOne,
  message,
  messagesOf,
  put,
  settle,
  T0,
  unit,
} from './bench.ts';

export function laneStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);
  const done = { to: 'delivered' } as const;

  test('one lane: one at a time, in order, whatever the times say', async () => {
    const ids = [
      await put(given.store, ['l'], { receivedAt: T0 }),
      await put(given.store, ['l'], { receivedAt: T0 - 9_000 }),
    ];
    const order: string[] = [];
    for (let i = 0; i < 2; i++) {
      const leased = await lease(given.store);
      expect(leased).toHaveLength(1);
      order.push(...messagesOf(leased));
      expect(await lease(given.store)).toEqual([]);
      await settle(given.store, leased[0] as never, done);
    }
    expect(order).toEqual(ids);
  });

  test('several lanes: all heads that are due, by due time and then by place', async () => {
    const late = await put(given.store, ['a'], { receivedAt: T0 + 1 });
    const first = await put(given.store, ['b']);
    const second = await put(given.store, ['c']);
    await put(given.store, ['d'], { receivedAt: T0 + 100 });
    expect(messagesOf(await lease(given.store))).toEqual([first, second, late]);
    expect(await given.store.nextDue()).toBe(T0 + 100);
  });

  test('a delivery of two lanes waits for both, and both wait for it', async () => {
    const a = await put(given.store, ['a']);
    const b = await put(given.store, ['b']);
    const merge = await put(given.store, ['a', 'b']);
    const afterA = await put(given.store, ['a']);
    const afterB = await put(given.store, ['b']);
    const [headA, headB, ...none] = await lease(given.store);
    expect([headA?.message.id, headB?.message.id, none.length]).toEqual([a, b, 0]);
    await settle(given.store, headA as never, done);
    expect(await lease(given.store)).toEqual([]);
    await settle(given.store, headB as never, done);
    const middle = await leaseOne(given.store);
    expect(middle.message.id).toBe(merge);
    expect(await lease(given.store)).toEqual([]);
    await settle(given.store, middle, done);
    expect(messagesOf(await lease(given.store))).toEqual([afterA, afterB]);
  });

  test('what waits for its next try, or is held, keeps its lane; what ends or sleeps frees it', async () => {
    const { failure } = await import('./bench.ts');
    const ends = [
      [{ to: 'waiting', dueAt: T0 + 50, failure, detail: null }, 0],
      [{ to: 'held', reason: 'unmapped code', step: 'map', failure, detail: null }, 0],
      [{ to: 'dead', failure, detail: null }, 1],
      [{ to: 'filtered', step: 'only' }, 1],
      [{ to: 'sleeping', step: 'wait', wakeAt: T0 + 50, wakeOn: null }, 1],
      [{ to: 'given back' }, 1],
    ] as const;
    for (const [end, next] of ends) {
      const lane = [`lane ${end.to}`];
      const first = await put(given.store, lane);
      const second = await put(given.store, lane);
      await settle(given.store, await leaseOne(given.store), end);
      const leased = await lease(given.store);
      expect(messagesOf(leased), end.to).toEqual(
        next === 0 ? [] : [end.to === 'given back' ? first : second],
      );
      for (const one of leased) await settle(given.store, one, { to: 'dead', failure, detail: null });
    }
  });

  test('after a merge the retired key joins the lane of the survivor; an unlink parts them', async () => {
    const retired = (await put(given.store, ['retired'])) as string;
    const merge = await given.store.append(
      unit([message({ deliveries: [delivery(['retired', 'survivor'])] })], {
        aliases: [{ from: 'retired', to: 'survivor' }],
      }),
    );
    const later = await put(given.store, ['retired']);
    const survivor = await put(given.store, ['survivor']);
    const unlink = await given.store.append(
      unit([message({ deliveries: [delivery(['retired', 'survivor'])] })], {
        aliases: [{ from: 'retired', to: 'survivor', undo: true }],
      }),
    );
    const own = await put(given.store, ['retired']);
    const theirs = await put(given.store, ['survivor']);
    const order: string[] = [];
    for (;;) {
      const leased = await lease(given.store);
      if (leased.length === 0) break;
      order.push(messagesOf(leased).join('+'));
      for (const one of leased) await settle(given.store, one, done);
    }
    expect(order).toEqual([
      retired,
      merge[0]?.messageId,
      later,
      survivor,
      unlink[0]?.messageId,
      `${own}+${theirs}`,
    ]);
  });

  test('merges chain, survive a restart, and never form a ring', async () => {
    const join = (from: string, to: string) => given.store.append(unit([], { aliases: [{ from, to }] }));
    await join('a', 'b');
    await join('b', 'c');
    const first = await put(given.store, ['a']);
    const store = await given.bench.reopen();
    await put(store, ['c']);
    expect(messagesOf(await lease(store))).toEqual([first]);
    await store.append(unit([], { aliases: [{ from: 'c', to: 'a' }] }));
    await store.append(unit([], { aliases: [{ from: 'a', to: 'c' }] }));
    await store.append(unit([], { aliases: [{ from: 'b', to: 'a' }] }));
    await store.append(unit([], { aliases: [{ from: 'x', to: 'x' }] }));
    await Promise.all(['a', 'b', 'c', 'x'].map((lane) => put(store, [lane])));
    expect((await store.ledger()).waiting).toBe(5);
  });

  test('the repeat of a merge that comes after its undoing joins nothing again', async () => {
    const about = (undo: boolean) =>
      unit(
        [
          message({
            dedupe: { sender: 's', id: undo ? 'unlink' : 'merge', hash: 'h' },
            deliveries: [delivery(['a', 'b'])],
          }),
        ],
        { aliases: [{ from: 'a', to: 'b', undo }] },
      );
    await given.store.append(about(false));
    await given.store.append(about(true));
    expect(await given.store.append(about(false))).toMatchObject([{ kind: 'duplicate' }]);
    for (let i = 0; i < 2; i++) await settle(given.store, await leaseOne(given.store), done);
    const own = await put(given.store, ['a']);
    const theirs = await put(given.store, ['b']);
    expect(messagesOf(await lease(given.store))).toEqual([own, theirs]);
  });

  test('two merges of the same pair behind each other: the second is given once, and not before its time', async () => {
    await put(given.store, ['a', 'b']);
    const second = await put(given.store, ['a', 'b']);
    await settle(given.store, await leaseOne(given.store), done);
    const head = await leaseOne(given.store);
    expect(head.message.id).toBe(second);
    const { failure } = await import('./bench.ts');
    const retry = { to: 'waiting', dueAt: T0 + 50, failure, detail: null } as const;
    await settle(given.store, head, retry);
    const other = await put(given.store, ['c'], { receivedAt: T0 + 20 });
    expect(await lease(given.store)).toEqual([]);
    expect(await given.store.nextDue()).toBe(T0 + 20);
    expect(messagesOf(await lease(given.store, 9, T0 + 20))).toEqual([other]);
    expect(messagesOf(await lease(given.store, 9, T0 + 50))).toEqual([second]);
    expect(await lease(given.store, 9, T0 + 50)).toEqual([]);
  });

  test('a merge that no delivery stands for keeps the order, too: the next of either stands behind the retired ones', async () => {
    const old = [await put(given.store, ['retired']), await put(given.store, ['retired'])];
    const survivor = await put(given.store, ['survivor']);
    await given.store.append(unit([], { aliases: [{ from: 'retired', to: 'survivor' }] }));
    const next = await put(given.store, ['survivor']);
    const later = await put(given.store, ['retired']);
    const store = await given.bench.crash();
    const order: string[] = [];
    for (;;) {
      const leased = await lease(store);
      if (leased.length === 0) break;
      order.push(messagesOf(leased).join('+'));
      for (const one of leased) await settle(store, one, done);
    }
    expect(order).toEqual([`${old[0]}+${survivor}`, old[1], next, later]);
  });

  test('an unlink that no delivery stands for keeps the order, too: the next of the retired id stands behind what it left', async () => {
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b' }] }));
    const left = [await put(given.store, ['b']), await put(given.store, ['a'])];
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b', undo: true }] }));
    const store = await given.bench.crash();
    const own = [await put(store, ['a']), await put(store, ['a'])];
    const theirs = await put(store, ['b']);
    const order: string[] = [];
    for (;;) {
      const leased = await lease(store);
      if (leased.length === 0) break;
      order.push(messagesOf(leased).join('+'));
      for (const one of leased) await settle(store, one, done);
    }
    expect(order).toEqual([left[0], left[1], own[0], `${own[1]}+${theirs}`]);
  });

  test('merges that cross keep one lane: nothing overtakes what stood there before', async () => {
    const join = (from: string, to: string) => ({ aliases: [{ from, to }] });
    const both = [message({ deliveries: [delivery(['a', 'b'])] })];
    await given.store.append(unit(both, join('a', 'b')));
    const first = await put(given.store, ['a']);
    await given.store.append(unit(both, join('b', 'a')));
    const second = await put(given.store, ['b']);
    const third = await put(given.store, ['a']);
    const order: string[] = [];
    for (;;) {
      const leased = await lease(given.store);
      if (leased.length === 0) break;
      order.push(messagesOf(leased).join('+'));
      for (const one of leased) await settle(given.store, one, done);
    }
    expect(order).toHaveLength(5);
    expect(order.filter((id) => [first, second, third].includes(id))).toEqual([first, second, third]);
  });

  test('an unlink that is refused leaves the merge as it was', async () => {
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b' }] }));
    const bad = unit([message({ deliveries: [delivery([])] })], {
      aliases: [{ from: 'a', to: 'b', undo: true }],
    });
    await expect(given.store.append(bad)).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    const first = await put(given.store, ['b']);
    await put(given.store, ['a']);
    expect(messagesOf(await lease(given.store))).toEqual([first]);
  });

  test('two keys that are one lane by now count once', async () => {
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b' }] }));
    const both = await put(given.store, ['a', 'b']);
    const next = await put(given.store, ['b']);
    const head = await leaseOne(given.store);
    expect(head.message.id).toBe(both);
    await settle(given.store, head, done);
    expect(messagesOf(await lease(given.store))).toEqual([next]);
  });
}
