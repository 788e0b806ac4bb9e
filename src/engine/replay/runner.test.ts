import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flow, hl7, prepare } from '../../flow/index.ts';
import { type Clock, Failure, manualClock } from '../../std/index.ts';
import { type Job, openSqliteStore, type Store } from '../../store/index.ts';
import { createRunner, type Runner, type RunnerParts } from './runner.ts';
import type { FlowVersions, Runnable } from './versions.ts';

const T0 = 1_790_000_000_000;
const COUNT = 8;
const ada = { who: 'ada', reason: 'mended' };
const failure = {
  code: 'REFUSED',
  kind: 'validation',
  message: 'No.',
  fix: 'Mend it.',
  at: {},
  retry: { again: false },
} as const;
const notify: Runnable = {
  prepared: prepare(
    flow('notify', { about: 'Tells.', order: 'patient' })
      .on(hl7.message('ADT^A01'))
      .send('tell', { connection: 'app', do: 'send', args: {} }),
  ),
  limits: { giveUpAfter: 1_000, exhausted: 'dead letter' },
  version: 'v1',
};
const versions: FlowVersions = {
  register: async () => undefined,
  retire: () => undefined,
  present: () => notify,
  find: async () => notify,
};
const wish = (rate: number) => ({
  of: { query: { state: 'dead' as const } },
  version: 'present' as const,
  rate,
});

let folder: string;
let store: Store;
let clock: ReturnType<typeof manualClock>;
const runners: Runner[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-runner-'));
  clock = manualClock(T0 + 1_000);
  store = await openSqliteStore({ folder, masterKey: new Uint8Array(32).fill(3), clock });
  await store.append({
    site: 'north',
    connection: 'adt',
    messages: Array.from({ length: COUNT }, (_, nth) => ({
      ...{ door: 'feed', format: 'hl7', type: 'ADT^A01', controlId: null, receivedAt: T0, state: 'accepted' },
      ...{ reason: null, flags: [], bytes: new Uint8Array(3), patients: [] },
      deliveries: [{ flow: 'notify', flowVersion: 'v0', lanes: [`lane ${nth}`] }],
    })) as never,
  });
  for (const { delivery, epoch } of await store.lease({ now: T0, limit: COUNT })) {
    const end = { deliveryId: delivery.id, epoch, at: T0, ms: 1, steps: [] };
    await store.settle({ ...end, to: 'dead', failure, detail: null });
  }
});
afterEach(async () => {
  await Promise.all(runners.splice(0).map((runner) => runner.close()));
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Timers that a runner waits for: when there is one, all that happens without the clock has happened. */
const waits = new Map<Runner, Set<object>>();

function runner(more: Partial<RunnerParts> = {}): Runner {
  const timers = new Set<object>();
  const counted: Clock = {
    ...clock,
    after(ms, run) {
      const timer = {};
      timers.add(timer);
      const cancel = clock.after(ms, () => {
        timers.delete(timer);
        run();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
  };
  const quiet = { planned: () => undefined, log: () => undefined };
  const parts = { store, clock: counted, random: { fraction: () => 0 }, versions, room: 1_000, ...quiet };
  const made = createRunner({ ...parts, ...more });
  runners.push(made);
  waits.set(made, timers);
  return made;
}

async function until(look: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await look())) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const job = async (id: string): Promise<Job> => (await store.job(id)) as Job;
const inPause = (one: Runner) => until(async () => (waits.get(one)?.size ?? 0) > 0);
const isIn = (id: string, state: Job['state']) => until(async () => (await job(id)).state === state);

test('keeps to its rate', async () => {
  const one = runner();
  const { id, total } = await one.start(wish(8), ada);
  expect(total).toBe(COUNT);
  for (let done = 2; done < COUNT; done += 2) {
    await inPause(one);
    expect((await job(id)).done).toBe(done);
    clock.advance(249);
    expect(waits.get(one)?.size).toBe(1);
    clock.advance(1);
  }
  await inPause(one);
  clock.advance(250);
  await isIn(id, 'done');
  expect((await job(id)).done).toBe(COUNT);
});

test('waits while the queue is full, and goes on when it is not', async () => {
  const one = runner({ room: 3 });
  const { id } = await one.start(wish(8), ada);
  await inPause(one);
  clock.advance(250);
  for (let second = 0; second < 3; second++) {
    await inPause(one);
    expect((await job(id)).done).toBe(4);
    clock.advance(1_000);
  }
  await inPause(one);
  for (const { delivery, epoch } of await store.lease({ now: clock.now(), limit: 9 })) {
    await store.settle({
      deliveryId: delivery.id,
      epoch,
      at: clock.now(),
      ms: 1,
      steps: [],
      to: 'delivered',
    });
  }
  clock.advance(1_000);
  await until(async () => (await job(id)).done === 6);
});

test('two nodes on one replay make each delivery once, at its rate; when one is gone, the other goes on', async () => {
  const one = runner();
  const { id } = await one.start(wish(4), ada);
  await inPause(one);
  const other = runner();
  await other.takeUp();
  for (let turn = 0; turn < 4; turn++) {
    await Promise.all([inPause(one), inPause(other)]);
    clock.advance(250);
  }
  await Promise.all([inPause(one), inPause(other)]);
  const { done, state } = await job(id);
  expect(state).toBe('running');
  // As many as one would have made, and one for each time that they changed places.
  expect(done).toBeLessThan(COUNT);
  await other.close();
  // When it has not moved for a while, it is gone.
  for (let turn = 0; turn < 6 && (await job(id)).state === 'running'; turn++) {
    await until(async () => (waits.get(one)?.size ?? 0) > 0 || (await job(id)).state === 'done');
    clock.advance(10_000);
  }
  await isIn(id, 'done');
  expect((await job(id)).done).toBe(COUNT);
  expect((await store.ledger()).planned).toBe(2 * COUNT);
});

test('a store that fails now is tried again; one that refuses for good ends it, and it can go on', async () => {
  const says = [
    new Failure({ code: 'STORE_FULL', kind: 'unreachable', message: 'Full.', fix: 'Free space.' }),
    new Failure({ code: 'STORE_REFUSED', kind: 'defect', message: 'Refused.', fix: 'Report it.' }),
  ];
  const failing: Store = {
    ...store,
    replay: (request) => (says.length > 0 ? Promise.reject(says.shift()) : store.replay(request)),
  };
  const one = runner({ store: failing });
  const { id } = await one.start(wish(10_000), ada);
  await inPause(one);
  expect([says.length, (await job(id)).state]).toEqual([1, 'running']);
  clock.advance(1_000);
  await isIn(id, 'failed');
  expect(await job(id)).toMatchObject({ done: 0, failure: { code: 'STORE_REFUSED' } });
  expect((await store.ledger()).planned).toBe(COUNT);
  await one.resume(id, ada);
  await isIn(id, 'done');
  expect(await job(id)).toMatchObject({ done: COUNT, failure: null });
});

test('nothing to replay is no replay', async () => {
  await expect(runner().start({ ...wish(1), of: { query: { site: 'south' } } }, ada)).rejects.toMatchObject({
    code: 'REPLAY_NOTHING',
  });
  expect(await store.jobs(9)).toEqual([]);
});
