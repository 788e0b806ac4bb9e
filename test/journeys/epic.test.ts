import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import appointmentSync from '../../examples/demo/flows/appointment-sync.ts';
import { type Flow, flow, hl7 } from '../../src/flow/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { admission } from '../crash/traffic.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const MINUTE = 60_000;

let folder: string;
const opened: (() => Promise<void>)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-epic-'));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** The care app's side of the appointment sync, and everything it was ever asked to change. */
interface CareApp {
  readonly receiver: Receiver;
  readonly appointments: Map<string, { status: string; start: string }>;
  readonly created: string[];
  readonly updated: string[];
}

async function careApp(): Promise<CareApp> {
  const appointments = new Map<string, { status: string; start: string }>();
  const created: string[] = [];
  const updated: string[] = [];
  const receiver = await startReceiver(({ method, path, body }) => {
    const url = new URL(path, 'http://care-app');
    if (method === 'GET') {
      const csn = url.searchParams.get('csn') ?? '';
      return { status: 200, body: appointments.has(csn) ? [{ path: `/appointments/${csn}` }] : [] };
    }
    const sent = JSON.parse(body) as { csn: string; status: string; start: string };
    (method === 'POST' ? created : updated).push(sent.csn);
    appointments.set(sent.csn, { status: sent.status, start: sent.start });
    return { status: method === 'POST' ? 201 : 200, body: { csn: sent.csn } };
  });
  opened.push(receiver.close);
  return { receiver, appointments, created, updated };
}

interface World {
  readonly hospital: Simulator;
  readonly running: RunningEngine;
  readonly app: CareApp;
  /** Where the hospital finds our public keys. */
  readonly keysUrl: string;
  /** Starts the engine again on the same data. */
  restart(): Promise<RunningEngine>;
}

/** A hospital whose feed comes in and whose FHIR server is asked, with our client on its record. */
async function world(
  options: {
    readonly patients?: number;
    readonly backgroundUser?: boolean;
    readonly expiresIn?: number;
    readonly flows?: readonly Flow[];
  } = {},
): Promise<World> {
  const app = await careApp();
  const [mllpPort] = (await freePorts(1)) as [number];
  const hospital = await createSimulator({
    seed: 'journey',
    patients: options.patients ?? 8,
    eventsPerMinute: 0.5,
    ...(options.expiresIn === undefined ? {} : { expiresIn: options.expiresIn }),
    feeds: [{ name: 'all', port: mllpPort, kinds: ['ADT', 'SIU'], firstPauseMs: 20, longestPauseMs: 50 }],
  });
  opened.push(() => hospital.close());
  const site = testSite(
    {
      'epic-hl7': { connector: 'mllp', listen: { port: mllpPort } },
      'epic-fhir': {
        connector: 'epic',
        fhirBase: hospital.fhirBase,
        clientId: 'suture-journey',
        auth: { method: 'backend' },
        mrnSystem: MRN,
      },
      'care-app': { connector: 'webhook', url: app.receiver.url, secret: 'care-app' },
    },
    {
      identifiers: { mrn: { system: MRN, hl7: { field: 'PID-3', type: 'MR' } } },
      roster: { from: ['epic-hl7'] },
      budget: { requestsPerSecond: 2_000 },
      learn: {
        Appointment: {
          method: 'poll',
          from: 'epic-fhir',
          every: '100ms',
          rarely: '100ms',
          window: { back: '30d', ahead: '60d' },
        },
      },
    },
  );
  let running: RunningEngine | null = null;
  const keys = await startReceiver(async () => ({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: (await running?.engine.jwks()) ?? { keys: [] },
  }));
  opened.push(keys.close);
  hospital.addClient({
    clientId: 'suture-journey',
    jwksUrl: `${keys.url}/jwks.json`,
    backgroundUser: options.backgroundUser ?? true,
  });
  const start = async (): Promise<RunningEngine> => {
    running = await startEngine(join(folder, 'data'), {
      site,
      flows: options.flows ?? [appointmentSync],
      secrets: { 'care-app': 'a-secret-of-the-test' },
    });
    return running;
  };
  opened.push(async () => running?.close());
  return {
    hospital,
    app,
    keysUrl: `${keys.url}/jwks.json`,
    running: await start(),
    async restart() {
      const last = running;
      running = null;
      await last?.close();
      return start();
    },
  };
}

