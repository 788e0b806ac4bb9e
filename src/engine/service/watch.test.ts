import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Flow } from '../../flow/index.ts';
import { flow, hl7, manual, webhook } from '../../flow/index.ts';
import { siteSchema } from '../../site/index.ts';
import { type Clock, Failure, manualClock } from '../../std/index.ts';
import { type NewMessage, newDisk, openMemoryStore, type Store } from '../../store/index.ts';
import { createWatch, type Watch } from './watch.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const at = (local: string): number => Date.parse(`${local}:00-06:00`);
/** A Friday. */
const START = at('2026-11-20T17:00');

const siteOf = (more: object = {}) =>
  siteSchema.parse({
    ...{ site: 'mercy', name: 'Mercy', environment: 'production', ehr: { vendor: 'any' } },
    timeZone: 'America/Chicago',
    identifiers: { mrn: { system: 'urn:mrn' } },
    connections: { adt: { connector: 'mllp', listen: { port: 6661 } }, app: { connector: 'webhook' } },
    ...more,
  });
const send = { connection: 'app', do: 'send', args: {} } as const;
const promising = (service: object, name = 'admissions') =>
  flow(name, { service }).on(hl7.message('ADT^A0*')).send('out', send);

let disk: ReturnType<typeof newDisk>;
let store: Store;
let clock: ReturnType<typeof manualClock>;
let lines: string[];
let changes: number;
let counted: string[];

beforeEach(async () => {
  disk = newDisk();
  store = await openMemoryStore({ disk });
  clock = manualClock(START);
  lines = [];
  changes = 0;
  counted = [];
});
afterEach(() => store.close());

/** It does not rest between pages: nobody would wake it. */
const restless = (of: Clock): Clock => ({
  now: () => of.now(),
  elapsed: () => of.elapsed(),
  after(_, run) {
    queueMicrotask(run);
    return () => undefined;
  },
});
const node = (flows: readonly Flow[], site = siteOf()): Watch => {
  const running = flows.map((one) => ({ flow: one, version: 'v1' }));
  return createWatch({
    ...{ store, clock: restless(clock), sites: () => [site], flows: () => running },
    changed: () => void changes++,
    found: (site, connection, findings) =>
      void counted.push(...findings.map(({ code, count }) => `${site} ${connection} ${code} ${count}`)),
    log: (level, text) => void lines.push(`${level}: ${text}`),
  });
};
type Door = 'feed' | 'manual';
const messageOf = (receivedAt: number, name: string, door: Door): NewMessage => ({
  ...{ door, format: 'hl7', type: 'ADT^A01', controlId: null, receivedAt, state: 'accepted', reason: null },
  ...{ flags: [], bytes: Buffer.from('MSH|'), patients: [] },
  deliveries: [{ flow: name, flowVersion: 'v1', lanes: [`lane ${receivedAt}`] }],
});
/** A message that the flow wants. */
async function event(receivedAt = clock.now(), name = 'admissions', door: Door = 'feed'): Promise<void> {
  await store.append({
    ...{ site: 'mercy', connection: 'adt' },
    messages: [messageOf(receivedAt, name, door)],
  });
}
const stateOf = (watch: Watch): string[] =>
  watch.states().map(({ promise, state, code }) => `${promise} ${state}${code === null ? '' : ` ${code}`}`);
async function later(ms: number, watch: Watch): Promise<string[]> {
  clock.advance(ms);
  await watch.look();
  return stateOf(watch);
}

