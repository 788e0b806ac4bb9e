import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Connector } from '../connectors/index.ts';
import { type Flow, flow, flowVersion, manual, schedule } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { Failure, manualClock, systemClock } from '../std/index.ts';
import { newDisk, openMemoryStore, openPostgresStore, openSqliteStore, type Store } from '../store/index.ts';
import { newCluster, postgresIsThere } from '../store/postgres/cluster.suite.ts';
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

/** What schedules started at the site so far, oldest first. */
async function started(store: Store, at = site.site): Promise<string[]> {
  const { rows } = await store.search({ site: at, limit: 100 });
  return rows.map(({ controlId }) => controlId ?? '').reverse();
}

interface Place {
  /** A node's own opening of the store; where one process owns it, all nodes' one. */
  open(): Promise<Store>;
  remove(): Promise<void>;
}

function sqlitePlace(): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'suture-schedules-'));
  let opened: Store | null = null;
  return Promise.resolve({
    async open() {
      if (opened !== null) return opened;
      const one = await openSqliteStore({ folder, masterKey: new Uint8Array(32) });
      const close = async (): Promise<void> => {
        if (opened === null) return;
        opened = null;
        await one.close();
      };
      opened = { ...one, close };
      return opened;
    },
    remove: async () => rmSync(folder, { recursive: true }),
  });
}

async function postgresPlace(): Promise<Place> {
  const cluster = await newCluster();
  await cluster.start();
  const url = cluster.url(await cluster.newDatabase());
  return {
    open: () => openPostgresStore({ url, masterKey: new Uint8Array(32) }),
    remove: () => cluster.remove(),
  };
}

const places: readonly (readonly [string, () => Promise<Place>])[] = [
  ['SQLite', sqlitePlace],
  ...(postgresIsThere('schedules of several nodes') ? [['PostgreSQL', postgresPlace] as const] : []),
];

