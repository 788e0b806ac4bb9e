/** Dead letters in groups, what a replay runs through, and its progress. */
import { expect, test } from 'vitest';
import { fingerprintOf } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { DeadGroup, DeliveryQuery, Job, Leased, Store } from '../contract.ts';
import {
  audit,
  benchForEach,
  delivery,
  type FreshBench,
  failure,
  lease,
  message,
  put,
  refusal,
  settle,
  T0,
  unit,
} from './bench.ts';

const refused: FailureRecord = {
  ...failure,
  code: 'WEBHOOK_NO_FIELD',
  at: { step: 'post', path: 'body.ward' },
};

/** Each of these dies of what is told, `at` milliseconds after the beginning. */
async function die(
  store: Store,
  causes: readonly FailureRecord[],
  more: { site?: string; connection?: string; flow?: string; at?: number } = {},
): Promise<string[]> {
  const { site = 'north', connection = 'adt', flow = 'notify', at = 10 } = more;
  const ids: string[] = [];
  for (const [nth, cause] of causes.entries()) {
    await store.append({
      site,
      connection,
      messages: [
        message({ receivedAt: T0 + nth, deliveries: [delivery([`lane ${site} ${flow} ${nth}`], { flow })] }),
      ],
    });
    const [leased] = await lease(store, 1, T0 + 100);
    await settle(
      store,
      leased as Leased,
      { to: 'dead', failure: cause, detail: null },
      { at: T0 + at + nth },
    );
    ids.push((leased as Leased).delivery.id);
  }
  return ids;
}

const counted = (groups: readonly DeadGroup[]) =>
  groups.map(({ code, flow, path, count, firstAt, lastAt }) => [
    code,
    flow,
    path,
    count,
    firstAt - T0,
    lastAt - T0,
  ]);

const job = (more: Partial<Job> = {}): Job => ({
  id: 'job-1',
  kind: 'replay',
  state: 'running',
  who: 'kim',
  reason: 'mended',
  createdAt: T0,
  updatedAt: T0,
  request: { query: { fingerprint: 'x' } },
  done: 0,
  total: 3,
  after: null,
  failure: null,
  ...more,
});

const replay = (
  store: Store,
  deliveryIds: readonly string[],
  more: object = {},
): Promise<readonly string[]> =>
  store.replay({ deliveryIds, versions: {}, at: T0 + 50, audit: audit(), ...more });

async function walk(store: Store, query: Omit<DeliveryQuery, 'limit'>, limit = 2): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const page = await store.deliveries({ ...query, limit, ...(after === null ? {} : { after }) });
    ids.push(...page.rows.map(({ id }) => id));
    after = page.after;
  } while (after !== null);
  return ids;
}

