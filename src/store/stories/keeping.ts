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
  put,
  refusal,
  settle,
  T0,
  unit,
} from './bench.ts';

export function keepingStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('secrets, users and sessions', async () => {
    const user = { name: 'kim', role: 'operator', password: 'scrypt$...', createdAt: T0, disabled: false };
    const session = { id: 's1', user: 'kim', createdAt: T0, usedAt: T0 };
    await given.store.putSecret('epic key', 'first');
    await given.store.putSecret('epic key', '-----BEGIN PRIVATE KEY-----');
    await given.store.putUser(user, audit('user.create'));
    await given.store.putSession(session);
    await given.store.putSession({ ...session, usedAt: T0 + 5 });
    const store = await given.bench.reopen();
    expect(await store.getSecret('epic key')).toBe('-----BEGIN PRIVATE KEY-----');
    expect(await store.getSecret('other')).toBeNull();
    expect(await store.user('kim')).toEqual(user);
    expect(await store.users()).toEqual([user]);
    expect(await store.user('lee')).toBeNull();
    expect(await store.session('s1')).toEqual({ ...session, usedAt: T0 + 5 });
    await store.endSession('s1');
    expect(await store.session('s1')).toBeNull();
    await store.putSession(session);
    await store.putUser({ ...user, disabled: true }, audit('user.disable'));
    expect(await store.session('s1')).toBeNull();
    expect((await store.auditTrail({ limit: 9 })).rows.map((row) => row.act)).toEqual([
      'user.disable',
      'user.create',
    ]);
  });

  test('the audit trail is a chain, newest first, and holds across a restart', async () => {
    await given.store.audit(Array.from({ length: 5 }, (_, i) => audit(`act ${i}`)));
    await given.store.append(unit([message()], { audit: [audit('act 5')] }));
    const store = await given.bench.reopen();
    await store.audit([audit('act 6')]);
    const first = await store.auditTrail({ limit: 4 });
    const rest = await store.auditTrail({ limit: 4, before: first.before as string });
    expect([...first.rows, ...rest.rows].map((row) => row.act)).toEqual(
      [6, 5, 4, 3, 2, 1, 0].map((i) => `act ${i}`),
    );
    expect(first.rows[0]).toMatchObject({ ...audit('act 6'), hash: expect.any(String) });
    expect(rest.before).toBeNull();
    expect(await store.verifyAudit()).toEqual([]);
  });

  test('an act that is refused leaves no entry', async () => {
    const bad = unit([message({ deliveries: [delivery([])] })], { audit: [audit('bad')] });
    const all = [
      given.store.audit([audit('one')]),
      given.store.append(bad),
      given.store.audit([audit('two')]),
    ];
    expect(await refusal(all[1] as Promise<unknown>)).toBe('STORE_REFUSED');
    await Promise.all([all[0], all[2]]);
    expect((await given.store.auditTrail({ limit: 9 })).rows.map((row) => row.act)).toEqual(['two', 'one']);
    expect(await given.store.verifyAudit()).toEqual([]);
  });

  test('old finished messages leave with everything of theirs; unfinished and young ones stay', async () => {
    const dedupe = { sender: 's', id: '1', hash: 'h' };
    const old = await put(given.store, ['a'], { dedupe, patients: ['p'] });
    const unfinished = await put(given.store, ['b'], { patients: ['p'] });
    const rejected = await given.store.append(unit([message({ state: 'rejected', reason: 'No MSH.' })]));
    const young = await put(given.store, ['c'], { receivedAt: T0 + 120_000, patients: ['p'] });
    const leased = await leaseOne(given.store);
    expect(leased.message.id).toBe(old);
    await settle(
      given.store,
      leased,
      { to: 'dead', failure, detail: 'x' },
      { steps: [{ step: 's', startedAt: T0, ms: 1, output: 1 }] },
    );
    expect(await given.store.prune({ receivedBefore: T0, limit: 100 })).toBe(0);
    expect(await given.store.prune({ receivedBefore: T0 + 60_000, limit: 100 })).toBe(2);
    expect(await given.store.message(old)).toBeNull();
    expect(await given.store.history(leased.delivery.id)).toBeNull();
    expect(await given.store.message(rejected[0]?.messageId as string)).toBeNull();
    const found = await given.store.search({ patient: 'p', limit: 9 });
    expect(found.rows.map((row) => row.id)).toEqual([young, unfinished]);
    expect(await given.store.ledger()).toMatchObject({
      received: 2,
      planned: 2,
      waiting: 2,
      dead: 0,
      rejected: 0,
    });
    expect(await given.store.tallies(T0)).toMatchObject([{ received: 2, queued: 2, errored: 0 }]);
    const store = await given.bench.reopen();
    const again = await store.append(unit([message({ dedupe })]));
    expect(again).toMatchObject([{ kind: 'kept', flags: [] }]);
    expect(Number(again[0]?.messageId)).toBeGreaterThan(Number(young));
  });

  test('ids are never given twice, also when everything was pruned', async () => {
    const first = await put(given.store, ['a']);
    const leased = await leaseOne(given.store);
    await settle(given.store, leased, { to: 'delivered' });
    await given.store.prune({ receivedBefore: T0 + 60_000, limit: 9 });
    const store = await given.bench.reopen();
    const second = await put(store, ['a']);
    const next = await leaseOne(store);
    expect(Number(second)).toBeGreaterThan(Number(first));
    expect(Number(next.delivery.id)).toBeGreaterThan(Number(leased.delivery.id));
  });

  test('more than one transaction of old messages is pruned, no more than asked', async () => {
    await given.store.append(unit(Array.from({ length: 1_200 }, () => message())));
    await put(given.store, ['stays']);
    expect(await given.store.prune({ receivedBefore: T0 + 60_000, limit: 700 })).toBe(700);
    expect(await given.store.prune({ receivedBefore: T0 + 60_000, limit: 10_000 })).toBe(500);
    expect(await given.store.ledger()).toMatchObject({ received: 1, waiting: 1 });
  });

  test('after close everything is refused, and closing twice is closing once', async () => {
    const { store } = given;
    const last = put(store, ['l']);
    await Promise.all([store.close(), store.close()]);
    await expect(last).resolves.toEqual(expect.any(String));
    expect(await refusal(put(store, ['l']))).toBe('STORE_CLOSED');
    expect(await refusal(store.ledger())).toBe('STORE_CLOSED');
    const after = await given.bench.reopen();
    expect(await lease(after)).toHaveLength(1);
  });
}
