import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Connector } from '../connectors/index.ts';
import { type Flow, flow, flowVersion, manual, schedule } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { Failure, manualClock, systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore, openSqliteStore, type Store } from '../store/index.ts';
import { createEngine } from './engine.ts';
import { startSchedules, zonedTime } from './schedules.ts';

const send = { connection: 'app', do: 'send', args: { body: 'event' } } as const;
const site = siteSchema.parse({
  ...{ site: 'mercy', name: 'Mercy', environment: 'sandbox', ehr: { vendor: 'any' } },
  timeZone: 'America/Chicago',
  identifiers: { mrn: { system: 'urn:mrn', hl7: { field: 'PID-3', type: 'MR' } } },
  connections: { app: { connector: 'app' } },
});
const daily = (missed: 'latest' | 'all' | 'skip', cron = '0 6 * * *'): Flow =>
  flow('daily').on(schedule(cron, { missed })).send('out', send);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** 05:00 in Chicago, in winter. */
const START = Date.UTC(2026, 0, 5, 11);

/** What schedules started so far, oldest first. */
async function started(store: Store): Promise<string[]> {
  const { rows } = await store.search({ limit: 100 });
  return rows.map(({ controlId }) => controlId ?? '').reverse();
}

describe('a schedule', () => {
  let store: Store;
  let folder: string;
  const open = async (): Promise<void> => {
    store = await openSqliteStore({ folder, masterKey: new Uint8Array(32) });
  };
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'suture-schedules-'));
    await open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const node = (clock: ReturnType<typeof manualClock>, value: Flow, on = store) =>
    startSchedules({
      ...{ store: on, clock, planned: () => undefined, log: () => undefined },
      keyedHash: (...parts) => parts.join(' '),
      flows: () => [{ flow: value, version: flowVersion(value) }],
      sites: () => [site],
    });
  const seeded = () =>
    expect.poll(async () => (await store.cursors()).map(({ name }) => name)).toEqual(['schedule daily']);
  /** The turn after it has been. */
  const place = async (): Promise<number> =>
    ((await store.cursors())[0]?.value as { last: number } | undefined)?.last ?? 0;

  test('starts its flow at its time where the site is, once, with the time it was meant for', async () => {
    const clock = manualClock(START);
    const running = node(clock, daily('latest'));
    await seeded();
    expect(await started(store)).toEqual([]);
    clock.advance(HOUR);
    await expect.poll(() => started(store)).toEqual(['daily@2026-01-05T12:00:00.000Z']);
    clock.advance(DAY);
    await expect.poll(() => started(store)).toHaveLength(2);
    await running.stop();
    const { rows } = await store.search({ limit: 1 });
    expect(rows[0]).toMatchObject({ door: 'schedule', type: 'schedule.daily', connection: 'schedule' });
    expect(JSON.parse(Buffer.from((await store.payload(rows[0]?.id ?? '')) ?? []).toString())).toEqual({
      flow: 'daily',
      scheduledFor: '2026-01-06T06:00:00-06:00',
      previous: '2026-01-05T06:00:00-06:00',
    });
  });

  test('is run once by two nodes, and not again after a restart', async () => {
    const clocks = [manualClock(START), manualClock(START)];
    // Both have seen what is due before either keeps it.
    let arrived: (() => void)[] = [];
    const meeting: Store = Object.assign(Object.create(store), {
      async append(unit: Parameters<Store['append']>[0]) {
        if (unit.messages.length > 0) {
          await new Promise<void>((resolve) => {
            arrived.push(resolve);
            if (arrived.length < 2) return;
            for (const go of arrived) go();
            arrived = [];
          });
        }
        return store.append(unit);
      },
    });
    const nodes = clocks.map((clock) => node(clock, daily('latest'), meeting));
    await seeded();
    for (let day = 0; day < 3; day++) {
      for (const clock of clocks) clock.advance(DAY);
      await expect.poll(() => started(store)).toHaveLength(day + 1);
    }
    for (const each of nodes) await each.stop();
    await store.close();
    await open();
    const later = manualClock(START + 3 * DAY + HOUR / 2);
    const again = node(later, daily('latest'));
    await expect
      .poll(() => {
        // It looks again and again; of the day's occurrence nothing comes twice.
        later.advance(HOUR / 4);
        return started(store);
      })
      .toHaveLength(4);
    later.advance(HOUR);
    await again.stop();
    expect(new Set(await started(store)).size).toBe(4);
  });

  test.each([
    ['latest', ['daily@2026-01-08T12:00:00.000Z']],
    [
      'all',
      [
        'daily@2026-01-05T12:00:00.000Z',
        'daily@2026-01-06T12:00:00.000Z',
        'daily@2026-01-07T12:00:00.000Z',
        'daily@2026-01-08T12:00:00.000Z',
      ],
    ],
    ['skip', []],
  ] as const)('that was missed for days: %s', async (missed, expected) => {
    const before = manualClock(START);
    const first = node(before, daily(missed));
    await seeded();
    await first.stop();
    const now = START + 3 * DAY + 2 * HOUR;
    const second = node(manualClock(now), daily(missed));
    await expect.poll(place).toBeGreaterThan(START + 2 * DAY);
    expect(await started(store)).toEqual(expected);
    await second.stop();
  });

  test('another schedule begins anew: what it would have started before is not made up for', async () => {
    const first = node(manualClock(START), daily('all'));
    await seeded();
    await first.stop();
    const clock = manualClock(START + 10 * DAY);
    const second = node(clock, daily('all', '0 * * * *'));
    await expect.poll(place).toBe(START + 10 * DAY);
    expect(await started(store)).toEqual([]);
    clock.advance(HOUR);
    await expect.poll(() => started(store)).toHaveLength(1);
    await second.stop();
  });

  test('set back, the clock starts nothing twice', async () => {
    const running = node(manualClock(START), daily('latest'));
    await seeded();
    await running.stop();
    const late = manualClock(START + 2 * HOUR);
    const on = node(late, daily('latest'));
    await expect.poll(() => started(store)).toHaveLength(1);
    await on.stop();
    const back = manualClock(START);
    const again = node(back, daily('latest'));
    back.advance(2 * HOUR);
    const forward = await place();
    await again.stop();
    expect(forward).toBe(START + HOUR);
    expect(await started(store)).toHaveLength(1);
  });
});

