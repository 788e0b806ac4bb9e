import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Flow, flow, hl7 } from '../../src/flow/index.ts';
import { createSimulator, type Simulator, testPassword } from '../../src/simulator/index.ts';
import { quickClock } from '../proofs/quick-clock.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { connectPeer } from './peer.ts';
import { startReceiver } from './receiver.ts';

// Every way of writing that is not a FHIR create, at the demo hospital: its HL7 receiver and its services from before FHIR.
const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const VISIT_TYPE = 'urn:oid:1.2.840.114350.1.13.0.1.7.2.808267';
const SSN = 'urn:oid:2.16.840.1.113883.4.1';
const LOINC = 'http://loinc.org';
const MINUTE = 60_000;
/** Times as fast as the machine's, for engine and hospital alike. */
const QUICK = 20;

const find = {
  connection: 'ehr',
  do: 'patient.find',
  args: { 'identifier.system': { value: MRN }, 'identifier.value': 'hl7:PID-3.1' },
} as const;

const flows: readonly Flow[] = [
  flow('visits', { about: 'Opens a visit.' })
    .on(hl7.message('ADT^A04'))
    .find('patient', find)
    .create('open', {
      connection: 'ehr',
      do: 'encounter.create',
      args: {
        patient: 'patient',
        'resource.status': { value: 'arrived' },
        'resource.class.code': { value: 'E' },
        'resource.period.start': 'hl7:ZWR-1',
      },
    }),
  flow('results', { about: 'Files a result.' })
    .on(hl7.message('ORU^R01'))
    .find('patient', find)
    .create('file', {
      connection: 'ehr',
      do: 'observation.create',
      args: {
        patient: 'patient',
        'resource.status': { value: 'final' },
        'resource.code.coding[0].system': { value: LOINC },
        'resource.code.coding[0].code': { value: '8867-4' },
        'resource.category[0].coding[0].system': {
          value: 'http://terminology.hl7.org/CodeSystem/observation-category',
        },
        'resource.category[0].coding[0].code': { value: 'vital-signs' },
        'resource.effectiveDateTime': 'hl7:ZWR-1',
        'resource.valueQuantity.value': { from: 'hl7:ZWR-2', transform: 'number' },
        'resource.valueQuantity.unit': { value: '/min' },
      },
    }),
  flow('notes', { about: 'Files a note.' })
    .on(hl7.message('MDM^T02'))
    .find('patient', find)
    .create('file', {
      connection: 'ehr',
      do: 'documentReference.create',
      args: {
        patient: 'patient',
        'resource.status': { value: 'current' },
        'resource.docStatus': { value: 'final' },
        'resource.date': 'hl7:ZWR-1',
        'resource.type.coding[0].system': { value: LOINC },
        'resource.type.coding[0].code': { value: '11506-3' },
        'resource.content[0].attachment.contentType': { value: 'text/plain' },
        'resource.content[0].attachment.data': { from: 'hl7:ZWR-2', transform: 'base64' },
      },
    }),
  flow('bookings', { about: 'Books an appointment.' })
    .on(hl7.message('SIU^S12'))
    .find('patient', find)
    .create('book', {
      connection: 'ehr',
      do: 'appointment.create',
      args: {
        patient: 'patient',
        'resource.start': 'hl7:ZWR-1',
        'resource.serviceType[0].coding[0].system': { value: VISIT_TYPE },
        'resource.serviceType[0].coding[0].code': { value: '1023' },
      },
    }),
  flow('newcomers', { about: 'Makes a chart.' })
    .on(hl7.message('ADT^A28'))
    .create('enter', {
      connection: 'ehr',
      do: 'patient.create',
      args: {
        'resource.name[0].family': 'hl7:PID-5.1',
        'resource.name[0].given[0]': 'hl7:PID-5.2',
        'resource.birthDate': 'event.patient.birthDate',
        'resource.gender': 'event.patient.gender',
        'resource.identifier[0].system': { value: SSN },
        'resource.identifier[0].value': { value: '900-12-3456' },
      },
    }),
];