export function deadStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  test('dead letters of one cause are one group, over sites; the largest first', async () => {
    const { store } = given;
    await die(store, [failure, refused, refused]);
    const [south] = await die(store, [refused], { site: 'south', at: 90 });
    await die(store, [refused], { flow: 'book', at: 40 });
    const groups = await store.deadGroups({});
    expect(counted(groups)).toEqual([
      ['WEBHOOK_NO_FIELD', 'notify', 'body.ward', 3, 11, 90],
      ['WEBHOOK_NO_FIELD', 'book', 'body.ward', 1, 40, 40],
      ['WEBHOOK_REFUSED', 'notify', null, 1, 10, 10],
    ]);
    expect(groups[0]).toMatchObject({
      fingerprint: fingerprintOf(refused, 'notify'),
      step: 'post',
      sample: { delivery: { id: south, failure: refused }, message: { site: 'south' } },
    });
    expect(counted(await store.deadGroups({ site: 'south' }))).toEqual([
      ['WEBHOOK_NO_FIELD', 'notify', 'body.ward', 1, 90, 90],
    ]);
    expect(counted(await store.deadGroups({ flow: 'book' })).map(([, , , count]) => count)).toEqual([1]);
    expect(await store.deadGroups({ site: 'south', flow: 'book' })).toEqual([]);
    const again = await given.bench.reopen();
    expect(await again.deadGroups({})).toEqual(groups);
  });

  test('a held delivery that is given up joins the group of its failure', async () => {
    const { store } = given;
    await put(store, ['lane']);
    const [leased] = await lease(store);
    await settle(store, leased as Leased, {
      to: 'held',
      reason: 'paused',
      step: 's',
      failure: refused,
      detail: null,
    });
    expect(await store.deadGroups({})).toEqual([]);
    await store.release({ deliveryIds: [leased?.delivery.id ?? ''], to: 'dead', at: T0 + 7, audit: audit() });
    expect(counted(await store.deadGroups({}))).toEqual([
      ['WEBHOOK_NO_FIELD', 'notify', 'body.ward', 1, 7, 7],
    ]);
  });

  test('what is replayed leaves its group and says by what; it comes back when it dies again', async () => {
    const { store } = given;
    const ids = await die(store, [refused, refused, refused]);
    const fingerprint = fingerprintOf(refused, 'notify');
    const [again] = await replay(store, [ids[0] as string, ids[2] as string]);
    expect(counted(await store.deadGroups({}))).toEqual([
      ['WEBHOOK_NO_FIELD', 'notify', 'body.ward', 1, 11, 11],
    ]);
    expect((await store.history(ids[0] as string))?.delivery).toMatchObject({
      state: 'dead',
      replayedBy: again,
    });
    expect((await store.history(again as string))?.delivery).toMatchObject({
      replayOf: ids[0],
      replayedBy: null,
    });
    const letters = async (query: object): Promise<string[]> =>
      (await store.deadLetters({ limit: 10, ...query })).rows.map((row) => row.delivery.id);
    expect(await letters({})).toEqual([ids[1]]);
    expect(await letters({ replayed: false, fingerprint })).toEqual([ids[1]]);
    expect(await letters({ replayed: true, fingerprint })).toEqual([ids[2], ids[0]]);
    expect(await letters({ fingerprint: 'nothing' })).toEqual([]);

    await replay(store, [ids[1] as string]);
    expect(await store.deadGroups({})).toEqual([]);
    for (const leased of await lease(store, 9, T0 + 60)) {
      const end = { to: 'dead', failure: refused, detail: null } as const;
      await settle(store, leased, end, { at: T0 + 70 });
    }
    expect(counted(await store.deadGroups({}))).toEqual([
      ['WEBHOOK_NO_FIELD', 'notify', 'body.ward', 3, 70, 70],
    ]);
    expect((await letters({ fingerprint })).length).toBe(3);
  });

  test('a newer replay takes the place of an older one; a message that repeats a delivery counts as one', async () => {
    const { store } = given;
    const [id] = (await die(store, [refused])) as [string];
    const [first] = await replay(store, [id]);
    const [second] = await replay(store, [id]);
    expect((await store.history(id))?.delivery.replayedBy).toBe(second);
    expect(first).not.toBe(second);
    const [other] = (await die(store, [failure], { flow: 'book' })) as [string];
    const [kept] = await store.append(
      unit([message({ door: 'replay', deliveries: [delivery(['l'], { replayOf: other })] })]),
    );
    const copy = await store.message(kept?.messageId ?? '');
    expect((await store.history(other))?.delivery.replayedBy).toBe(copy?.deliveries[0]?.id);
    expect(await store.deadGroups({})).toEqual([]);
  });

  test('what is pruned leaves its group', async () => {
    const { store } = given;
    await die(store, [refused, failure]);
    expect(await store.prune({ receivedBefore: T0 + 1, limit: 10 })).toBe(1);
    expect(counted(await store.deadGroups({}))).toEqual([['WEBHOOK_REFUSED', 'notify', null, 1, 11, 11]]);
    await store.prune({ receivedBefore: T0 + 9, limit: 10 });
    expect(await store.deadGroups({})).toEqual([]);
  });

  test('each filter of deliveries finds what it names, oldest first, page after page', async () => {
    const { store } = given;
    const minute = 60_000;
    const ids: string[] = [];
    for (let nth = 0; nth < 8; nth++) {
      const [kept] = await store.append({
        site: nth % 2 ? 'south' : 'north',
        connection: nth % 4 === 3 ? 'lab' : 'adt',
        messages: [
          message({
            type: nth < 4 ? 'ADT^A01' : 'ORU^R01',
            receivedAt: T0 + nth * minute,
            patients: [`p${nth % 3}`, 'all'],
            deliveries: [delivery([`l${nth}`], { flow: nth < 6 ? 'notify' : 'book' })],
          }),
        ],
      });
      ids.push((await store.message(kept?.messageId ?? ''))?.deliveries[0]?.id ?? '');
    }
    const leased = await lease(store, 4, T0 + 99 * minute);
    await settle(store, leased[1] as Leased, { to: 'dead', failure: refused, detail: null });
    await settle(store, leased[2] as Leased, { to: 'delivered' });
    await settle(store, leased[3] as Leased, { to: 'dead', failure: refused, detail: null });
    const find = async (query: Omit<DeliveryQuery, 'limit'>): Promise<number[]> =>
      (await walk(store, query)).map((id) => ids.indexOf(id));
    expect(await find({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(await find({ site: 'south' })).toEqual([1, 3, 5, 7]);
    expect(await find({ connection: 'lab' })).toEqual([3, 7]);
    expect(await find({ flow: 'book' })).toEqual([6, 7]);
    expect(await find({ type: 'ORU^*', site: 'north' })).toEqual([4, 6]);
    expect(await find({ patient: 'p1' })).toEqual([1, 4, 7]);
    expect(await find({ patient: 'all', flow: 'book' })).toEqual([6, 7]);
    expect(await find({ patient: 'nobody' })).toEqual([]);
    expect(await find({ state: 'dead' })).toEqual([1, 3]);
    expect(await find({ state: 'running' })).toEqual([0]);
    expect(await find({ state: 'waiting', from: T0 + 5 * minute })).toEqual([5, 6, 7]);
    expect(await find({ state: 'delivered' })).toEqual([2]);
    expect(await find({ from: T0 + 2 * minute, to: T0 + 5 * minute })).toEqual([2, 3, 4]);
    expect(await find({ from: T0 + 99 * minute })).toEqual([]);
    expect(await find({ to: T0 })).toEqual([]);
    expect(await find({ after: ids[5] as string })).toEqual([6, 7]);
    const fingerprint = fingerprintOf(refused, 'notify');
    expect(await find({ fingerprint })).toEqual([1, 3]);
    expect(await find({ fingerprint, site: 'north' })).toEqual([]);
    expect(await find({ fingerprint: 'nothing' })).toEqual([]);
    // A replayed one is still of its cause: who asks decides.
    await replay(store, [ids[1] as string]);
    expect(await find({ fingerprint })).toEqual([1, 3]);
  });

  test('a job is kept and listed, the newest first; its progress stands or falls with what it did', async () => {
    let { store } = given;
    const ids = await die(store, [refused, refused, refused]);
    await store.putJob(job(), audit('replay.start'));
    await store.putJob(job({ id: 'job-2', createdAt: T0 + 1, state: 'done', failure }));
    expect((await store.jobs(10)).map(({ id }) => id)).toEqual(['job-2', 'job-1']);
    expect((await store.jobs(1)).map(({ id }) => id)).toEqual(['job-2']);
    expect(await store.job('job-2')).toEqual(job({ id: 'job-2', createdAt: T0 + 1, state: 'done', failure }));
    expect(await store.job('none')).toBeNull();
    expect((await store.auditTrail({ limit: 5 })).rows.map(({ act }) => act)).toEqual(['replay.start']);

    const moved = job({ done: 2, after: ids[1] as string, updatedAt: T0 + 50 });
    await replay(store, ids.slice(0, 2), { job: moved });
    store = await given.bench.crash();
    expect(await store.job('job-1')).toEqual(moved);
    expect((await store.deadGroups({}))[0]?.count).toBe(1);

    // Another node that went on from the same place comes too late, and so does one that was stopped meanwhile.
    const before = await store.ledger();
    expect(await refusal(replay(store, ids.slice(0, 2), { job: moved }))).toBe('STORE_JOB_MOVED');
    await store.putJob({ ...moved, state: 'stopped' });
    const last = { ...moved, done: 3, after: ids[2] as string };
    expect(await refusal(replay(store, ids.slice(2), { job: last }))).toBe('STORE_JOB_MOVED');
    expect(await refusal(replay(store, ids.slice(2), { job: { ...last, id: 'none' } }))).toBe(
      'STORE_JOB_MOVED',
    );
    expect(await store.ledger()).toEqual(before);
    expect(await store.job('job-1')).toEqual({ ...moved, state: 'stopped' });
    expect((await store.deadGroups({}))[0]?.count).toBe(1);
  });

  test('the value of a flow is kept under its version, once', async () => {
    await given.store.putFlowVersion('v1', { name: 'notify', steps: [{ id: 'post', run: '() => 1' }] });
    await given.store.putFlowVersion('v1', { name: 'other' });
    const store = await given.bench.reopen();
    expect(await store.flowVersion('v1')).toEqual({
      name: 'notify',
      steps: [{ id: 'post', run: '() => 1' }],
    });
    expect(await store.flowVersion('v2')).toBeNull();
  });
}