describe.each(places)('a schedule, kept by %s,', (_, newPlace) => {
  let place: Place;
  let stores: Store[];
  let store: Store;
  /** Each story has a site of its own: a database serves them all. */
  let own = site;
  let stories = 0;
  const open = async (): Promise<Store> => {
    const one = await place.open();
    stores.push(one);
    return one;
  };
  const closeAll = async (): Promise<void> => {
    for (const one of stores.splice(0)) await one.close();
  };
  beforeAll(async () => {
    place = await newPlace();
  });
  afterAll(() => place.remove());
  beforeEach(async () => {
    own = { ...site, site: `mercy-${++stories}` };
    stores = [];
    store = await open();
  });
  afterEach(closeAll);

  const node = (clock: ReturnType<typeof manualClock>, value: Flow, on = store) =>
    startSchedules({
      ...{ store: on, clock, planned: () => undefined, log: () => undefined },
      keyedHash: (...parts) => parts.join(' '),
      flows: () => [{ flow: value, version: flowVersion(value) }],
      sites: () => [own],
    });
  const cursors = async () => (await store.cursors()).filter((cursor) => cursor.site === own.site);
  const seeded = () =>
    expect.poll(async () => (await cursors()).map(({ name }) => name)).toEqual(['schedule daily']);
  /** The turn after it has been. */
  const reached = async (): Promise<number> =>
    ((await cursors())[0]?.value as { last: number } | undefined)?.last ?? 0;

  test('starts its flow at its time where the site is, once, with the time it was meant for', async () => {
    const clock = manualClock(START);
    const running = node(clock, daily('latest'));
    await seeded();
    expect(await started(store, own.site)).toEqual([]);
    clock.advance(HOUR);
    await expect.poll(() => started(store, own.site)).toEqual(['daily@2026-01-05T12:00:00.000Z']);
    clock.advance(DAY);
    await expect.poll(() => started(store, own.site)).toHaveLength(2);
    await running.stop();
    const { rows } = await store.search({ site: own.site, limit: 1 });
    expect(rows[0]).toMatchObject({ door: 'schedule', type: 'schedule.daily', connection: 'schedule' });
    expect(JSON.parse(Buffer.from((await store.payload(rows[0]?.id ?? '')) ?? []).toString())).toEqual({
      flow: 'daily',
      scheduledFor: '2026-01-06T06:00:00-06:00',
      previous: '2026-01-05T06:00:00-06:00',
    });
  });

  /** Both have seen what is due before either keeps it, as long as `open` is false. */
  const meetings = () => {
    const meeting = { open: false, at: (one: Store): Store => one };
    let arrived: (() => void)[] = [];
    meeting.at = (one) => ({
      ...one,
      async append(unit: Parameters<Store['append']>[0]) {
        if (unit.messages.length > 0 && !meeting.open) {
          await new Promise<void>((resolve) => {
            arrived.push(resolve);
            if (arrived.length < 2) return;
            for (const go of arrived) go();
            arrived = [];
          });
        }
        return one.append(unit);
      },
    });
    return meeting;
  };
  /** Looks again and again whether so many were started. */
  const startedBy = (clocks: readonly ReturnType<typeof manualClock>[], least: number, step = 0) =>
    expect
      .poll(
        async () => {
          // A node that was asking the store meanwhile sets its timer only now.
          for (const clock of clocks) clock.advance(step);
          return (await started(store, own.site)).length;
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThanOrEqual(least);

  test('is run once by two nodes, and not again after a restart', async () => {
    const clocks = [manualClock(START), manualClock(START)];
    const meeting = meetings();
    const second = await open();
    const nodes = clocks.map((clock, at) =>
      node(clock, daily('latest'), meeting.at(at === 0 ? store : second)),
    );
    await seeded();
    for (let day = 0; day < 3; day++) {
      for (const clock of clocks) clock.advance(DAY);
      await startedBy(clocks, day + 1);
    }
    for (const each of nodes) await each.stop();
    expect(await started(store, own.site)).toHaveLength(3);
    await closeAll();
    store = await open();
    const later = manualClock(START + 3 * DAY + HOUR / 2);
    const again = node(later, daily('latest'));
    // It looks again and again; of the day's occurrence nothing comes twice.
    await startedBy([later], 4, HOUR / 4);
    later.advance(HOUR);
    await again.stop();
    expect(new Set(await started(store, own.site)).size).toBe(4);
    expect(await started(store, own.site)).toHaveLength(4);
  });

  test('that both wanted to start is run by either of them the next time, without delay', async () => {
    const clocks = [manualClock(START), manualClock(START)] as const;
    const meeting = meetings();
    const second = await open();
    const everySecond = daily('all', '* * * * * *');
    const nodes = clocks.map((clock, at) => node(clock, everySecond, meeting.at(at === 0 ? store : second)));
    await seeded();
    for (const clock of clocks) clock.advance(1_000);
    await startedBy(clocks, 1);
    // Whichever came second then, the other one is silent now.
    meeting.open = true;
    clocks[0].advance(1_000);
    await startedBy(clocks, 2);
    clocks[1].advance(2_000);
    await startedBy(clocks, 3);
    for (const each of nodes) await each.stop();
    expect(await started(store, own.site)).toHaveLength(3);
  });

  test('of nodes whose clocks differ starts at each time once, and in order, also when one falls silent', async () => {
    const clocks = [manualClock(START), manualClock(START + 2_500), manualClock(START - 1_700)];
    const kept = [store, await open(), await open()];
    const nodes = [];
    for (const [at, clock] of clocks.entries()) {
      nodes.push(node(clock, daily('all', '* * * * * *'), kept[at]));
      if (at === 0) await seeded();
    }
    for (let second = 1; second <= 12; second++) {
      for (const [at, clock] of clocks.entries()) if (at !== 1 || second < 6) clock.advance(1_000);
      await startedBy(clocks, second);
    }
    for (const each of nodes) await each.stop();
    const times = await started(store, own.site);
    expect(times).toEqual(times.map((_, at) => `daily@${new Date(START + (at + 1) * 1_000).toISOString()}`));
    expect(times.length).toBeLessThanOrEqual(13);
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
    await expect.poll(reached).toBeGreaterThan(START + 2 * DAY);
    expect(await started(store, own.site)).toEqual(expected);
    await second.stop();
  });

  test('another schedule begins anew: what it would have started before is not made up for', async () => {
    const first = node(manualClock(START), daily('all'));
    await seeded();
    await first.stop();
    const clock = manualClock(START + 10 * DAY);
    const second = node(clock, daily('all', '0 * * * *'));
    await expect.poll(reached).toBe(START + 10 * DAY);
    expect(await started(store, own.site)).toEqual([]);
    clock.advance(HOUR);
    await expect.poll(() => started(store, own.site)).toHaveLength(1);
    await second.stop();
  });

  test('set back, the clock starts nothing twice', async () => {
    const running = node(manualClock(START), daily('latest'));
    await seeded();
    await running.stop();
    const late = manualClock(START + 2 * HOUR);
    const on = node(late, daily('latest'));
    await expect.poll(() => started(store, own.site)).toHaveLength(1);
    await on.stop();
    const back = manualClock(START);
    const again = node(back, daily('latest'));
    back.advance(2 * HOUR);
    const forward = await reached();
    await again.stop();
    expect(forward).toBe(START + HOUR);
    expect(await started(store, own.site)).toHaveLength(1);
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