let folder: string;
let hospital: Simulator;
let running: RunningEngine;
const closing: (() => Promise<unknown>)[] = [];
const clock = quickClock(QUICK);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-routes-'));
  hospital = await createSimulator({
    seed: 'routes',
    patients: 12,
    eventsPerMinute: 0,
    now: clock.now(),
    receiver: { port: 0 },
    wall: { now: clock.now, after: clock.after },
  });
  closing.push(() => hospital.close());
  hospital.start();
  const keys = await startReceiver(async () => ({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: (await running?.engine.jwks()) ?? { keys: [] },
  }));
  closing.push(keys.close);
  hospital.addClient({ clientId: 'suture', jwksUrl: `${keys.url}/jwks.json` });
  running = await startEngine(folder, {
    flows,
    clock,
    site: site(),
    secrets: {
      user: `Basic ${Buffer.from(`emp$FHIRTWO:${testPassword}`).toString('base64')}`,
      client: 'suture',
      'user-id': 'FHIRTWO',
      'user-type': 'External',
    },
  });
  closing.push(() => running.close());
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function site() {
  const over = { via: 'out', user: 'SUTURE', assigners: { [MRN]: { assigner: 'EPI', type: 'MR' } } };
  const service = `${hospital.url}/epic/api/epic`;
  const headers = {
    authorization: 'user',
    'Epic-Client-ID': 'client',
    'Epic-User-ID': 'user-id',
    'Epic-User-IDType': 'user-type',
  };
  const patiently = '10m';
  return testSite(
    {
      in: { connector: 'mllp', listen: { port: 0 } },
      out: {
        connector: 'mllp',
        send: { host: '127.0.0.1', port: hospital.receiver?.port },
        ackTimeout: patiently,
      },
      ehr: {
        connector: 'epic',
        fhirBase: hospital.fhirBase,
        clientId: 'suture',
        auth: { method: 'backend' },
        timeouts: { answer: patiently, total: patiently },
        do: {
          'encounter.create': { route: 'adt', ...over },
          'observation.create': { route: 'oru', ...over },
          'documentReference.create': { route: 'mdm', ...over },
          'appointment.create': {
            route: 'web service',
            url: `${service}/2014/PatientAccess/External/ScheduleAppointmentWithInsurance/Scheduling/Schedule`,
            headers,
            timeout: patiently,
            body: {
              PatientID: `patient.identifier[system=${MRN}].value`,
              PatientIDType: { value: 'EPI' },
              Date: { from: 'resource.start', transform: 'dateAs', with: 'yyyy-MM-dd' },
              Time: { from: 'resource.start', transform: 'dateAs', with: 'HH:mm' },
              VisitTypeID: `resource.serviceType.coding[system=${VISIT_TYPE}].code`,
            },
            id: 'Appointment.ContactIDs[Type=FHIR].ID',
            refusedBy: 'ExceptionMessage',
          },
          'patient.create': {
            route: 'web service',
            url: `${service}/2012/EMPI/External/PatientCreate/Patient/Create`,
            headers,
            timeout: patiently,
            body: {
              'Name.LastName': 'resource.name.family',
              'Name.FirstName': 'resource.name.given',
              DateOfBirth: 'resource.birthDate',
              Gender: 'resource.gender',
            },
            id: 'PatientIDs[Type=FHIR].ID',
            refusedBy: 'ExceptionMessage',
          },
        },
      },
    },
    {
      identifiers: { mrn: { system: MRN, hl7: { field: 'PID-3', type: 'MR' } } },
      roster: { from: ['in'] },
      budget: { requestsPerSecond: 5_000 },
      learn: Object.fromEntries(
        ['Encounter', 'Observation', 'DocumentReference', 'Appointment'].map((resource) => [
          resource,
          { method: 'poll', from: 'ehr', every: '4s', window: { back: '1d', ahead: '9d' } },
        ]),
      ),
    },
  );
}

/** What flows have learnt of a resource by FHIR that is so. */
async function cameBack(resource: string, is: (body: Record<string, never>) => boolean): Promise<number> {
  const { rows } = await running.store.search({ type: `${resource}.created`, limit: 500 });
  const bodies = await Promise.all(rows.map(({ id }) => running.store.payload(id)));
  return bodies.filter((bytes) => is(JSON.parse(Buffer.from(bytes ?? []).toString()))).length;
}

