import { expect, test } from 'vitest';
import {
  audit,
  benchForEach,
  bytesOf,
  delivery,
  ending,
  type FreshBench,
  failure,
  lease,
  leaseOne,
  message,
  messagesOf,
  put,
  refusal,
  settle,
  T0,
  textOf,
  unit,
} from './bench.ts';

const step = (name: string, output: unknown) => ({ step: name, startedAt: T0, ms: 3, output });

export function workingStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('a lease gives the message, its bytes and nothing remembered, and is running for everyone', async () => {
    const id = await put(given.store, ['l'], { bytes: bytesOf('PID|1') });
    const leased = await leaseOne(given.store);
    expect(leased).toMatchObject({
      delivery: { messageId: id, state: 'running', possibleDuplicate: false, attempts: 0 },
      message: { id, site: 'north' },
      remembered: [],
    });
    expect(textOf(leased.bytes)).toBe('PID|1');
    expect(await given.store.ledger()).toMatchObject({ running: 1, waiting: 0 });
    expect(await given.store.nextDue()).toBeNull();
  });

  test('effects are remembered in the order they were done, once, and the next attempt has them', async () => {
    await put(given.store, ['l']);
    const first = await leaseOne(given.store);
    const work = { deliveryId: first.delivery.id, epoch: first.epoch };
    await given.store.remember({ ...work, steps: [step('z-find', { id: 7 })] });
    await given.store.remember({ ...work, steps: [step('each[10]', null), step('each[9]', ['ü'])] });
    const retry = { to: 'waiting', dueAt: T0 + 10, failure, detail: 'refused: Ödegård' } as const;
    await settle(given.store, first, retry, { steps: [step('z-find', { id: 8 }), step('a-last', 0)] });
    const second = await leaseOne(given.store, T0 + 10);
    expect(second.remembered).toEqual([
      step('z-find', { id: 8 }), // asked for again: the newer answer, in its first place
      step('each[10]', null),
      step('each[9]', ['ü']),
      step('a-last', 0),
    ]);
    const history = await given.store.history(first.delivery.id);
    expect(history?.steps).toEqual(second.remembered);
    expect(history?.attempts).toEqual([
      { attempt: 1, endedAt: T0 + 2, ms: 5, failure, detail: 'refused: Ödegård' },
    ]);
    expect(history?.delivery).toMatchObject({ attempts: 1, failure, state: 'running' });
    expect(await given.store.history('999')).toBeNull();
  });

  test('each end is what it says', async () => {
    const ends = [
      [{ to: 'delivered' }, { state: 'delivered', attempts: 1, finishedAt: T0 + 2, failure: null }],
      [
        { to: 'filtered', step: 'only' },
        { state: 'filtered', step: 'only', finishedAt: T0 + 2 },
      ],
      [
        { to: 'dead', failure, detail: null },
        { state: 'dead', step: 'post', failure, attempts: 1, finishedAt: T0 + 2 },
      ],
      [
        { to: 'held', reason: 'unknown outcome', step: 'create', failure, detail: null },
        { state: 'held', heldFor: 'unknown outcome', step: 'create', failure, finishedAt: null },
      ],
      [
        { to: 'waiting', dueAt: T0 + 9, failure, detail: null },
        { state: 'waiting', dueAt: T0 + 9, attempts: 1, finishedAt: null },
      ],
      [
        { to: 'sleeping', step: 'wait', wakeAt: null, wakeOn: 'answer' },
        { state: 'sleeping', step: 'wait', attempts: 0 },
      ],
      [{ to: 'given back' }, { state: 'waiting', attempts: 0, possibleDuplicate: false, failure: null }],
    ] as const;
    for (const [end, expected] of ends) {
      await put(given.store, [`lane ${end.to}`]);
      const leased = await leaseOne(given.store);
      expect(await settle(given.store, leased, end)).toBe('settled');
      expect((await given.store.history(leased.delivery.id))?.delivery).toMatchObject(expected);
      if (end.to === 'given back')
        await settle(given.store, await leaseOne(given.store), { to: 'delivered' });
    }
  });

  test('a settlement of another lease, or of none, is stale and changes nothing', async () => {
    await put(given.store, ['l']);
    const first = await leaseOne(given.store);
    const before = await given.store.history(first.delivery.id);
    const stranger = { ...first, epoch: first.epoch + 1 };
    expect(await settle(given.store, stranger, { to: 'delivered' }, { steps: [step('x', 1)] })).toBe('stale');
    expect(
      await given.store.remember({ deliveryId: first.delivery.id, epoch: 0, steps: [step('x', 1)] }),
    ).toBe('stale');
    expect(await given.store.history(first.delivery.id)).toEqual(before);

    await settle(given.store, first, { to: 'given back' });
    expect(await settle(given.store, first, { to: 'delivered' })).toBe('stale');
    const second = await leaseOne(given.store);
    // The late word of the first lease must not end the second.
    expect(await settle(given.store, first, { to: 'delivered' })).toBe('stale');
    expect(await settle(given.store, second, { to: 'delivered' })).toBe('settled');
    expect(await settle(given.store, second, { to: 'dead', failure, detail: null })).toBe('stale');
    expect(await given.store.ledger()).toMatchObject({ delivered: 1, dead: 0 });
    expect(
      await settle(
        given.store,
        { ...second, delivery: { ...second.delivery, id: '999' } },
        { to: 'delivered' },
      ),
    ).toBe('stale');
  });

  test('a move that does not exist is refused', async () => {
    await put(given.store, ['l']);
    const leased = await leaseOne(given.store);
    const wrong = { ...ending(leased, { to: 'delivered' }), to: 'running' } as never;
    expect(await refusal(given.store.settle(wrong))).toBe('STORE_MOVE_REFUSED');
    const ask = { deliveryIds: [leased.delivery.id], at: T0, audit: audit() };
    expect(await refusal(given.store.release({ ...ask, to: 'delivered' as 'dead' }))).toBe(
      'STORE_MOVE_REFUSED',
    );
    expect(await given.store.release({ ...ask, to: 'dead' })).toBe(0);
    expect((await given.store.ledger()).running).toBe(1);
  });

  test('after a crash what was running waits in its place, flagged; what was given back is not', async () => {
    const a = await put(given.store, ['a']);
    const b = await put(given.store, ['b']);
    const behind = await put(given.store, ['a']);
    const [running, back] = await lease(given.store);
    await given.store.remember({
      deliveryId: running?.delivery.id as string,
      epoch: running?.epoch as number,
      steps: [step('create', 5)],
    });
    await settle(given.store, back as never, { to: 'given back' });
    const after = await given.bench.crash();
    const again = await lease(after);
    expect(messagesOf(again)).toEqual([a, b]);
    expect(again.map((one) => one.delivery.possibleDuplicate)).toEqual([true, false]);
    expect(again.map((one) => one.delivery.attempts)).toEqual([1, 0]);
    expect(again[0]?.remembered).toEqual([step('create', 5)]);
    expect(again[0]?.epoch).toBeGreaterThan(running?.epoch as number);
    expect(await settle(after, running as never, { to: 'delivered' })).toBe('stale');
    await settle(after, again[0] as never, { to: 'delivered' });
    expect(messagesOf(await lease(after))).toEqual([behind]);
  });

  test('a sleeper stands at the tail when it wakes: by time, or by what it waits for', async () => {
    const timed = await put(given.store, ['l']);
    await settle(given.store, await leaseOne(given.store), {
      to: 'sleeping',
      step: 'wait',
      wakeAt: T0 + 500,
      wakeOn: null,
    });
    const asked = await put(given.store, ['l']);
    await settle(given.store, await leaseOne(given.store), {
      to: 'sleeping',
      step: 'approve',
      wakeAt: null,
      wakeOn: 'approval 1',
    });
    const third = await put(given.store, ['l']);
    expect(await given.store.nextDue()).toBe(T0);
    expect(await given.store.wake({ now: T0 + 499 })).toBe(0);
    expect(await given.store.wake({ now: T0 + 499, wakeOn: 'approval 2' })).toBe(0);
    expect(await given.store.wake({ now: T0 + 499, wakeOn: 'approval 1' })).toBe(1);
    const store = await given.bench.reopen();
    expect(await store.wake({ now: T0 + 500 })).toBe(1);
    expect(await store.wake({ now: T0 + 500 })).toBe(0);
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      const leased = await leaseOne(store, T0 + 600);
      order.push(leased.message.id);
      await settle(store, leased, { to: 'delivered' });
    }
    expect(order).toEqual([third, asked, timed]);
  });

  test('more sleepers than one transaction takes are all woken', async () => {
    const many = Array.from({ length: 1_100 }, (_, i) => message({ deliveries: [delivery([`l${i}`])] }));
    await given.store.append(unit(many));
    const leased = await lease(given.store, 2_000);
    await Promise.all(
      leased.map((one) =>
        settle(given.store, one, { to: 'sleeping', step: 's', wakeAt: T0 + 2, wakeOn: null }),
      ),
    );
    expect(await given.store.wake({ now: T0 + 2 })).toBe(1_100);
    expect(await given.store.ledger()).toMatchObject({ waiting: 1_100, sleeping: 0 });
  });

  test('a person releases what is held: it goes on in its place, or dies and frees its lane', async () => {
    const held = { to: 'held', reason: 'paused', step: 's', failure, detail: null } as const;
    const first = await put(given.store, ['l']);
    const second = await put(given.store, ['l']);
    const one = await leaseOne(given.store);
    await settle(given.store, one, held);
    const release = (to: 'waiting' | 'dead') =>
      given.store.release({
        deliveryIds: [one.delivery.id, '999'],
        to,
        at: T0 + 5,
        audit: audit('delivery.release'),
      });
    expect(await release('waiting')).toBe(1);
    expect(await release('waiting')).toBe(0);
    const again = await leaseOne(given.store, T0 + 5);
    expect(again).toMatchObject({ message: { id: first }, delivery: { heldFor: null, failure } });
    await settle(given.store, again, held);
    expect(await release('dead')).toBe(1);
    expect(messagesOf(await lease(given.store))).toEqual([second]);
    expect((await given.store.history(one.delivery.id))?.delivery).toMatchObject({
      state: 'dead',
      finishedAt: T0 + 5,
      failure,
    });
    expect((await given.store.auditTrail({ limit: 9 })).rows).toHaveLength(3);
  });

  test('a replay is a new delivery of the old message, oldest first, from the start or from a step', async () => {
    const ids = [await put(given.store, ['l']), await put(given.store, ['l'])];
    const dead: string[] = [];
    for (let i = 0; i < 2; i++) {
      const leased = await leaseOne(given.store);
      dead.push(leased.delivery.id);
      const steps = [step('find', 1), step('send[0]', 2), step('send[1]', 3), step('close', 4)];
      await settle(given.store, leased, { to: 'dead', failure, detail: null }, { steps });
    }
    const again = {
      deliveryIds: [...dead].reverse(),
      versions: { notify: 'v2' },
      at: T0 + 50,
      audit: audit(),
    };
    const fromStart = await given.store.replay(again);
    expect(fromStart).toHaveLength(2);
    const first = await leaseOne(given.store, T0 + 50);
    expect(first).toMatchObject({
      delivery: { id: fromStart[0], replayOf: dead[0], flowVersion: 'v2', attempts: 0 },
      message: { id: ids[0], planned: 2, flags: ['replayed'] },
      remembered: [],
    });
    await settle(given.store, first, { to: 'delivered' });
    await settle(given.store, await leaseOne(given.store, T0 + 50), { to: 'delivered' });

    const fromSend = await given.store.replay({
      ...again,
      fromStep: 'send',
      deliveryIds: [dead[0] as string, '999'],
    });
    expect((await given.store.history(fromSend[0] as string))?.steps).toEqual([step('find', 1)]);
    const fromNew = await given.store.replay({
      ...again,
      fromStep: 'never done',
      versions: {},
      deliveryIds: [dead[0] as string],
    });
    expect((await given.store.history(fromNew[0] as string))?.steps.map((one) => one.step)).toEqual([
      'find',
      'send[0]',
      'send[1]',
      'close',
    ]);
    expect((await given.store.history(fromNew[0] as string))?.delivery.flowVersion).toBe('v1');
    expect(messagesOf(await lease(given.store, 9, T0 + 50))).toEqual([ids[0]]);
    expect(await given.store.ledger()).toMatchObject({ received: 2, planned: 6, dead: 2, delivered: 2 });
  });

  test('whoever is given a message knows how often it came, and that it was replayed', async () => {
    const twoFlows = (id: string) =>
      message({
        dedupe: { sender: 's', id, hash: 'h' },
        deliveries: [delivery([id]), delivery([id], { flow: 'book' })],
      });
    await given.store.append(unit([twoFlows('came twice')]));
    await settle(given.store, await leaseOne(given.store), { to: 'delivered' });
    await given.store.append(unit([twoFlows('came twice')]));
    const twice = await leaseOne(given.store);
    expect(twice.message).toMatchObject({ repeats: 1, flags: [], planned: 2 });
    await settle(given.store, twice, { to: 'delivered' });

    await given.store.append(unit([twoFlows('replayed')]));
    const first = await leaseOne(given.store);
    await settle(given.store, first, { to: 'dead', failure, detail: null });
    const ids = [first.delivery.id];
    await given.store.replay({ deliveryIds: ids, versions: {}, at: T0, audit: audit() });
    const second = await leaseOne(given.store);
    expect(second.delivery.flow).toBe('book');
    expect(second.message).toMatchObject({ repeats: 0, flags: ['replayed'], planned: 3 });
  });

  test('a probe commits, and says nothing', async () => {
    await expect(given.store.probe()).resolves.toBeUndefined();
    expect(await given.store.ledger()).toMatchObject({ received: 0 });
  });
}
