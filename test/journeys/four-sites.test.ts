/**
 * One flow, written once, at four sites that differ in everything the record can say: how an appointment is learnt (poll, SIU
 * feed, a feed that wakes reads, `_lastUpdated`), the server, codes, id systems, HL7 habits, time zones. The same expectation.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createEngine } from '../../src/engine/index.ts';
import { changes, flow } from '../../src/flow/index.ts';
import { type ValueSetRow, valueSetsOf } from '../../src/mapping/index.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import type { SiteRecord } from '../../src/site/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { testKey, testSite, until } from './engine.ts';
import { MRN } from './methods.fixture.ts';
import { startReceiver } from './receiver.ts';

/** Each Epic has ids of its own. */
const EAST_MRN = 'urn:oid:1.2.840.114350.1.13.236.2.7.5.737384.14';
const WEST_CSN = 'urn:west:visit';

/** It names no site. */
const booking = flow('booking', { about: 'Tells the application of every new appointment.' })
  // As any resource: FHIRPath is not walked by the types.
  .on(changes('Appointment' as string, 'created'))
  .map('record', {
    number: {
      from: [
        "event.identifier.where(system.endsWith('.698084.8')).value",
        `event.identifier[system=${WEST_CSN}].value`,
        'event.identifier[type.coding.code=FILL].value',
      ],
      required: true,
    },
    start: { from: 'event.start', transform: 'instant', required: true },
    kind: {
      from: ['event.serviceType[0].coding[0].code', 'event.appointmentType.coding[0].code'],
      valueSet: 'visit-type',
    },
    hospital: 'site.id',
  })
  .send('tell', {
    connection: 'app',
    do: 'send',
    args: { path: { value: '/appointments' }, body: 'record' },
  });

interface Site {
  readonly name: string;
  readonly timeZone: string;
  readonly method: 'poll' | 'feed' | 'feed wakes read';
  readonly mrnType: string;
  readonly isEpic: boolean;
  readonly options: SimulatorOptions;
  /** The site's own code of a visit type. */
  readonly code: (number: string) => string;
}

const same = (number: string): string => number;
const SITES: readonly Site[] = [
  {
    name: 'north',
    timeZone: 'America/Chicago',
    method: 'poll',
    mrnType: 'MR',
    isEpic: true,
    options: {},
    code: same,
  },
  {
    ...{
      name: 'south',
      timeZone: 'America/New_York',
      method: 'feed',
      mrnType: 'MRN',
      isEpic: true,
      code: same,
    },
    options: {
      habits: {
        ...{ version: '2.3', schedulingApplication: 'SCHED', processing: 'P', trailingFields: false },
        identifiers: { mrn: { assigner: 'MRN', type: 'MRN' }, epic: { assigner: 'EPIC', type: 'EPI' } },
      },
    },
  },
  {
    ...{
      name: 'east',
      timeZone: 'Pacific/Auckland',
      method: 'feed wakes read',
      mrnType: 'MR',
      isEpic: true,
      code: same,
    },
    options: { profile: 'prod-2025-05' },
  },
  {
    ...{
      name: 'west',
      timeZone: 'America/Phoenix',
      method: 'poll',
      mrnType: 'MR',
      isEpic: false,
      options: {},
    },
    code: (number) => `W-${number}`,
  },
];

let folder: string;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-four-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const numbers = Array.from({ length: 400 }, (_, at) => String(1_000 + at));
/** The site's codes and ours; every site's ward clerks know the hospital's own, too. */
const rowsOf = ({ code }: Site): readonly ValueSetRow[] =>
  [...new Set(numbers.flatMap((number) => [code(number), number]))].map((source, at) => ({
    ...{ source, target: `visit-${source.replace('W-', '')}`, file: 'visit-type.csv', line: at + 2 },
    ...(source === code(source.replace('W-', '')) ? { preferred: true as const } : {}),
  }));

function recordOf(site: Site, hospital: Simulator, port: number, app: string): SiteRecord {
  const { name, timeZone, method, mrnType, isEpic } = site;
  const epic = {
    connector: 'epic',
    fhirBase: hospital.fhirBase,
    clientId: `suture-${name}`,
    auth: { method: 'backend' },
  };
  return testSite(
    {
      hl7: { connector: 'mllp', listen: { port } },
      ehr: isEpic ? epic : { connector: 'fhir', fhirBase: hospital.genericBase },
      app: { connector: 'webhook', url: app, secret: 'app' },
    },
    {
      ...{ site: name, name, timeZone },
      identifiers: {
        mrn: { system: name === 'east' ? EAST_MRN : MRN, hl7: { field: 'PID-3', type: mrnType } },
        ...(isEpic ? {} : { csn: { system: WEST_CSN } }),
      },
      roster: { from: ['hl7'] },
      budget: { requestsPerSecond: 5_000 },
      learn: {
        Appointment: {
          method,
          from: method === 'feed' ? 'hl7' : 'ehr',
          every: '200ms',
          ...(isEpic ? { rarely: '400ms', window: { back: '30d', ahead: '90d' } } : {}),
        },
      },
    },
  );
}