test('what goes by HL7 and by older services stands in the hospital once, answers lost or not, and comes back by FHIR once', async () => {
  const inHouse = hospital.visits().find(({ endedAt }) => endedAt === undefined);
  const outside = hospital
    .patients()
    .filter(({ id }) => !hospital.visits().some((each) => each.patientId === id && !each.endedAt));
  const [comer, booker] = outside as [(typeof outside)[0], (typeof outside)[0]];
  const told = inHouse as NonNullable<typeof inHouse>;
  const now = Math.floor(hospital.now() / MINUTE) * MINUTE;
  const earlier = new Date(now - 5 * MINUTE).toISOString();
  // On a morning, so that the day is the same in every zone.
  const start = new Date(Math.floor(now / 86_400_000) * 86_400_000 + 2 * 86_400_000 + 16 * 3_600_000);
  // Each is done, and its first answer never comes.
  for (const message of ['ADT^A04', 'ORU^R01', 'MDM^T02'])
    hospital.receiver?.acknowledge({ answer: 'cut', message });
  for (const path of ['Scheduling/Schedule', 'Patient/Create'])
    hospital.addFault({ kind: 'lost-reply', path, count: 1 });

  const peer = await connectPeer(running.mllpPort);
  const tell = async (type: string, id: string, pid: string, ...zwr: string[]): Promise<void> => {
    const lines = [`MSH|^~\\&|APP|N|SUTURE|S|20260105||${type}|${id}|T|2.5.1`, `PID|1||${pid}`];
    const answer = await peer.send([...lines, `ZWR|${zwr.join('|')}`].join('\r'));
    expect(answer).toContain('MSA|AA');
  };
  const numbered = (mrn: string): string => `${mrn}^^^EPI^MR`;
  await tell('ADT^A04', 'v', numbered(comer.mrn), earlier);
  await tell('ORU^R01', 'o', numbered(told.mrn), earlier, '77');
  await tell('MDM^T02', 'n', numbered(told.mrn), earlier, 'Slept well & ate.');
  await tell('SIU^S12', 'b', numbered(booker.mrn), start.toISOString());
  await tell('ADT^A28', 'p', 'X1^^^N^MR||Newcomer^Ida||19840506|F');
  peer.close();

  const states = async (): Promise<string> => {
    const { rows } = await running.store.search({ connection: 'in', limit: 10 });
    return rows.map(({ type, deliveries }) => `${type} ${deliveries[0]?.state}`).join(', ');
  };
  const rest = ['SIU^S12', 'MDM^T02', 'ORU^R01', 'ADT^A04'].map((type) => `${type} delivered`).join(', ');
  // That service takes neither number nor address: name, birth date and sex alone are no proof, so a person is asked.
  await until(async () => (await states()) === `ADT^A28 held, ${rest}`, 'all of them to be decided', 30);
  const charts = () => hospital.patients().filter(({ family }) => family === 'Newcomer');
  const [unknown] = (await running.store.writes({ limit: 10 })).rows;
  await running.engine.settleWrite({
    id: unknown?.id ?? '',
    word: 'done',
    record: charts()[0]?.id ?? '',
    who: 'ana',
    reason: 'the chart is there',
  });
  await until(async () => (await states()) === `ADT^A28 delivered, ${rest}`, 'the chart to be taken');
  expect(charts()).toHaveLength(1);

  // In the hospital's truth, once.
  const truth = (type: Parameters<Simulator['truth']>[0], is: (state: Record<string, unknown>) => boolean) =>
    hospital.truth(type).filter(({ state }) => is(state));
  const visits = hospital.visits().filter(({ patientId, endedAt }) => patientId === comer.id && !endedAt);
  expect(visits.map(({ startedAt }) => startedAt)).toEqual([earlier]);
  const measured = truth({ type: 'Observation', patient: told.patientId, changed: true }, () => true);
  expect(measured.map(({ state }) => [state.value, state.takenAt])).toEqual([[77, earlier]]);
  const written = truth({ type: 'DocumentReference', patient: told.patientId, changed: true }, () => true);
  expect(written.map(({ state }) => [state.text, state.status])).toEqual([['Slept well & ate.', 'final']]);
  const booked = hospital.appointments().filter(({ patientId }) => patientId === booker.id);
  expect(booked.filter((each) => each.start === start.toISOString())).toHaveLength(1);

  // And by FHIR, told once as new.
  await until(
    async () =>
      (await cameBack('Encounter', ({ id }) => id === visits[0]?.id)) === 1 &&
      (await cameBack('Observation', ({ id }) => id === measured[0]?.id)) === 1 &&
      (await cameBack('DocumentReference', ({ id }) => id === written[0]?.id)) === 1 &&
      (await cameBack('Appointment', (body) => body.start === start.toISOString().replace('.000', ''))) === 1,
    'them to come back',
    20,
  );
  // Nothing is left open: each lost answer was found out.
  expect((await running.store.writes({ limit: 10 })).rows).toEqual([]);
}, 180_000);
