import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeSigningKey, type SigningKeyPair } from '../../fhir/index.ts';
import { serve } from '../../fhir/server.fixture.ts';
import { createSimulator, type Simulator } from '../../simulator/index.ts';
import { Failure, type Json, systemClock } from '../../std/index.ts';
import { callContext, type TestContext, testContext } from '../context.fixture.ts';
import type { Connection } from '../contract.ts';
import { mllp } from '../mllp/index.ts';
import { epic } from './index.ts';

const at = { site: 'mercy', connection: 'epic' };
let key: SigningKeyPair;
beforeAll(async () => {
  key = await makeSigningKey();
});

interface World {
  readonly hospital: Simulator;
  readonly context: TestContext;
  readonly connection: Connection;
  readonly close: () => Promise<void>;
}

let world: World;
let later = 0;
beforeEach(async () => {
  later = 0;
  world = await open();
});
afterEach(() => world.close());

async function open(record: Record<string, unknown> = {}): Promise<World> {
  const keys = await serve(() => ({ body: { keys: [key.publicJwk] } }));
  const hospital = await createSimulator({
    seed: 'writing',
    patients: 20,
    eventsPerMinute: 0,
    receiver: { port: 0 },
  });
  hospital.addClient({ clientId: 'suture', jwksUrl: `${keys.origin}/jwks.json` });
  const context = await testContext({ key, clock: { ...systemClock, now: () => Date.now() + later } });
  context.ledger.now = () => Date.now() + later;
  const config = epic.parse(
    {
      connector: 'epic',
      fhirBase: hospital.fhirBase,
      clientId: 'suture',
      auth: { method: 'backend' },
      ...record,
    },
    at,
  );
  const connection = epic.open(config, context);
  return {
    hospital,
    context,
    connection,
    async close() {
      await connection.close();
      await hospital.close();
      await keys.close();
    },
  };
}

const call = async (name: string, args: unknown, key = 'd1.step'): Promise<Record<string, Json>> =>
  (await world.connection.call?.(
    { do: name, args: args as Json },
    callContext({ idempotencyKey: key }),
  )) as Record<string, Json>;

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** A patient who is in the hospital now, with the visit. */
async function inHospital(): Promise<{ patient: string; encounter: string; record: Json }> {
  const visit = world.hospital.visits().find(({ endedAt }) => endedAt === undefined);
  if (visit === undefined) throw new Error('nobody is in the hospital');
  const { patientId: patient, id: encounter } = visit;
  const [record] = (await call('patient.read', { id: patient })).matches as readonly Json[];
  return { patient, encounter, record: record as Json };
}

const pulse = (encounter: string, more = {}) => ({
  encounter: { reference: `Encounter/${encounter}` },
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  effectiveDateTime: new Date(Math.floor(world.hospital.now() / 1_000) * 1_000 - 60_000).toISOString(),
  valueQuantity: { value: 71, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
  ...more,
});
const note = (encounter: string, text: string) => ({
  docStatus: 'final',
  type: { coding: [{ system: 'http://loinc.org', code: '11506-3' }] },
  context: { encounter: [{ reference: `Encounter/${encounter}` }] },
  content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(text).toString('base64') } }],
});
const posts = (type: string) =>
  world.hospital.requests().filter(({ method, path }) => method === 'POST' && path.includes(`/R4/${type}`))
    .length;
const loseReply = (type: string): void =>
  void world.hospital.addFault({ kind: 'lost-reply', type, method: 'POST', count: 1 });

