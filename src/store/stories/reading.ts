import { expect, test } from 'vitest';
import { ledgerFaults } from '../../message/index.ts';
import type { Store } from '../contract.ts';
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
  settle,
  T0,
  unit,
} from './bench.ts';

const MINUTE = 60_000;

/** 12 messages of two sites, one a minute: 8 ADT (4 A01, 4 A08), 4 ORU. */
async function fill(store: Store): Promise<string[]> {
  const types = ['ADT^A01', 'ORU^R01', 'ADT^A08'];
  const ids: string[] = [];
  for (let i = 0; i < 12; i++) {
    const [kept] = await store.append({
      site: i % 2 ? 'south' : 'north',
      connection: i % 4 === 3 ? 'lab' : 'adt',
      messages: [
        message({
          type: types[i % 3] as string,
          controlId: `C${i % 5}`,
          receivedAt: T0 + i * MINUTE,
          patients: [`p${i % 3}`, `q${i}`],
          deliveries: i === 4 ? [] : [delivery([`l${i}`], { flow: i < 6 ? 'notify' : 'book' })],
        }),
      ],
    });
    ids.push(kept?.messageId as string);
  }
  return ids;
}

export function readingStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('each filter finds what it names, newest first, and so do they together', async () => {
    const ids = await fill(given.store);
    const [kept] = await given.store.append(
      unit([message({ state: 'rejected', reason: 'No MSH.', receivedAt: T0 + 12 * MINUTE })]),
    );
    ids.push(kept?.messageId as string);
    const leased = await lease(given.store, 2, T0 + 99 * MINUTE);
    await settle(given.store, leased[0] as never, { to: 'delivered' });
    await settle(given.store, leased[1] as never, { to: 'dead', failure, detail: null });
    const find = async (query: object): Promise<number[]> =>
      (await given.store.search({ limit: 100, ...query })).rows.map((row) => ids.indexOf(row.id));
    expect(await find({})).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(await find({ site: 'south' })).toEqual([11, 9, 7, 5, 3, 1]);
    expect(await find({ connection: 'lab' })).toEqual([11, 7, 3]);
    expect(await find({ site: 'north', connection: 'lab' })).toEqual([]);
    expect(await find({ controlId: 'C1' })).toEqual([11, 6, 1]);
    expect(await find({ patient: 'p1' })).toEqual([10, 7, 4, 1]);
    expect(await find({ patient: 'q7' })).toEqual([7]);
    expect(await find({ patient: 'nobody' })).toEqual([]);
    expect(await find({ type: 'ADT^A08' })).toEqual([11, 8, 5, 2]);
    expect(await find({ type: 'ADT^*' })).toEqual([12, 11, 9, 8, 6, 5, 3, 2, 0]);
    expect(await find({ type: 'ADT' })).toEqual([]);
    expect(await find({ flow: 'book' })).toEqual([11, 10, 9, 8, 7, 6]);
    expect(await find({ flow: 'none' })).toEqual([]);
    expect(await find({ state: 'rejected' })).toEqual([12]);
    expect(await find({ state: 'accepted', patient: 'p0' })).toEqual([9, 6, 3, 0]);
    expect(await find({ state: 'unrouted' })).toEqual([4]);
    expect(await find({ state: 'delivered' })).toEqual([0]);
    expect(await find({ state: 'dead' })).toEqual([1]);
    expect(await find({ state: 'waiting', flow: 'notify' })).toEqual([5, 3, 2]);
    expect(await find({ from: T0 + 3 * MINUTE, to: T0 + 6 * MINUTE })).toEqual([5, 4, 3]);
    expect(await find({ from: T0 + 3 * MINUTE + 1, to: T0 + 5 * MINUTE + 1 })).toEqual([5, 4]);
    expect(await find({ from: T0 + 99 * MINUTE })).toEqual([]);
    expect(await find({ to: T0 })).toEqual([]);
    expect(await find({ site: 'south', type: 'ADT^*', flow: 'book', patient: 'p0' })).toEqual([9]);
    const { rows } = await given.store.search({ limit: 100, controlId: 'C1' });
    expect(rows.map((row) => row.deliveries)).toEqual([
      [{ flow: 'book', state: 'waiting' }],
      [{ flow: 'book', state: 'waiting' }],
      [{ flow: 'notify', state: 'dead' }],
    ]);
  });

  test('pages follow each other without gap or repetition, while more comes in', async () => {
    await given.store.append(
      unit(Array.from({ length: 1_300 }, (_, i) => message({ type: `T${i % 3}`, patients: ['p'] }))),
    );
    await given.store.append(
      unit(
        Array.from({ length: 1_300 }, () => message({ type: 'T0' })),
        { connection: 'other' },
      ),
    );
    for (const query of [
      {},
      { site: 'north' },
      { type: 'T*' },
      { patient: 'p' },
      { state: 'unrouted' },
    ] as const) {
      const seen: number[] = [];
      let before: string | null = null;
      do {
        const page = await given.store.search({
          ...query,
          limit: 300,
          ...(before === null ? {} : { before }),
        });
        seen.push(...page.rows.map((row) => Number(row.id)));
        before = page.before;
        await put(given.store, ['l']);
      } while (before !== null);
      const count = 'patient' in query ? 1_300 : 2_600;
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen).toEqual([...seen].sort((a, b) => b - a));
      expect(seen.length).toBeGreaterThanOrEqual(count);
    }
  });

  test('dead letters, newest first, by site, flow and code', async () => {
    const ids = await fill(given.store);
    for (const leased of await lease(given.store, 100, T0 + 99 * MINUTE)) {
      const code = Number(leased.message.id) % 2 ? 'WEBHOOK_REFUSED' : 'MAP_MISSING';
      await settle(given.store, leased, { to: 'dead', failure: { ...failure, code }, detail: null });
    }
    const find = async (query: object) =>
      (await given.store.deadLetters({ limit: 100, ...query })).rows.map((row) =>
        ids.indexOf(row.message.id),
      );
    expect(await find({})).toEqual([11, 10, 9, 8, 7, 6, 5, 3, 2, 1, 0]);
    expect(await find({ site: 'south' })).toEqual([11, 9, 7, 5, 3, 1]);
    expect(await find({ flow: 'notify' })).toEqual([5, 3, 2, 1, 0]);
    expect(await find({ code: 'NONE' })).toEqual([]);
    expect(
      (await find({ code: 'MAP_MISSING' })).length + (await find({ code: 'WEBHOOK_REFUSED' })).length,
    ).toBe(11);
    const first = await given.store.deadLetters({ limit: 4 });
    const rest = await given.store.deadLetters({ limit: 100, before: first.before as string });
    expect([...first.rows, ...rest.rows]).toHaveLength(11);
    expect(rest.before).toBeNull();
  });

  test('tallies say by connection what the ledger says of all', async () => {
    await fill(given.store);
    await settle(given.store, await leaseOne(given.store, T0 + 99 * MINUTE), { to: 'delivered' });
    await settle(given.store, await leaseOne(given.store, T0 + 99 * MINUTE), { to: 'filtered', step: 's' });
    await given.store.append(unit([message({ state: 'rejected', reason: 'No MSH.' })]));
    const now = T0 + 11 * MINUTE;
    const tallies = await given.store.tallies(now);
    expect(tallies.map(({ site, connection }) => `${site}/${connection}`).sort()).toEqual([
      'north/adt',
      'south/adt',
      'south/lab',
    ]);
    const north = tallies.find((tally) => tally.site === 'north');
    expect(north).toMatchObject({
      received: 7,
      sent: 1,
      errored: 1,
      filtered: 1,
      queued: 4,
      lastReceivedAt: T0 + 10 * MINUTE,
    });
    expect(north?.receivedPerMinute).toHaveLength(60);
    expect(north?.receivedPerMinute.slice(-12)).toEqual([2, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    expect(await given.store.backlog()).toContainEqual({ site: 'north', connection: 'adt', queued: 4 });
    const ledger = await given.store.ledger();
    expect(ledgerFaults(ledger)).toEqual([]);
    expect(ledger).toMatchObject({
      received: 13,
      rejected: 1,
      unrouted: 1,
      delivered: 1,
      filtered: 1,
      waiting: 9,
    });
  });

  test('outcomes and noise add up', async () => {
    const count = { minute: 100, site: 'north', connection: 'epic', kind: 'ok', count: 3, ms: 30 };
    await given.store.countOutcomes([count, { ...count, kind: 'auth' }, { ...count, minute: 101 }]);
    await given.store.countOutcomes([{ ...count, count: 1, ms: 5 }]);
    expect(await given.store.outcomes(100 * MINUTE + 59_999)).toEqual([
      { ...count, kind: 'auth' },
      { ...count, count: 4, ms: 35 },
      { ...count, minute: 101 },
    ]);
    expect(await given.store.outcomes(101 * MINUTE)).toHaveLength(1);
    const noise = { site: 'north', connection: 'adt', kind: 'garbage', count: 1, bytes: 10 } as const;
    await given.store.countNoise([noise, noise]);
    expect(await given.store.noises()).toEqual([{ ...noise, count: 2, bytes: 20 }]);
  });

  test('what is not there is null', async () => {
    expect(await given.store.message('1')).toBeNull();
    expect(await given.store.payload('nonsense')).toBeNull();
    expect(await given.store.cursor('north', 'adt', 'c')).toBeNull();
    expect(await given.store.nextDue()).toBeNull();
    expect((await given.store.search({ limit: 5 })).before).toBeNull();
    expect((await given.store.auditTrail({ limit: 5 })).rows).toEqual([]);
    await given.store.audit([audit()]);
    expect((await given.store.auditTrail({ limit: 5 })).rows).toHaveLength(1);
  });
}
