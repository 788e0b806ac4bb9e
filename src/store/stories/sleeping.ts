import { expect, test } from 'vitest';
import type { NewMessage, Store } from '../contract.ts';
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

const asked = { step: 'wait', startedAt: T0, ms: 0, output: { since: T0 } };
const asleep = {
  to: 'sleeping',
  step: 'wait',
  wakeAt: T0 + 9_000,
  wakeOn: '#came',
  cancelOn: '#off',
} as const;

export function sleepingStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  /** A delivery of its lane that sleeps at `wait`; gives its id and its message's. */
  async function sleeper(lanes: readonly string[], store: Store = given.store) {
    const id = await put(store, lanes);
    const leased = await leaseOne(store);
    expect(leased.message.id).toBe(id);
    await settle(store, leased, asleep, { steps: [asked] });
    return { id, delivery: leased.delivery.id };
  }
  /** A message without a delivery that does this to sleepers. */
  async function event(more: Partial<NewMessage>, store: Store = given.store): Promise<string> {
    const [kept] = await store.append(unit([message({ receivedAt: T0 + 100, ...more })]));
    return (kept as { messageId: string }).messageId;
  }
  const stateOf = async (id: string, store: Store = given.store) => (await store.history(id))?.delivery.state;
  const outputOf = async (id: string, store: Store = given.store) =>
    (await store.history(id))?.steps.at(-1)?.output;

  test('a message of its lane wakes a sleeper: it stands behind the message, and remembers what woke it', async () => {
    const one = await sleeper(['l']);
    const other = await sleeper(['m']);
    const woke = await event({ wakes: ['l#came', 'l#other'], deliveries: [delivery(['l'])] });
    expect(await stateOf(other.delivery)).toBe('sleeping');
    expect(await outputOf(one.delivery)).toEqual({
      since: T0,
      wokenAt: T0 + 100,
      by: 'event',
      messageId: woke,
    });
    const first = await leaseOne(given.store, T0 + 200);
    expect(first.message.id).toBe(woke);
    await settle(given.store, first, { to: 'delivered' });
    const woken = await leaseOne(given.store, T0 + 200);
    expect(woken).toMatchObject({ message: { id: one.id }, delivery: { attempts: 0 } });
    expect(woken.remembered).toMatchObject([{ step: 'wait', output: { by: 'event' } }]);
    await settle(given.store, woken, { to: 'delivered' });
    expect(await given.store.wake({ now: T0 + 8_999 })).toBe(0);
  });

  test('a message of its lane ends a sleeper as filtered at its step, and says which message', async () => {
    const one = await sleeper(['l']);
    const why = await event({ cancels: ['l#off'] });
    const history = await given.store.history(one.delivery);
    expect(history?.delivery).toMatchObject({ state: 'filtered', step: 'wait', finishedAt: T0 + 100 });
    expect(history?.steps[0]?.output).toMatchObject({ since: T0, cancelled: true, messageId: why });
    expect(await given.store.ledger()).toMatchObject({ sleeping: 0, filtered: 1 });
    expect(await given.store.wake({ now: T0 + 99_000 })).toBe(0);
    expect(await given.store.nextDue()).toBeNull();
  });

  test('what came after it was planned and before it slept counts, also over a crash', async () => {
    const ids = [await put(given.store, ['a']), await put(given.store, ['b']), await put(given.store, ['c'])];
    const running = await lease(given.store);
    const ended = await event({ cancels: ['a#off'] });
    const woke = await event({ wakes: ['b#came'] });
    // Of before the delivery was planned: nothing to it.
    await event({ cancels: ['d#off'], wakes: ['d#came'] });
    const late = await put(given.store, ['d']);
    for (const one of running) await settle(given.store, one, asleep, { steps: [asked] });
    const store = await given.bench.crash();
    await settle(store, await leaseNamed(store, late), asleep, { steps: [asked] });
    const [a, b, c] = running.map((one) => one.delivery.id) as [string, string, string];
    expect(await stateOf(a, store)).toBe('filtered');
    expect(await outputOf(a, store)).toMatchObject({ cancelled: true, messageId: ended });
    expect(await stateOf(c, store)).toBe('sleeping');
    expect(await outputOf(b, store)).toMatchObject({ by: 'event', messageId: woke });
    expect(messagesOf(await lease(store, 9, T0 + 50))).toEqual([ids[1]]);
    expect(await store.ledger()).toMatchObject({ sleeping: 2, filtered: 1, running: 1 });
  });

  /** The one of that message; whatever else is due goes back. */
  async function leaseNamed(store: Store, id: string) {
    const all = await lease(store);
    for (const one of all) if (one.message.id !== id) await settle(store, one, { to: 'given back' });
    return all.find((one) => one.message.id === id) as (typeof all)[number];
  }

  test('its own message does nothing to a delivery, whatever else comes in the same append', async () => {
    const own = { wakes: ['l#came'], cancels: ['l#off'] };
    await given.store.append(
      unit([message({ ...own, deliveries: [delivery(['l'])] }), message({ wakes: ['m#came'] })]),
    );
    const leased = await leaseOne(given.store);
    await settle(given.store, leased, asleep, { steps: [asked] });
    expect(await stateOf(leased.delivery.id)).toBe('sleeping');
    await event(own);
    expect(await stateOf(leased.delivery.id)).toBe('filtered');
  });

  test('the event that woke it does not end its next wait; one after that does', async () => {
    const one = await sleeper(['l']);
    await event({ wakes: ['l#came', 'l#again'] });
    const next = { ...asleep, step: 'second', wakeOn: '#again' };
    await settle(given.store, await leaseOne(given.store, T0 + 200), next, { steps: [] });
    expect(await stateOf(one.delivery)).toBe('sleeping');
    await event({ wakes: ['l#came', 'l#again'] });
    expect(await stateOf(one.delivery)).toBe('waiting');
  });

  test('a repeat does nothing to sleepers, and what came before a replay nothing to the replay', async () => {
    const dedupe = { sender: 's', id: '7', hash: 'h' };
    await event({ dedupe });
    const one = await sleeper(['l']);
    await event({ dedupe, cancels: ['l#off'], wakes: ['l#came'] });
    expect(await stateOf(one.delivery)).toBe('sleeping');
    await event({ cancels: ['l#off'], wakes: ['l#came'] });
    expect(await stateOf(one.delivery)).toBe('filtered');
    const [again] = await given.store.replay({
      deliveryIds: [one.delivery],
      versions: {},
      at: T0 + 200,
      audit: audit(),
    });
    await settle(given.store, await leaseOne(given.store, T0 + 300), asleep, { steps: [asked] });
    expect(await stateOf(again as string)).toBe('sleeping');
  });

  test('sleepers follow a merge to the survivor, and an unlink back', async () => {
    const merged = await sleeper(['retired']);
    const chained = await sleeper(['retired']);
    await given.store.append(unit([], { aliases: [{ from: 'retired', to: 'survivor' }] }));
    await event({ cancels: ['retired#nothing', 'other#off'] });
    expect(await stateOf(merged.delivery)).toBe('sleeping');
    await event({ wakes: ['survivor#came'] });
    expect(await stateOf(merged.delivery)).toBe('waiting');
    expect(await stateOf(chained.delivery)).toBe('waiting');
    for (const one of [merged, chained]) {
      const leased = await leaseOne(given.store, T0 + 200);
      expect(leased.message.id).toBe(one.id);
      await settle(given.store, leased, { ...asleep, step: 'second', wakeOn: '#later' });
    }
    await given.store.append(unit([], { aliases: [{ from: 'retired', to: 'survivor', undo: true }] }));
    await event({ wakes: ['survivor#later'], cancels: ['survivor#off'] });
    expect(await stateOf(merged.delivery)).toBe('sleeping');
    const store = await given.bench.reopen();
    await event({ cancels: ['retired#off'] }, store);
    expect(await stateOf(merged.delivery, store)).toBe('filtered');
  });

  test('an unlink parts only what was merged, is not undone by a repeat, and holds what waits in both lanes', async () => {
    const join = (from: string, to: string) => given.store.append(unit([], { aliases: [{ from, to }] }));
    await join('a', 'b');
    await join('b', 'c');
    const dedupe = { sender: 's', id: 'merge', hash: 'h' };
    await given.store.append(unit([message({ dedupe })], { aliases: [{ from: 'x', to: 'a' }] }));
    const [inHand, waits] = [await put(given.store, ['b']), await put(given.store, ['a'])];
    const running = await leaseOne(given.store);
    const hold = { reason: 'unlinked', failure } as const;
    const both = (one: string, other: string) => [
      { from: one, to: other, undo: true, hold },
      { from: other, to: one, undo: true, hold },
    ];
    const [unlink] = await given.store.append(
      unit([message({ deliveries: [delivery(['a', 'b'])] })], { aliases: both('a', 'b') }),
    );
    // The merge of x and a comes again: it is a repeat, and b still joins c.
    await given.store.append(unit([message({ dedupe })], { aliases: [{ from: 'a', to: 'b' }] }));
    expect(running.message.id).toBe(inHand);
    await settle(given.store, running, { to: 'delivered' });
    const [a, x, c, other] = [
      await put(given.store, ['a']),
      await put(given.store, ['x']),
      await put(given.store, ['c']),
      await put(given.store, ['other']),
    ];
    const free = await leaseOne(given.store);
    expect(free.message.id).toBe(other);
    await settle(given.store, free, { to: 'delivered' });
    const store = await given.bench.reopen();
    const held = (await store.message(waits))?.deliveries[0];
    expect(held).toMatchObject({ state: 'held', heldFor: 'unlinked', failure });
    const ids = [held?.id, (await store.message(unlink?.messageId as string))?.deliveries[0]?.id] as string[];
    expect(await store.release({ deliveryIds: ids, to: 'waiting', at: T0 + 5, audit: audit() })).toBe(2);
    const order: string[] = [];
    for (;;) {
      const leased = await lease(store, 9, T0 + 10);
      if (leased.length === 0) break;
      order.push(messagesOf(leased).sort().join('+'));
      for (const one of leased) await settle(store, one, { to: 'delivered' });
    }
    expect(order).toEqual([waits, unlink?.messageId, `${a}+${c}`, x].map((each) => each as string));
  });

  test('one that stands in several lanes is not given up before it is the first: it keeps the order between them', async () => {
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b' }] }));
    const old = await put(given.store, ['a']);
    const hold = { reason: 'unlinked', failure } as const;
    const [unlink] = await given.store.append(
      unit([message({ deliveries: [delivery(['a', 'b'])] })], {
        aliases: [{ from: 'a', to: 'b', undo: true, hold }],
      }),
    );
    const later = await put(given.store, ['a']);
    const idOf = async (id: string) => (await given.store.message(id))?.deliveries[0]?.id as string;
    const giveUp = async (id: string) =>
      given.store.release({ deliveryIds: [await idOf(id)], to: 'dead', at: T0 + 1, audit: audit() });
    expect(await giveUp(unlink?.messageId as string)).toBe(0);
    expect(await lease(given.store)).toEqual([]);
    expect(await giveUp(old)).toBe(1);
    expect(await giveUp(unlink?.messageId as string)).toBe(1);
    expect(messagesOf(await lease(given.store))).toEqual([later]);
  });

  test('one that an unlink held in the middle of its lane may be given up; the others keep their order', async () => {
    const ids = [];
    for (let at = 0; at < 4; at++) ids.push(await put(given.store, ['b']));
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b' }] }));
    const hold = { reason: 'unlinked', failure } as const;
    await given.store.append(unit([], { aliases: [{ from: 'a', to: 'b', undo: true, hold }] }));
    expect(await lease(given.store)).toEqual([]);
    const deliveries: string[] = [];
    for (const id of ids) deliveries.push((await given.store.message(id))?.deliveries[0]?.id as string);
    const release = (which: readonly (string | undefined)[], to: 'waiting' | 'dead') =>
      given.store.release({ deliveryIds: which as string[], to, at: T0 + 1, audit: audit() });
    expect(await release([deliveries[1]], 'dead')).toBe(1);
    expect(await release([deliveries[3], deliveries[2], deliveries[0]], 'waiting')).toBe(3);
    const order: string[] = [];
    for (let at = 0; at < 3; at++) {
      const leased = await leaseOne(given.store, T0 + 5);
      order.push(leased.message.id);
      await settle(given.store, leased, { to: 'delivered' });
    }
    expect(order).toEqual([ids[0], ids[2], ids[3]]);
  });

  test('a person answers a sleeper: it stands at the tail with the answer, or is filtered; once', async () => {
    const yes = await sleeper(['l']);
    const no = await sleeper(['l']);
    const behind = await put(given.store, ['l']);
    const answer = (deliveryId: string, to: 'waiting' | 'filtered', step = 'wait') =>
      given.store.answer({
        deliveryId,
        step: { step, startedAt: T0, ms: 40, output: { approved: to === 'waiting', who: 'kim' } },
        to,
        at: T0 + 40,
        audit: audit('delivery.answer'),
      });
    expect(await answer(yes.delivery, 'waiting', 'another')).toBe('stale');
    expect(await answer('999', 'waiting')).toBe('stale');
    expect((await given.store.auditTrail({ limit: 9 })).rows).toEqual([]);
    expect(await answer(yes.delivery, 'waiting')).toBe('settled');
    expect(await answer(no.delivery, 'filtered')).toBe('settled');
    expect(await answer(yes.delivery, 'filtered')).toBe('stale');
    expect(await answer(no.delivery, 'waiting')).toBe('stale');
    expect((await given.store.auditTrail({ limit: 9 })).rows).toHaveLength(2);
    expect((await given.store.history(no.delivery))?.delivery).toMatchObject({
      state: 'filtered',
      step: 'wait',
      finishedAt: T0 + 40,
    });
    const store = await given.bench.crash();
    const first = await leaseOne(store, T0 + 50);
    expect(first.message.id).toBe(behind);
    await settle(store, first, { to: 'delivered' });
    const woken = await leaseOne(store, T0 + 50);
    expect(woken.message.id).toBe(yes.id);
    expect(woken.remembered.map((one) => one.output)).toEqual([{ approved: true, who: 'kim' }]);
    expect(await store.wake({ now: T0 + 99_000 })).toBe(0);
    await store.append(unit([message({ cancels: ['l#off'] })]));
    expect(await stateOf(yes.delivery, store)).toBe('running');
  });

  test('one that is held at the step is answered where it stands', async () => {
    const held = { to: 'held', reason: 'unanswered', step: 'wait', failure, detail: null } as const;
    const first = await put(given.store, ['l']);
    const second = await put(given.store, ['l']);
    const one = await leaseOne(given.store);
    await settle(given.store, one, held);
    const answer = (to: 'waiting' | 'filtered') =>
      given.store.answer({
        deliveryId: one.delivery.id,
        step: { step: 'wait', startedAt: T0, ms: 40, output: { approved: to === 'waiting' } },
        to,
        at: T0 + 40,
        audit: audit('delivery.answer'),
      });
    expect(await answer('waiting')).toBe('settled');
    const again = await leaseOne(given.store, T0 + 50);
    expect(again).toMatchObject({
      message: { id: first },
      delivery: { heldFor: null },
      remembered: [{ output: { approved: true } }],
    });
    await settle(given.store, again, held);
    expect(await answer('filtered')).toBe('settled');
    expect(messagesOf(await lease(given.store, 9, T0 + 50))).toEqual([second]);
    expect(await given.store.ledger()).toMatchObject({ held: 0, filtered: 1 });
  });

  test('sleepers are listed, oldest first, by site and flow, a page at a time', async () => {
    const some = [await sleeper(['a']), await sleeper(['b']), await sleeper(['c'])];
    await put(given.store, ['d'], { deliveries: [delivery(['d'], { flow: 'other' })] });
    await settle(given.store, await leaseOne(given.store), { ...asleep, wakeAt: null });
    const page = await given.store.sleepers({ flow: 'notify', site: 'north', limit: 2 });
    expect(page.rows).toMatchObject([
      { delivery: { id: some[0]?.delivery, step: 'wait' }, message: { id: some[0]?.id }, wakeAt: T0 + 9_000 },
      { delivery: { id: some[1]?.delivery } },
    ]);
    const after = page.after as string;
    const rest = await given.store.sleepers({ limit: 9, after });
    expect(rest.rows.map((row) => row.wakeAt)).toEqual([T0 + 9_000, null]);
    expect(rest.after).toBeNull();
    expect((await given.store.sleepers({ site: 'south', limit: 9 })).rows).toEqual([]);
  });
}