describe('vital signs', () => {
  test('are filed for the patient of the visit, and found again', async () => {
    const { patient, encounter, record } = await inHospital();
    const made = await call('observation.create', { resource: pulse(encounter), patient: record });
    expect(made).toMatchObject({ outcome: 'created', reference: expect.stringMatching(/^Observation\//) });
    const found = await call('observation.find', { patient, category: 'vital-signs', code: '8867-4' });
    expect((found.matches as { id: string }[]).map(({ id }) => id)).toContain(made.id);
  });

  test('whose answer was lost are found, and a second time they are there already (59189)', async () => {
    const { patient, encounter } = await inHospital();
    loseReply('Observation');
    const file = (key: string) => call('observation.create', { resource: pulse(encounter), patient }, key);
    expect(await failureOf(file('a'))).toMatchObject({ kind: 'unknown-outcome' });
    const made = await file('a');
    expect(made).toMatchObject({ outcome: 'found' });
    expect(posts('Observation')).toBe(1);
    // Another hand, whose ledger knows nothing of the first.
    world.context.ledger.entries.clear();
    expect(await file('b')).toMatchObject({ outcome: 'found', id: made.id as string });
    expect(posts('Observation')).toBe(2);
  });

  test('with more than Epic takes are refused before anything is planned; a row that is not mapped is told as such', async () => {
    const { patient, encounter } = await inHospital();
    const two = { coding: [...pulse(encounter).code.coding, { system: 'urn:x', code: '1' }] };
    const failure = await failureOf(
      call('observation.create', { patient, resource: pulse(encounter, { code: two }) }),
    );
    expect(failure).toMatchObject({ code: 'WRITE_ARGUMENTS', at: { path: 'Observation.code' } });
    expect(world.context.ledger.moves).toEqual([]);
    const unknown = pulse(encounter, { code: { coding: [{ system: 'http://loinc.org', code: '00000-0' }] } });
    expect(await failureOf(call('observation.create', { patient, resource: unknown }))).toMatchObject({
      code: 'EPIC_TABLE_MISSING',
      kind: 'config',
    });
  });
});

describe('notes', () => {
  test('are filed once, though a repeat would be a duplicate and Epic gives back another form', async () => {
    const { patient, encounter } = await inHospital();
    const first = note(encounter, 'Seen today.\nSleeps well & eats.');
    await call('documentReference.create', { resource: note(encounter, 'Another note.'), patient }, 'other');
    loseReply('DocumentReference');
    const file = () => call('documentReference.create', { resource: first, patient }, 'a');
    await failureOf(file());
    expect(await file()).toMatchObject({ outcome: 'found' });
    expect(posts('DocumentReference')).toBe(2);
    const upserted = await call('documentReference.upsert', { resource: first, patient }, 'b');
    expect(upserted.id).toBe((await file()).id);
    expect(posts('DocumentReference')).toBe(2);
  });
});

describe('patients', () => {
  const ida = (more = {}) => ({
    identifier: [{ system: 'urn:oid:2.16.840.1.113883.4.1', value: '900-12-3456' }],
    name: [{ family: 'Newcomer', given: ['Ida'] }],
    birthDate: '1984-05-06',
    gender: 'female',
    address: [{ use: 'home', line: ['4 Elm Ct'], city: 'Larkfield', state: 'WI', postalCode: '53999' }],
    ...more,
  });

  test('are made once, though the number they came with is not kept', async () => {
    loseReply('Patient');
    await failureOf(call('patient.create', { resource: ida() }));
    const made = await call('patient.create', { resource: ida() });
    expect(made).toMatchObject({ outcome: 'found' });
    expect(posts('Patient')).toBe(1);
    expect(await call('patient.upsert', { resource: ida() }, 'b')).toMatchObject({ id: made.id as string });
  });

  test('that lack what the site asks for are refused with a code of their own', async () => {
    const { identifier: _, ...without } = ida();
    expect(await failureOf(call('patient.create', { resource: without }))).toMatchObject({
      code: 'EPIC_REQUIRED',
    });
    expect(
      await failureOf(call('patient.create', { resource: { ...ida(), gender: undefined } })),
    ).toMatchObject({
      code: 'WRITE_ARGUMENTS',
      at: { path: 'Patient.gender' },
    });
  });

  test('one that was merged away in between gets nothing; after the unlink it does', async () => {
    const { patient, encounter, record } = await inHospital();
    const survivor = world.hospital.patients().find(({ id }) => id !== patient) as { id: string };
    world.hospital.happen({ kind: 'merge', patient: survivor.id, other: patient });
    const file = () => call('observation.create', { resource: pulse(encounter), patient: record });
    expect(await failureOf(file())).toMatchObject({
      code: 'WRITE_PATIENT',
      retry: { again: false, held: true },
    });
    expect(posts('Observation')).toBe(0);
    world.hospital.happen({ kind: 'unlink', patient: survivor.id, other: patient });
    expect(await file()).toMatchObject({ outcome: 'created' });
  });
});

describe('appointments', () => {
  const visitType = { coding: [{ system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.808267', code: '1004' }] };

  /** The first half hour from tomorrow on that the schedule has free. */
  async function booked(
    args: Record<string, unknown>,
    name = 'appointment.create',
  ): Promise<Record<string, Json>> {
    const midnight = Math.floor(world.hospital.now() / 86_400_000 + 1) * 86_400_000;
    for (let half = 26; half < 5 * 48; half++) {
      const start = new Date(midnight + half * 1_800_000).toISOString();
      try {
        return {
          ...(await call(name, { ...args, resource: { start, serviceType: [visitType] } }, `try ${half}`)),
          start,
        };
      } catch (error) {
        if (!(error instanceof Failure) || error.code !== 'WRITE_NO_SLOT') throw error;
      }
    }
    throw new Error('nothing is free');
  }

  test('have no FHIR create: without a route the step says so', async () => {
    const { patient } = await inHospital();
    const resource = { start: new Date(world.hospital.now() + 86_400_000).toISOString() };
    expect(await failureOf(call('appointment.create', { resource, patient }))).toMatchObject({
      code: 'WRITE_NO_CREATE',
      kind: 'config',
    });
  });

  test('are booked by $find and $book, for the patient, once', async () => {
    await world.close();
    world = await open({ do: { 'appointment.create': { route: 'book', note: 'By the care app.' } } });
    const { patient, record } = await inHospital();
    world.hospital.addFault({ kind: 'lost-reply', path: '$book', count: 1 });
    const failure = await failureOf(booked({ patient: record }));
    expect(failure.kind).toBe('unknown-outcome');
    const before = world.hospital.appointments().filter(({ patientId }) => patientId === patient);
    const [lost] = [...world.context.ledger.entries].filter(([, one]) => one.state === 'unknown');
    const { resource } = (lost?.[1].body ?? {}) as { resource: { start: string } };
    const again = await call(
      'appointment.create',
      { patient: record, resource: { start: resource.start, serviceType: [visitType] } },
      lost?.[0],
    );
    expect(again).toMatchObject({ outcome: 'found' });
    expect(world.hospital.appointments().filter(({ patientId }) => patientId === patient)).toEqual(before);
    expect(before.some(({ id }) => id === again.id)).toBe(true);
  });

  test('go by SIU over an interface where the site takes them that way, and the flow does not know', async () => {
    await world.close();
    const hl7 = {
      via: 'scheduling-out',
      user: 'SUTURE',
      eventReason: 'NEW',
      assigners: { [MRN]: { assigner: 'EPI', type: 'MR' } },
    };
    world = await open({
      do: { 'appointment.create': { route: 'siu', ...hl7 }, 'encounter.create': { route: 'adt', ...hl7 } },
    });
    const port = world.hospital.receiver?.port;
    const sink = mllp.open(
      mllp.parse(
        { connector: 'mllp', send: { host: '127.0.0.1', port } },
        { ...at, connection: 'scheduling-out' },
      ),
      world.context,
    );
    world.context.neighbours.set('scheduling-out', sink.call?.bind(sink) as never);
    try {
      const { patient, record } = await inHospital();
      const start = new Date(
        Math.floor(world.hospital.now() / 3_600_000) * 3_600_000 + 90_000_000,
      ).toISOString();
      const resource = { start, minutesDuration: 30, serviceType: [visitType], ...contact };
      const made = await call('appointment.create', { patient: record, resource });
      expect(made).toMatchObject({ outcome: 'sent' });
      const theirs = world.hospital
        .appointments()
        .filter((one) => one.patientId === patient && one.start === start);
      expect(theirs).toHaveLength(1);
      // Who sends it again after a crash finds it by FHIR.
      const entry = world.context.ledger.entries.get('d1.step');
      if (entry) entry.state = 'sending';
      expect(await call('appointment.create', { patient: record, resource })).toMatchObject({
        outcome: 'found',
        id: theirs[0]?.id,
      });
    } finally {
      await sink.close();
    }
  });
});

const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const contact = {
  participant: [
    {
      type: [{ coding: [{ code: 'filler contact' }], text: 'filler contact' }],
      actor: { display: 'Care App' },
      status: 'accepted',
    },
  ],
};