// The hospital's history is longer than the window the connector looks back; both sides are compared within it.
const compared = Date.now() - 29 * 24 * 60 * MINUTE;
const isCompared = ({ start }: { readonly start: string }): boolean => Date.parse(start) > compared;

/** What the hospital knows to be true, in the receiver's words. */
const truthOf = (hospital: Simulator): [string, { status: string; start: string }][] =>
  hospital
    .appointments()
    .filter(isCompared)
    .map(({ csn, status, start }): [string, { status: string; start: string }] => [csn, { status, start }])
    .sort(([a], [b]) => (a < b ? -1 : 1));
const heldBy = ({ appointments }: CareApp): [string, { status: string; start: string }][] =>
  [...appointments]
    .filter(([, appointment]) => isCompared(appointment))
    .map(([csn, { status, start }]): [string, { status: string; start: string }] => [
      csn,
      { status, start: new Date(start).toISOString() },
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));

const agrees = (hospital: Simulator, app: CareApp): Promise<boolean> =>
  until(
    async () => JSON.stringify(heldBy(app)) === JSON.stringify(truthOf(hospital)),
    'the care app to hold the hospital’s truth',
    25,
  );

/** Resolves after two more whole rounds over the roster: whatever there is to learn has been learnt. */
async function twoRounds({ store }: RunningEngine): Promise<void> {
  const rounds = async (): Promise<readonly number[]> => {
    const { active, others } = ((await store.cursor('mercy', 'epic-fhir', 'learn:Appointment'))?.value ??
      {}) as Readonly<Record<string, { rounds?: number } | undefined>>;
    return [active?.rounds ?? 0, others?.rounds ?? 0];
  };
  const from = await rounds();
  await until(
    async () => (await rounds()).every((count, at) => count >= (from[at] ?? 0) + 2),
    'two rounds over the roster, its active patients and the others',
  );
}

async function appointmentMessages({ store }: RunningEngine): Promise<{ type: string; controlId: string }[]> {
  const all: { type: string; controlId: string }[] = [];
  let before: string | null = null;
  do {
    const page = await store.search({
      type: 'Appointment.*',
      limit: 500,
      ...(before === null ? {} : { before }),
    });
    all.push(...page.rows.map(({ type, controlId }) => ({ type, controlId: controlId ?? '' })));
    before = page.before;
  } while (before !== null);
  return all;
}

const stateOf = (running: RunningEngine, connection: string) =>
  running.engine.connections().find((one) => one.connection === connection);

describe('a day at the hospital', () => {
  test('reaches the application: each appointment is made once, then changed, and the end states agree', async () => {
    const { hospital, running, app, restart } = await world();
    // Nobody is known yet: what the feed has not named is not asked about.
    await twoRounds(running);
    expect(app.receiver.asked).toEqual([]);

    // The feed makes patients known; their appointments follow by asking.
    for (const { id } of hospital.patients()) hospital.happen({ kind: 'update', patient: id });
    await hospital.settled();
    await agrees(hospital, app);
    const before = app.created.length;
    expect(before).toBeGreaterThanOrEqual(truthOf(hospital).length);
    expect(app.updated).toEqual([]);

    // A morning passes, and some things in it are certain to happen.
    const coming = (): string[] =>
      hospital
        .appointments()
        .filter(({ status, start }) => status === 'booked' && Date.parse(start) > hospital.now())
        .map(({ csn }) => csn);
    const [moved = '', cancelled = ''] = coming();
    hospital.happen({ kind: 'reschedule', csn: moved });
    hospital.happen({ kind: 'cancel', csn: cancelled });
    const booked = hospital.happen({ kind: 'book' });
    await agrees(hospital, app);
    for (let quarter = 0; quarter < 12; quarter += 1) {
      hospital.advance(15 * MINUTE);
      await hospital.settled();
    }
    await agrees(hospital, app);

    expect(app.created.length).toBeGreaterThan(before);
    expect(new Set(app.created).size).toBe(app.created.length);
    expect(app.created).toContain(booked.csn);
    expect(app.updated).toContain(moved);
    expect(app.updated).toContain(cancelled);
    expect(app.appointments.get(cancelled)?.status).toBe('cancelled');
    // The same in the history: one `created` for each identity, first of all that is said of it.
    await twoRounds(running);
    const messages = (await appointmentMessages(running)).reverse();
    for (const [identity, said] of Map.groupBy(messages, ({ controlId }) => controlId)) {
      expect(
        said.map(({ type }) => type),
        identity,
      ).toEqual(['Appointment.created', ...Array(said.length - 1).fill('Appointment.updated')]);
    }
    expect(messages.filter(({ type }) => type === 'Appointment.created')).toHaveLength(app.created.length);

    // An engine that starts anew on the same data knows all of it already.
    const asked = app.receiver.asked.length;
    const again = await restart();
    await twoRounds(again);
    expect(await appointmentMessages(again)).toHaveLength(messages.length);
    expect(app.receiver.asked).toHaveLength(asked);
    const last = hospital.happen({ kind: 'reschedule' });
    await agrees(hospital, app);
    expect(app.updated.at(-1)).toBe(last.csn);
    expect(new Set(app.created).size).toBe(app.created.length);
  });
});

