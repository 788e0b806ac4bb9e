/** What this store offers beyond the stories of every store. */
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEntry, ReplayRequest, Settled, Settlement } from '../contract.ts';
import {
  audit,
  bytesOf,
  delivery,
  ending,
  failure,
  lease,
  leaseOne,
  message,
  messagesOf,
  put,
  settle,
  T0,
  unit,
} from '../stories/bench.ts';
import type { Unit } from './append.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import type { Job } from './jobs.ts';
import type { DeadGroup, Sleeper, StuckLane } from './messages.ts';
import { openPostgresStore, type PostgresStore } from './open.ts';
import type { DeliveryQuery } from './search.ts';

/** Methods that the contract does not name yet. */
interface More {
  append(unit: Unit): ReturnType<PostgresStore['append']>;
  stuckLanes(query: { site?: string; flow?: string; limit: number }): Promise<readonly StuckLane[]>;
  answer(request: {
    deliveryId: string;
    step: { step: string; startedAt: number; ms: number; output: unknown };
    to: 'waiting' | 'filtered' | 'dead';
    at: number;
    audit: AuditEntry;
  }): Promise<Settled>;
  sleepers(query: { site?: string; flow?: string; after?: string; limit: number }): Promise<{
    rows: readonly Sleeper[];
    after: string | null;
  }>;
  deadGroups(query: { site?: string; flow?: string }): Promise<readonly DeadGroup[]>;
  deliveries(query: DeliveryQuery): Promise<{ rows: readonly { id: string }[]; after: string | null }>;
  putJob(job: Job, audit?: AuditEntry): Promise<void>;
  jobs(limit: number): Promise<readonly Job[]>;
  job(id: string): Promise<Job | null>;
  putFlowVersion(version: string, flow: unknown): Promise<void>;
  flowVersion(version: string): Promise<unknown>;
  scan(query: object): Promise<{ rows: readonly { id: string }[]; before: string | null; looked: number }>;
  prune(request: object): Promise<number>;
  replay(request: ReplayRequest & { job?: Job }): Promise<readonly string[]>;
  deadLetters(query: object): Promise<{ rows: readonly { delivery: { id: string } }[] }>;
}

