/** The demo hospital as a partner that knows nothing of us: its CDS client calls our service, its Group is exported. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Api, createApi } from '../../src/api/index.ts';
import { cds, type Flow, flow } from '../../src/flow/index.ts';
import { createSimulator, type Simulator } from '../../src/simulator/index.ts';
import { secret, systemClock } from '../../src/std/index.ts';
import { type RunningEngine, startEngine, testSite } from './engine.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const AUDIENCE = 'https://suture.test/cds-services';
let folder: string;
let hospital: Simulator;
let keys: Receiver;
let running: RunningEngine;
let api: Api;

const flows: readonly Flow[] = [
  flow('age-card')
    .on(
      cds.patientView({
        service: 'age',
        description: 'Tells when the patient was born.',
        prefetch: { patient: 'Patient/{{context.patientId}}' },
        readMissing: true,
        deadline: '8s',
      }),
    )
    .code('about', {
      reads: { born: 'event.prefetch.patient.birthDate' },
      run: ({ born }) => ({ text: born === null ? 'Nothing is known' : `Born ${born}` }),
    })
    .respond('card', [
      { card: { summary: 'about.text', indicator: { value: 'info' }, 'source.label': { value: 'Test' } } },
    ]),
];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-calls-'));
  keys = await startReceiver(async () => ({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: await running.engine.jwks(),
  }));
  hospital = await createSimulator({
    seed: 'calls',
    patients: 6,
    eventsPerMinute: 0,
    clients: [{ clientId: 'suture', jwksUrl: `${keys.url}/jwks.json` }],
  });
});
afterEach(async () => {
  await api?.close();
  await running.close();
  await keys.close();
  await hospital.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(learn: object = {}): Promise<void> {
  running = await startEngine(join(folder, 'data'), {
    flows,
    site: testSite(
      {
        epic: {
          connector: 'epic',
          fhirBase: hospital.fhirBase,
          clientId: 'suture',
          auth: { method: 'backend' },
        },
        cds: {
          connector: 'cds',
          issuer: hospital.fhirBase,
          keys: [`${hospital.url}/epic/api/epic/2019/Security/Open/PublicKeys/530013/530013`],
          audience: [AUDIENCE],
        },
      },
      { identifiers: { mrn: { system: MRN } }, budget: { requestsPerSecond: 1_000 }, learn },
    ),
  });
  api = await createApi({ engine: running.engine, clock: systemClock, port: 0, cliToken: secret() });
}

type Answer = Record<string, never> & { [name: string]: never };
async function admin(path: string, body?: unknown): Promise<Answer> {
  const init =
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return (await (await fetch(`${hospital.adminUrl}${path}`, init)).json()) as Answer;
}
const call = async (misbehave?: object) => {
  const [, patient] = hospital.patients();
  const exchanges = (await admin('/cds/call', {
    service: 'age',
    patient: patient?.mrn,
    ...(misbehave ? { misbehave } : {}),
  })) as unknown as readonly {
    status: number;
    outcome: string;
    shown: { cards: readonly { summary: string }[] };
  }[];
  return { ...exchanges[0], born: patient?.birthDate ?? '' } as {
    status: number;
    outcome: string;
    shown?: { cards: readonly { summary: string }[] };
    born: string;
  };
};

test('its CDS client finds our service, calls it, and is answered; strangers and repeats are not', {
  timeout: 120_000,
}, async () => {
  await start();
  await admin('/cds/discover', { url: api.url, clientId: 'suture', audience: AUDIENCE });
  const asked = await call();
  expect(asked.status).toBe(200);
  expect(asked.shown?.cards.map(({ summary }) => summary)).toEqual([`Born ${asked.born}`]);
  // Not sent along, it is read with the hospital's own token.
  const read = await call({ withoutPrefetch: ['all'] });
  expect(read.shown?.cards.map(({ summary }) => summary)).toEqual([`Born ${read.born}`]);
  // A token that has ended reads nothing, and the answer comes all the same.
  const dead = await call({ withoutPrefetch: ['all'], deadAuthorization: true });
  expect(dead.shown?.cards.map(({ summary }) => summary)).toEqual(['Nothing is known']);
  for (const token of [
    'missing',
    'expired',
    'not-yet',
    'wrong-audience',
    'wrong-issuer',
    'wrong-key',
    'wrong-jku',
    'unsigned',
    'replayed',
  ]) {
    expect({ token, status: (await call({ token })).status }).toEqual({ token, status: 401 });
  }
  expect((await call({ truncated: true })).status).toBe(400);
  await expect.poll(async () => (await running.store.exchanges({ limit: 50 })).rows.length).toBe(3);
  for (const { id } of (await running.store.exchanges({ limit: 50 })).rows) {
    expect(JSON.stringify(await running.store.exchangeBody(id))).not.toMatch(
      /access_token|fhirAuthorization/,
    );
  }
});

test('a token that was used is not good again after a restart', { timeout: 120_000 }, async () => {
  await start();
  await admin('/cds/discover', { url: api.url, clientId: 'suture', audience: AUDIENCE });
  expect((await call()).status).toBe(200);
  await api.close();
  await running.close();
  await start();
  await admin('/cds/discover', { url: api.url, clientId: 'suture', audience: AUDIENCE });
  expect((await call({ token: 'replayed' })).status).toBe(401);
  expect((await call()).status).toBe(200);
});

test('its Group is exported once, and its patients are learnt and known', { timeout: 180_000 }, async () => {
  const { groups } = (await admin('/bulk')) as unknown as {
    groups: readonly { id: string; members?: readonly string[] }[];
  };
  const group = groups[0]?.id ?? '';
  await start({
    Patient: { method: 'bulk', from: 'epic', group },
    Encounter: { method: 'bulk', from: 'epic', group },
  });
  const patients = async (): Promise<number> =>
    (await running.store.search({ limit: 500 })).rows.filter(({ type }) => type === 'Patient.created').length;
  await expect.poll(patients, { timeout: 50_000, interval: 250 }).toBeGreaterThan(0);
  const roster = await running.store.rosterPage('mercy', null, 100);
  expect(roster.length).toBeGreaterThan(0);
  expect(await patients()).toBe(roster.length);
});