describe('a sign-in that Epic refuses is shown at the connection', () => {
  test('when the client has no background user, and is gone when it has', async () => {
    const { hospital, running, app, keysUrl } = await world({ patients: 1, backgroundUser: false });
    hospital.happen({ kind: 'update' });
    const failing = await until(async () => {
      const state = stateOf(running, 'epic-fhir');
      return state?.state === 'failing' && state;
    }, 'the connection to fail');
    expect(failing.text).toContain('suture-journey has no background user');
    // It is the site's matter; the feed goes on, and so does the engine.
    expect(stateOf(running, 'epic-hl7')?.state).toBe('running');
    expect(running.engine.readiness().ready).toBe(true);
    const test = await running.engine.test('mercy', 'epic-fhir');
    expect(test.map(({ check, ok }) => [check, ok])).toEqual([
      ['route', true],
      ['sign-in', false],
    ]);
    expect(running.logged.join()).toContain('EPIC_BACKGROUND_USER');

    hospital.addClient({ clientId: 'suture-journey', jwksUrl: keysUrl });
    await until(async () => app.created.length > 0, 'the appointments to come', 25);
    expect(stateOf(running, 'epic-fhir')).toMatchObject({ state: 'running', text: null });
  });

  test('when the key is no longer published, and mends itself when it is', async () => {
    const { hospital, running, app } = await world({ patients: 2, expiresIn: 1 });
    hospital.happen({ kind: 'update' });
    await until(async () => app.created.length > 0, 'the first appointments');
    const none = await startReceiver(() => ({ status: 200, body: { keys: [] } }));
    opened.push(none.close);
    hospital.addClient({ clientId: 'suture-journey', jwksUrl: `${none.url}/jwks.json` });
    const failing = await until(async () => {
      const state = stateOf(running, 'epic-fhir');
      return state?.state === 'failing' && state;
    }, 'the connection to fail');
    const [key] = (await running.engine.jwks()).keys;
    expect(failing.text).toContain(`does not accept client id suture-journey with the key ${key?.kid}`);
    expect(running.logged.join()).not.toMatch(/eyJ[A-Za-z0-9_-]{20}/);

    const published = await startReceiver(async () => ({ status: 200, body: await running.engine.jwks() }));
    opened.push(published.close);
    hospital.addClient({ clientId: 'suture-journey', jwksUrl: `${published.url}/jwks.json` });
    const { csn } = hospital.happen({ kind: 'book', patient: [...hospital.patients()][0]?.id ?? '' });
    hospital.happen({ kind: 'update', patient: [...hospital.patients()][0]?.id ?? '' });
    await until(async () => app.created.includes(csn ?? ''), 'the new appointment', 25);
    expect(stateOf(running, 'epic-fhir')).toMatchObject({ state: 'running', text: null });
  });
});