describe.skipIf(!postgresIsThere('more of the PostgreSQL store'))('more', () => {
  let cluster: Cluster;
  let database: string;
  let store: Omit<PostgresStore, keyof More> & More;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());
  beforeEach(async () => {
    database = await cluster.newDatabase();
    const masterKey = new Uint8Array(randomBytes(32));
    store = (await openPostgresStore({ url: cluster.url(database), masterKey })) as never;
  });
  afterEach(async () => {
    await store.close();
    await cluster.dropDatabase(database);
  });
  const plain = () => store as unknown as PostgresStore;
  const sleep = async (lane: string, end: object): Promise<string> => {
    await put(plain(), [lane]);
    const leased = await leaseOne(plain());
    await plain().settle(
      ending(leased, {
        to: 'sleeping',
        step: 'wait',
        wakeAt: null,
        wakeOn: null,
        ...end,
      } as never) as Settlement,
    );
    return leased.delivery.id;
  };

  test('a lane that stands still is shown with its head and how many wait behind it', async () => {
    const held = { to: 'held', reason: 'paused', step: 's', failure, detail: null } as const;
    const head = await put(plain(), ['long']);
    await put(plain(), ['long']);
    await put(plain(), ['long']);
    await settle(plain(), await leaseOne(plain()), held);
    await put(plain(), ['short']);
    await settle(plain(), await leaseOne(plain()), { to: 'waiting', dueAt: T0 + 500, failure, detail: null });
    await put(plain(), ['moves']);
    const stuck = await store.stuckLanes({ limit: 9 });
    expect(stuck.map((one) => [one.lane, one.standing, one.head.state])).toEqual([
      ['long', 3, 'held'],
      ['short', 1, 'waiting'],
    ]);
    expect(stuck[0]?.message.id).toBe(head);
    expect(await store.stuckLanes({ site: 'south', limit: 9 })).toEqual([]);
    expect(await store.stuckLanes({ flow: 'none', limit: 9 })).toEqual([]);
  });

  test('sleepers are listed, answered once, and stand again at the tail with the answer remembered', async () => {
    const first = await sleep('l', {});
    const second = await sleep('l', { wakeAt: T0 + 900 });
    const page = await store.sleepers({ limit: 1 });
    expect(page.rows.map((row) => row.delivery.id)).toEqual([first]);
    const rest = await store.sleepers({ limit: 9, after: page.after as string });
    expect(rest.rows.map((row) => [row.delivery.id, row.wakeAt])).toEqual([[second, T0 + 900]]);
    const behind = await put(plain(), ['l']);
    const step = { step: 'wait', startedAt: T0, ms: 0, output: { approved: 'Ödegård' } };
    const ask = { deliveryId: first, step, at: T0 + 1, audit: audit('delivery.approve') };
    expect(await store.answer({ ...ask, step: { ...step, step: 'other' }, to: 'waiting' })).toBe('stale');
    expect(await store.answer({ ...ask, to: 'waiting' })).toBe('settled');
    expect(await store.answer({ ...ask, to: 'waiting' })).toBe('stale');
    expect(await store.answer({ ...ask, deliveryId: second, to: 'filtered' })).toBe('settled');
    const head = await leaseOne(plain());
    expect(head.message.id).toBe(behind);
    await settle(plain(), head, { to: 'delivered' });
    const woken = await leaseOne(plain());
    expect(woken).toMatchObject({ delivery: { id: first }, remembered: [step] });
    expect(await store.ledger()).toMatchObject({ filtered: 1, delivered: 1, running: 1, sleeping: 0 });
    expect((await store.auditTrail({ limit: 9 })).rows).toHaveLength(2);
    expect(await store.tallies(T0)).toMatchObject([{ filtered: 1, sent: 1, queued: 1 }]);
  });

  test('an append cancels sleepers before its messages and wakes others after them', async () => {
    const cancelled = await sleep('l', { cancelOn: 'discharged' });
    const woken = await sleep('l', { wakeOn: 'result' });
    const untouched = await sleep('l', { wakeOn: 'other', cancelOn: 'other' });
    const [kept] = await store.append(
      unit([message({ deliveries: [delivery(['l'])] })], {
        cancels: ['discharged'],
        wakes: ['result'],
      } as object),
    );
    expect((await store.history(cancelled))?.delivery).toMatchObject({ state: 'filtered', step: 'wait' });
    const order: string[] = [];
    for (let i = 0; i < 2; i++) {
      const leased = await leaseOne(plain(), T0 + 9);
      order.push(leased.delivery.id);
      await settle(plain(), leased, { to: 'delivered' });
    }
    expect(order).toEqual([`${Number(kept?.messageId) * 4096}`, woken]);
    expect((await store.history(untouched))?.delivery.state).toBe('sleeping');
    expect(await store.tallies(T0)).toMatchObject([{ filtered: 1, sent: 2, queued: 1 }]);
  });

  test('given back with a time: it keeps its lane and is not due before', async () => {
    const first = await put(plain(), ['l']);
    await put(plain(), ['l']);
    const leased = await leaseOne(plain());
    await plain().settle(ending(leased, { to: 'given back', dueAt: T0 + 50 } as never));
    expect(await lease(plain())).toEqual([]);
    expect(await store.nextDue()).toBe(T0 + 50);
    expect(messagesOf(await lease(plain(), 9, T0 + 50))).toEqual([first]);
  });

  test('dead letters of one cause are one group; a replay takes them out of it and says by whom', async () => {
    const other = { ...failure, code: 'MAP_MISSING', at: { step: 'map', path: 'PID-3' } };
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      await put(plain(), [`l${i}`]);
      const leased = await leaseOne(plain());
      ids.push(leased.delivery.id);
      await settle(
        plain(),
        leased,
        { to: 'dead', failure: i < 3 ? failure : other, detail: null },
        { at: T0 + i },
      );
    }
    const groups = await store.deadGroups({});
    expect(
      groups.map((group) => [group.code, group.step, group.path, group.count, group.firstAt, group.lastAt]),
    ).toEqual([
      ['WEBHOOK_REFUSED', 'post', null, 3, T0, T0 + 2],
      ['MAP_MISSING', 'map', 'PID-3', 2, T0 + 3, T0 + 4],
    ]);
    expect(groups[0]?.sample.delivery.id).toBe(ids[2]);
    const fingerprint = groups[1]?.fingerprint as string;
    expect((await store.deadLetters({ fingerprint, limit: 9 })).rows.map((row) => row.delivery.id)).toEqual([
      ids[4],
      ids[3],
    ]);
    const found = await store.deliveries({ fingerprint, state: 'dead', limit: 9 });
    expect(found.rows.map((row) => row.id)).toEqual([ids[3], ids[4]]);
    const job: Job = {
      id: 'j1',
      kind: 'replay',
      state: 'running',
      who: 'kim',
      reason: 'fixed',
      createdAt: T0,
      updatedAt: T0,
      request: { fingerprint },
      done: 1,
      total: 2,
      after: ids[3] as string,
      failure: null,
    };
    const [again] = await store.replay({
      deliveryIds: [ids[3] as string],
      versions: {},
      at: T0,
      audit: audit(),
      job,
    });
    expect((await store.deadGroups({})).map((group) => group.count)).toEqual([3, 1]);
    expect((await store.history(ids[3] as string))?.delivery).toMatchObject({ replayedBy: again });
    expect(
      (await store.deadLetters({ replayed: true, limit: 9 })).rows.map((row) => row.delivery.id),
    ).toEqual([ids[3]]);
    expect(await store.job('j1')).toEqual(job);
    await store.putJob({ ...job, state: 'done', done: 2, updatedAt: T0 + 9 }, audit('job.done'));
    expect(await store.jobs(9)).toEqual([{ ...job, state: 'done', done: 2, updatedAt: T0 + 9 }]);
    expect(await store.job('none')).toBeNull();
  });

  test('deliveries for a replay come oldest first, by every filter, page by page', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 10; i++) {
      const [kept] = await store.append({
        site: i % 2 ? 'south' : 'north',
        connection: 'adt',
        messages: [
          message({
            type: i < 5 ? 'ADT^A01' : 'ORU^R01',
            receivedAt: T0 + i * 60_000,
            patients: [`p${i % 3}`],
            deliveries: [delivery([`l${i}`], { flow: i % 5 ? 'notify' : 'book' })],
          }),
        ],
      });
      ids.push(String(Number(kept?.messageId) * 4096));
    }
    const find = async (query: object) =>
      (await store.deliveries({ limit: 99, ...query })).rows.map((row) => ids.indexOf(row.id));
    expect(await find({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(await find({ site: 'south' })).toEqual([1, 3, 5, 7, 9]);
    expect(await find({ flow: 'book' })).toEqual([0, 5]);
    expect(await find({ type: 'ADT^*', patient: 'p1' })).toEqual([1, 4]);
    expect(await find({ from: T0 + 3 * 60_000, to: T0 + 6 * 60_000 })).toEqual([3, 4, 5]);
    expect(await find({ state: 'dead' })).toEqual([]);
    const page = await store.deliveries({ limit: 4 });
    const rest = await store.deliveries({ limit: 99, after: page.after as string });
    expect([...page.rows, ...rest.rows]).toHaveLength(10);
    expect(rest.after).toBeNull();
  });

  test('free text is found in sealed bytes within a time, whatever its case, compressed or not', async () => {
    const put = async (text: string, at: number): Promise<string> => {
      const [kept] = await store.append(unit([message({ bytes: bytesOf(text), receivedAt: at })]));
      return kept?.messageId as string;
    };
    const small = await put('PID|Needle', T0);
    const large = await put(`${'x'.repeat(4_000)} needle`, T0 + 60_000);
    await put('hay', T0 + 60_000);
    await put('needle', T0 + 3_600_000);
    const found = await store.scan({ text: 'nEEdle', from: T0, to: T0 + 120_000, limit: 9 });
    expect(found.rows.map((row) => row.id)).toEqual([large, small]);
    expect(found.looked).toBe(3);
    const first = await store.scan({ text: 'needle', from: T0, to: T0 + 120_000, limit: 1 });
    const rest = await store.scan({
      text: 'needle',
      from: T0,
      to: T0 + 120_000,
      limit: 9,
      before: first.before,
    });
    expect([...first.rows, ...rest.rows].map((row) => row.id)).toEqual([large, small]);
  });

  test('history leaves by feed and by the end it came to', async () => {
    const one = (connection: string, deliveries = [delivery([connection])]) =>
      store.append(unit([message({ deliveries })], { connection }));
    await one('a');
    await settle(plain(), await leaseOne(plain()), { to: 'delivered' });
    await one('b');
    await settle(plain(), await leaseOne(plain()), { to: 'dead', failure, detail: 'x' });
    await one('c', []);
    await store.append(unit([message({ state: 'rejected', reason: 'No MSH.' })]));
    const prune = (more: object) => store.prune({ receivedBefore: T0 + 60_000, limit: 99, ...more });
    expect(await prune({ connection: 'none' })).toBe(0);
    expect(await prune({ connection: 'a', ended: 'dead' })).toBe(0);
    expect(await prune({ ended: 'dead' })).toBe(1);
    expect(await prune({ ended: 'rejected' })).toBe(1);
    expect(await prune({ connection: 'c', ended: 'unrouted' })).toBe(1);
    expect(await store.ledger()).toMatchObject({ received: 1, delivered: 1, dead: 0, rejected: 0 });
    expect(await prune({ site: 'north', ended: 'delivered' })).toBe(1);
  });

  test('flows that ran are kept as values; what is not text in PostgreSQL is still a message', async () => {
    await store.putFlowVersion('v1', { name: 'notify' });
    await store.putFlowVersion('v1', { name: 'other' });
    expect(await store.flowVersion('v1')).toEqual({ name: 'notify' });
    expect(await store.flowVersion('v2')).toBeNull();
    const [kept] = await store.append(
      unit([message({ type: 'A\0B', controlId: '\0', bytes: bytesOf('\0') })]),
    );
    expect((await store.message(kept?.messageId as string))?.message).toMatchObject({
      type: 'A\uFFFDB',
      size: 1,
    });
    expect(await store.payload(kept?.messageId as string)).toEqual(new Uint8Array(1));
  });
});