test('times are told with the offset of the day', () => {
  expect(zonedTime(Date.UTC(2026, 6, 1, 12), 'America/Chicago')).toBe('2026-07-01T07:00:00-05:00');
  expect(zonedTime(Date.UTC(2026, 0, 1), 'UTC')).toBe('2026-01-01T00:00:00+00:00');
});

test('flows by schedule, by hand and over lists run in the engine, and a retry goes on in the middle of a list', async () => {
  const told: string[] = [];
  let refuse = 1;
  const connector: Connector = {
    ...{ name: 'app', about: 'A pretend one.', parse: () => ({}) },
    capabilities: [{ name: 'send', about: '', effect: true, repeatable: true, scopes: [] }],
    open: () => ({
      test: async () => [],
      close: async () => undefined,
      async call({ args }, { step, idempotencyKey }) {
        if (step === 'tell/2' && refuse-- > 0)
          throw new Failure({
            code: 'BUSY',
            kind: 'throttle',
            message: 'Busy.',
            fix: 'Wait.',
            retry: { again: true, after: 10 },
          });
        told.push(`${step} ${JSON.stringify(args)} ${idempotencyKey.split('-').at(-1)}`);
        return { ok: true };
      },
    }),
  };
  const late = flow('late', { late: { after: 1, do: 'hold', since: 'event.at' } })
    .on(manual())
    .send('never', { connection: 'app', do: 'send', args: {} });
  const list = flow('list')
    .on(manual<{ readonly names: readonly string[] }>())
    .forEach('each', { in: 'event.names', as: 'name' }, (steps) =>
      steps.send('tell', { connection: 'app', do: 'send', args: { name: 'name' } }),
    );
  const every = flow('every').on(schedule('* * * * * *')).send('ping', send);
  const store = await openMemoryStore({ disk: newDisk() });
  const engine = createEngine({
    ...{ store, sites: [site], flows: [list, every, late], clock: systemClock, log: () => undefined },
    keyedHash: (...parts) => JSON.stringify(parts),
    connectors: new Map([['app', connector]]),
  });
  await engine.start();
  try {
    const bytes = Buffer.from(JSON.stringify({ names: ['a', 'b', 'c', 'd'] }));
    const { messageId, deliveryId } = await engine.run({ flow: 'list', from: { bytes }, who: 'kim' });
    await expect
      .poll(async () => (await store.message(messageId))?.deliveries[0]?.state, { timeout: 10_000 })
      .toBe('delivered');
    expect(told.filter((each) => each.startsWith('tell'))).toEqual(
      ['a', 'b', 'c', 'd'].map((name, at) => `tell/${at} {"name":"${name}"} tell/${at}`),
    );
    expect((await store.history(deliveryId))?.steps.map(({ step }) => step)).toEqual([
      'tell/0',
      'tell/1',
      'tell/2',
      'tell/3',
    ]);
    expect((await store.message(messageId))?.message.type).toBe('manual.list');
    // From a step in the list: what came before it is taken over, the rest is done again.
    told.length = 0;
    const again = await engine.replay({
      deliveryIds: [deliveryId],
      fromStep: 'tell/2',
      who: 'kim',
      reason: 'c had moved',
    });
    const [anew = ''] = again;
    await expect
      .poll(async () => (await store.history(anew))?.delivery.state, { timeout: 10_000 })
      .toBe('delivered');
    expect(told.filter((each) => each.startsWith('tell')).map((each) => each.slice(0, 6))).toEqual([
      'tell/2',
      'tell/3',
    ]);
    const old = await engine.run({
      flow: 'late',
      from: { bytes: Buffer.from('{"at":"2020-01-01"}') },
      who: 'kim',
    });
    const held = async () => (await store.history(old.deliveryId))?.delivery;
    await expect.poll(async () => (await held())?.heldFor, { timeout: 10_000 }).toBe('late');
    expect((await held())?.failure?.code).toBe('EVENT_LATE');
    // A person decides: then it is done, however late.
    await engine.release({
      deliveryIds: [old.deliveryId],
      to: 'waiting',
      who: 'kim',
      reason: 'still wanted',
    });
    await expect.poll(async () => (await held())?.state, { timeout: 10_000 }).toBe('delivered');
    await expect(engine.run({ flow: 'list', who: 'kim' })).resolves.toMatchObject({
      messageId: expect.any(String),
    });
    await expect
      .poll(() => told.filter((each) => each.startsWith('ping')).length, { timeout: 10_000 })
      .toBeGreaterThan(0);
    expect(told.find((each) => each.startsWith('ping'))).toContain('"flow":"every","scheduledFor":"');
  } finally {
    await engine.stop();
    await store.close();
  }
});