/** Books something at the site's hospital; what is true of it, in plain words. */
async function book({ name, isEpic, code }: Site, hospital: Simulator): Promise<Record<string, unknown>> {
  if (!isEpic) {
    const start = '2026-12-03T08:30:00-07:00';
    const body = {
      ...{ resourceType: 'Appointment', status: 'booked', start, end: '2026-12-03T09:00:00-07:00' },
      identifier: [{ system: WEST_CSN, value: 'W-77' }],
      serviceType: [{ coding: [{ system: 'urn:west:visit-types', code: code('1016') }] }],
      participant: [{ actor: { reference: `Patient/${hospital.patients()[0]?.id}` }, status: 'accepted' }],
    };
    const made = await fetch(`${hospital.genericBase}/Appointment`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify(body),
    });
    expect(made.status).toBe(201);
    return { number: 'W-77', start: new Date(start).toISOString(), kind: 'visit-1016', hospital: name };
  }
  const before = new Set(hospital.truth({ type: 'Appointment' }).map(({ key }) => key));
  hospital.happen({ kind: 'book', patient: hospital.patients()[1]?.id ?? '' });
  const made = hospital.truth({ type: 'Appointment' }).find(({ key }) => !before.has(key));
  const { csn, start, visitType } = (made?.state ?? {}) as Record<string, string>;
  return { number: csn, start, kind: `visit-${visitType}`, hospital: name };
}

test('one flow does the same at four sites that differ in everything', async () => {
  const app = await startReceiver();
  closing.push(app.close);
  const ports = await freePorts(SITES.length);
  const hospitals = await Promise.all(
    SITES.map((site, at) =>
      createSimulator({
        ...{ patients: 6, eventsPerMinute: 0, seed: site.name, timeZone: site.timeZone },
        feeds: [
          {
            name: 'all',
            port: ports[at] as number,
            kinds: ['ADT', 'SIU'],
            firstPauseMs: 20,
            longestPauseMs: 50,
          },
        ],
        ...site.options,
      }),
    ),
  );
  closing.push(() => Promise.all(hospitals.map((hospital) => hospital.close())));
  const store = await openSqliteStore({ folder, masterKey: testKey, clock: systemClock });
  await store.putSecret('secret:app', 'a secret of the application');
  const sets = new Map(
    SITES.map((site) => [
      site.name,
      valueSetsOf({
        names: ['visit-type'],
        rows: (name) => (name === 'visit-type' ? rowsOf(site) : undefined),
      }),
    ]),
  );
  const engine = createEngine({
    store,
    sites: SITES.map((site, at) => recordOf(site, hospitals[at] as Simulator, ports[at] as number, app.url)),
    flows: [booking],
    valueSets: (site) => sets.get(site) ?? valueSetsOf({ names: [], rows: () => undefined }),
    clock: systemClock,
    keyedHash: store.keyedHash,
    log: () => undefined,
  });
  const keys = await startReceiver(async () => ({ status: 200, body: await engine.jwks() }));
  closing.push(keys.close);
  for (const [at, { name }] of SITES.entries()) {
    hospitals[at]?.addClient({
      clientId: `suture-${name}`,
      jwksUrl: `${keys.url}/jwks.json`,
      backgroundUser: true,
    });
  }
  await engine.start();
  closing.push(async () => {
    await engine.stop();
    await store.close();
  });
  // Patients become known by the feed, and what there is is seen.
  for (const hospital of hospitals) {
    for (const { id } of hospital.patients()) hospital.happen({ kind: 'update', patient: id });
    await hospital.settled();
  }
  const expected = [];
  for (const [at, site] of SITES.entries()) expected.push(await book(site, hospitals[at] as Simulator));

  const told = ({ number, hospital }: Record<string, unknown>): unknown[] =>
    app.asked
      .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
      .filter((record) => record.number === number && record.hospital === hospital);
  for (const record of expected) {
    await until(async () => told(record).length > 0, `${record.hospital} to tell of its appointment`, 40);
    expect(told(record)).toEqual([record]);
  }
  expect(new Set(expected.map(({ hospital }) => hospital)).size).toBe(4);
}, 120_000);