describe('the wrong patient is never taken', () => {
  test('a match whose birth date differs from the message’s is held; the right one goes on', async () => {
    const greet = flow('greet', { about: 'Finds who was admitted, and says so.', order: 'patient' })
      .on(hl7.message('ADT^A01'))
      .find('patient', {
        connection: 'epic-fhir',
        do: 'patient.find',
        args: { 'identifier.system': 'site.mrnSystem', 'identifier.value': 'hl7:PID-3[5=MR].1' },
        verify: { birthDate: 'event.patient.birthDate' },
      })
      .send('greet', {
        connection: 'care-app',
        do: 'send',
        args: { path: { value: '/greetings' }, 'body.csn': 'patient.id' },
      });
    const { hospital, running, app } = await world({ patients: 3, flows: [greet] });
    const admitted = hospital.happen({ kind: 'admit' });
    await hospital.settled();
    await until(async () => app.created.includes(admitted.patientId), 'the right one to be greeted');

    // The same message with another birth date: a number that was typed wrongly leads to somebody else.
    const { rows } = await running.store.search({ type: 'ADT^A01', limit: 1 });
    const text = Buffer.from((await running.store.payload(rows[0]?.id ?? '')) ?? []).toString();
    const birthDate = hospital.patients().find(({ id }) => id === admitted.patientId)?.birthDate ?? '';
    const wrong = text
      .replace(admitted.controlId, 'WRONG-1')
      .replaceAll(birthDate.replaceAll('-', ''), '19010203');
    expect(wrong).not.toBe(text);
    const peer = await connectPeer(running.mllpPort);
    opened.push(async () => peer.close());
    expect(msa(await peer.send(wrong))?.code).toBe('AA');
    const held = await until(async () => {
      const found = (await running.store.search({ controlId: 'WRONG-1', limit: 1 })).rows[0];
      const deliveries = (await running.store.message(found?.id ?? '0'))?.deliveries;
      return deliveries?.[0]?.state === 'held' && deliveries[0];
    }, 'the wrong one to be held');
    expect(held).toMatchObject({ heldFor: 'ambiguous patient', failure: { code: 'MATCH_DIFFERS' } });
    expect(JSON.stringify(held)).not.toContain(birthDate);
    expect(app.created).toEqual([admitted.patientId]);
  });

  test('two who match are held, and after the correction there a release asks again', async () => {
    const twins = [
      { resourceType: 'Patient', id: 'one' },
      { resourceType: 'Patient', id: 'two' },
    ];
    const greet = flow('greet', { about: 'Finds who was admitted, and says so.', order: 'patient' })
      .on(hl7.message('ADT^A01'))
      .find('patient', {
        connection: 'index',
        do: 'find',
        args: { path: { value: '/patients' }, 'query.family': 'event.patient.name[0].family' },
      })
      .send('greet', {
        connection: 'care-app',
        do: 'send',
        args: { path: { value: '/greetings' }, 'body.csn': 'patient.id' },
      });
    const index = await startReceiver(() => ({ status: 200, body: twins }));
    opened.push(index.close);
    const app = await careApp();
    const running = await startEngine(join(folder, 'data'), {
      site: testSite({
        'hl7-in': { connector: 'mllp', listen: { port: 0 } },
        index: { connector: 'webhook', url: index.url, secret: 'care-app' },
        'care-app': { connector: 'webhook', url: app.receiver.url, secret: 'care-app' },
      }),
      flows: [greet],
      secrets: { 'care-app': 'a-secret-of-the-test' },
    });
    opened.push(running.close);
    const peer = await connectPeer(running.mllpPort);
    opened.push(async () => peer.close());
    await peer.send(admission('TWINS-1', 1, 1));
    await peer.send(admission('TWINS-2', 1, 2));
    const stands = async (controlId: string) => {
      const found = (await running.store.search({ controlId, limit: 1 })).rows[0];
      return (await running.store.message(found?.id ?? '0'))?.deliveries[0];
    };
    const held = await until(async () => {
      const delivery = await stands('TWINS-1');
      return delivery?.state === 'held' && delivery;
    }, 'the delivery to be held');
    expect(held).toMatchObject({
      heldFor: 'ambiguous patient',
      step: 'patient',
      failure: { code: 'SEVERAL_FOUND', at: { flow: 'greet', step: 'patient' } },
    });
    // A person sees the candidates; what comes later for this patient waits behind it.
    const trace = await running.engine.trace(held.id);
    expect(trace?.entries[0]).toMatchObject({ step: 'patient', state: 'held', output: { matches: twins } });
    expect((await stands('TWINS-2'))?.state).toBe('waiting');
    expect(index.asked).toHaveLength(1);

    // Released without a correction it is held again: nothing was picked.
    const release = () =>
      running.engine.release({ deliveryIds: [held.id], to: 'waiting', who: 'ada', reason: 'looked at it' });
    await release();
    await until(
      async () => index.asked.length === 2 && (await stands('TWINS-1'))?.state === 'held',
      'held again',
    );
    expect(app.receiver.asked).toEqual([]);

    twins.pop();
    await release();
    await until(async () => (await stands('TWINS-2'))?.state === 'delivered', 'both to be delivered');
    expect((await stands('TWINS-1'))?.state).toBe('delivered');
    expect(app.created).toEqual(['one', 'one']);
  });
});