describe('silence', () => {
  test('is told once when it begins and once when it is over, whatever the nodes and restarts', async () => {
    const flows = [promising({ silence: '2h' })];
    const [one, other] = [node(flows), node(flows)];
    await event();
    expect(await later(HOUR, one)).toEqual(['silence kept']);
    expect(await later(HOUR, one)).toEqual(['silence kept']);
    expect(lines).toEqual([]);
    expect(await later(MINUTE, one)).toEqual(['silence broken FLOW_SILENT']);
    const told =
      'warn: mercy: no ADT^A0* for the flow "admissions" has come since 2026-11-20 23:00 UTC, longer than 2h';
    expect(lines).toEqual([told]);
    expect(changes).toBe(1);
    expect(one.states()[0]).toMatchObject({
      ...{ site: 'mercy', flow: 'admissions', since: START, lastAt: START },
      fix: 'Look at the connection adt ("suture connections"), then ask the site whether it still sends.',
    });
    await one.look();
    await other.look();
    expect(lines).toEqual([told]);
    // Started again.
    const again = node(flows);
    expect(await later(MINUTE, again)).toEqual(['silence broken FLOW_SILENT']);
    expect(lines).toEqual([told]);
    await event();
    expect(await later(MINUTE, other)).toEqual(['silence kept']);
    await again.look();
    expect(lines).toEqual([told, 'info: mercy: there are events for the flow "admissions" again, after 2 h']);
    expect(changes).toBe(5);
  });

  test('is told by one of the nodes that see it in the same moment; by the last event though its message has left', async () => {
    const flows = [promising({ silence: '2h' })];
    await event();
    clock.advance(HOUR);
    const nodes = [node(flows), node(flows), node(flows)];
    await Promise.all(nodes.map((one) => one.look()));
    const [leased] = await store.lease({ now: clock.now(), limit: 1 });
    if (leased === undefined) throw new Error('nothing is due');
    const { delivery, epoch } = leased;
    await store.settle({
      deliveryId: delivery.id,
      epoch,
      at: clock.now(),
      ms: 1,
      steps: [],
      to: 'delivered',
    });
    expect(await store.prune({ receivedBefore: clock.now(), limit: 9 })).toBe(1);
    expect(await later(HOUR, node(flows))).toEqual(['silence kept']);
    clock.advance(MINUTE);
    await Promise.all([...nodes, node(flows)].map((one) => one.look()));
    expect(lines).toEqual([expect.stringContaining('has come since 2026-11-20 23:00 UTC')]);
  });

  test('of an event that never came counts from when it is watched; what a person brings is none', async () => {
    const flows = [promising({ silence: '2h' })];
    await event(START - DAY, 'another');
    expect(await later(0, node(flows))).toEqual(['silence kept']);
    clock.advance(HOUR);
    await event(clock.now(), 'admissions', 'manual');
    // A restart does not begin it anew.
    expect(await later(HOUR + 1, node(flows))).toEqual(['silence broken FLOW_SILENT']);
    expect(lines).toEqual(['warn: mercy: ADT^A0* for the flow "admissions" has never come, longer than 2h']);
  });

  test('is counted in staffed hours, and not through holidays and what is down on purpose', async () => {
    const flows = [promising({ silence: '2h' })];
    const staffed = [{ days: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri'], from: '07:00', until: '18:00' }];
    const silentFrom = async (calendar: object, more: object = {}): Promise<string> => {
      store = await openMemoryStore({ disk: newDisk() });
      clock = manualClock(START);
      const watch = node(flows, siteOf({ calendar, ...more }));
      await event();
      // Nobody is there until Monday.
      if ('staffed' in calendar) clock.advance(61 * HOUR);
      for (let look = 0; look < 2 * 24; look++) {
        if ((await later(HOUR, watch))[0]?.includes('broken'))
          return new Date(clock.now() - 6 * HOUR).toISOString().slice(5, 16);
      }
      return 'never';
    };
    // Friday 17:00: an hour until 18:00, and another from Monday 07:00 on.
    expect(await silentFrom({ staffed })).toBe('11-23T09:00');
    expect(await silentFrom({ staffed, holidays: { '2026-11-23': 'A day off' } })).toBe('11-24T09:00');
    const down = { starts: '2026-11-23T07:00', ends: '2026-11-23T09:00' };
    expect(await silentFrom({ staffed, maintenance: { upgrade: down } })).toBe('11-23T11:00');
    expect(await silentFrom({ staffed, maintenance: { upgrade: { ...down, connections: ['adt'] } } })).toBe(
      '11-23T11:00',
    );
    expect(await silentFrom({ staffed, maintenance: { upgrade: { ...down, connections: ['app'] } } })).toBe(
      '11-23T09:00',
    );
    // It comes by two ways, of which one is down: it can come by the other.
    const [adt, spare] = [6661, 6662].map((port) => ({ connector: 'mllp', listen: { port } }));
    const named = { staffed, maintenance: { upgrade: { ...down, connections: ['adt'] } } };
    expect(await silentFrom(named, { connections: { adt, spare } })).toBe('11-23T09:00');
    // No hours are named: nights and weekends count.
    expect(await silentFrom({ holidays: { '2026-11-21': 'A day off' } })).toBe('11-20T20:00');
  });

  test('by what is usual is learnt from the messages kept, and outlives them', async () => {
    const flows = [promising({ silence: 'learn' })];
    // Three an hour by day, for 27 days: what is kept of them.
    const messages = [];
    for (let hour = START - 27 * DAY; hour < START; hour += HOUR) {
      const local = new Date(hour - 6 * HOUR).getUTCHours();
      if (local < 7 || local >= 19) continue;
      for (const minute of [5, 25, 45])
        messages.push(messageOf(hour + minute * MINUTE, 'admissions', 'feed'));
    }
    await store.append({ site: 'mercy', connection: 'adt', messages });
    const now = clock;
    clock = manualClock(START - 12 * DAY);
    expect(await later(0, node(flows))).toEqual(['silence not judged']);
    expect((await store.slot('usual mercy')).value).not.toBeNull();
    clock = now;
    const watch = node(flows);
    expect(await later(0, watch)).toEqual(['silence kept']);
    // Each was counted once, though they were counted in two goes of several pages.
    const slot = (await store.slot('usual mercy')).value as unknown as {
      flows: Record<string, { counts: number[] }>;
    };
    const counted = slot.flows.admissions?.counts.reduce((sum, one) => sum + one, 0);
    expect(counted).toBe(messages.filter(({ receivedAt }) => receivedAt < START - HOUR).length);
    // Nothing comes from Friday 16:45 on. The night is always quiet; Saturday's morning never was.
    expect(await later(14 * HOUR, watch)).toEqual(['silence kept']);
    expect(await later(HOUR, watch)).toEqual(['silence kept']);
    expect(await later(3 * HOUR, watch)).toEqual(['silence broken FLOW_SILENT']);
    expect(lines).toEqual([
      'warn: mercy: no ADT^A0* for the flow "admissions" has come since 2026-11-20 22:45 UTC: by what is usual here, about 17 should have',
    ]);
    // Its messages leave by their age; what was learnt stays.
    await event();
    for (const leased of await store.lease({ now: clock.now(), limit: 5_000 })) {
      const { delivery, epoch } = leased;
      await store.settle({
        deliveryId: delivery.id,
        epoch,
        at: clock.now(),
        ms: 1,
        steps: [],
        to: 'delivered',
      });
    }
    expect(await store.prune({ receivedBefore: clock.now(), limit: 5_000 })).toBe(messages.length);
    const again = node(flows);
    expect(await later(2 * HOUR, again)).toEqual(['silence kept']);
    expect(again.states()[0]?.text).toBe('they come as is usual here');
  });

  test('says how far it has learnt, and that a flow of few events had better name a time', async () => {
    const learning = [promising({ silence: 'learn' })];
    await event(START - 15 * DAY);
    const watch = node(learning);
    await later(0, watch);
    expect(watch.states()[0]).toMatchObject({
      ...{ state: 'not judged', code: null, fix: null },
      text: 'learns what is usual: 2 of 3 weeks are known',
    });
    await later(8 * DAY, watch);
    expect(watch.states()[0]?.text).toMatch(
      /^in a usual week only about 0 come hour by hour, too few to miss 12/,
    );
    expect(lines).toEqual([]);
  });
});

describe('end to end', () => {
  const refused = new Failure({ code: 'X', kind: 'rejected', message: 'No.', fix: 'Look.' }).toJSON();

  test('a delivery that took too long is told, and that it is over when none was for a while', async () => {
    const watch = node([promising({ endToEnd: '5m' })]);
    await event();
    const settle = async (ms: number): Promise<void> => {
      clock.advance(ms);
      const [leased] = await store.lease({ now: clock.now(), limit: 1 });
      if (leased === undefined) throw new Error('nothing is due');
      const { delivery, epoch } = leased;
      const done = {
        deliveryId: delivery.id,
        epoch,
        at: clock.now(),
        ms: 1,
        steps: [],
        to: 'delivered',
      } as const;
      watch.settled(leased, done);
      await store.settle(done);
    };
    await settle(4 * MINUTE);
    expect(await later(0, watch)).toEqual(['end to end kept']);
    await event(clock.now());
    await settle(6 * MINUTE);
    expect(await later(0, watch)).toEqual(['end to end broken FLOW_SLOW']);
    expect(lines).toEqual([
      'warn: mercy: deliveries of the flow "admissions" take longer than the 5m that it promises: the last one seen after 6 min',
    ]);
    expect(await later(14 * MINUTE, watch)).toEqual(['end to end broken FLOW_SLOW']);
    expect(await later(2 * MINUTE, watch)).toEqual(['end to end kept']);
    expect(lines.slice(1)).toEqual([
      'info: mercy: deliveries are in time for the flow "admissions" again, after 17 min',
    ]);
  });

  test('a lane that does not move is slow as long as it stands, restarts included', async () => {
    const flows = [promising({ endToEnd: '5m' })];
    await event();
    const [leased] = await store.lease({ now: clock.now(), limit: 1 });
    if (leased === undefined) throw new Error('nothing is due');
    await store.settle({
      ...{ deliveryId: leased.delivery.id, epoch: leased.epoch, at: clock.now(), ms: 1, steps: [] },
      ...{ to: 'held', reason: 'unknown outcome', step: 'out', failure: refused, detail: null },
    });
    expect(await later(5 * MINUTE, node(flows))).toEqual(['end to end kept']);
    expect(await later(MINUTE, node(flows))).toEqual(['end to end broken FLOW_SLOW']);
    for (let hour = 0; hour < 3; hour++)
      expect(await later(HOUR, node(flows))).toEqual(['end to end broken FLOW_SLOW']);
    expect(lines).toHaveLength(1);
  });

  test('the time in which the site or the receiver is down on purpose is not part of the promise', async () => {
    const down = { starts: '2026-11-20T17:00', ends: '2026-11-20T19:00', connections: ['app'] };
    const calendar = { maintenance: { upgrade: down } };
    const watch = node([promising({ endToEnd: '5m' })], siteOf({ calendar }));
    await event();
    const [leased] = await store.lease({ now: clock.now(), limit: 1 });
    if (leased === undefined) throw new Error('nothing is due');
    const settled = (ms: number): void => {
      const { delivery, epoch } = leased;
      watch.settled(leased, {
        ...{ deliveryId: delivery.id, epoch, at: START + ms, ms: 1, steps: [], to: 'delivered' },
      });
    };
    settled(2 * HOUR + 4 * MINUTE);
    expect(await later(2 * HOUR + 5 * MINUTE, watch)).toEqual(['end to end kept']);
    expect(counted).toEqual([]);
    settled(2 * HOUR + 6 * MINUTE);
    expect(await later(2 * MINUTE, watch)).toEqual(['end to end broken FLOW_SLOW']);
    expect(counted).toEqual(['mercy adt FLOW_SLOW 1']);
  });
});

test('a flow that stops promising takes its broken promise with it', async () => {
  await event();
  expect(await later(3 * HOUR, node([promising({ silence: '2h' })]))).toEqual(['silence broken FLOW_SILENT']);
  expect(await later(MINUTE, node([flow('admissions').on(webhook('app')).send('out', send)]))).toEqual([]);
  expect(lines.slice(1)).toEqual(['info: mercy: the flow "admissions" promises nothing here any more']);
  expect(await later(MINUTE, node([flow('by-hand').on(manual()).send('out', send)]))).toEqual([]);
  expect(lines).toHaveLength(2);
});
