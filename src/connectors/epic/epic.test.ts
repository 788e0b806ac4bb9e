import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeSigningKey, type SigningKeyPair } from '../../fhir/index.ts';
import { serve } from '../../fhir/server.fixture.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../simulator/index.ts';
import { Failure } from '../../std/index.ts';
import { callContext, never, type TestContext, testContext, usualSettings } from '../context.fixture.ts';
import type { Connection, LearnAnswer } from '../contract.ts';
import { epic } from './index.ts';

const MRN = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const CSN = 'urn:oid:1.2.840.114350.1.13.0.1.7.3.698084.8';
const at = { site: 'mercy', connection: 'epic' };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

let key: SigningKeyPair;
beforeAll(async () => {
  key = await makeSigningKey();
});

interface World {
  readonly hospital: Simulator;
  readonly context: TestContext;
  readonly connection: Connection;
}

/** A hospital that has the client on record, and a connection to it. */
async function world(
  options: SimulatorOptions & {
    record?: Record<string, unknown>;
    scopes?: string[];
    backgroundUser?: boolean;
  } = {},
): Promise<World> {
  const { record = {}, scopes, backgroundUser, ...more } = options;
  const keys = await serve(() => ({ body: { keys: [key.publicJwk] } }));
  const hospital = await createSimulator({ seed: 'epic test', patients: 12, eventsPerMinute: 0, ...more });
  hospital.addClient({
    clientId: 'suture',
    jwksUrl: `${keys.origin}/jwks.json`,
    ...(scopes ? { scopes } : {}),
    ...(backgroundUser === undefined ? {} : { backgroundUser }),
  });
  const context = await testContext({ key });
  const config = epic.parse(
    {
      connector: 'epic',
      fhirBase: hospital.fhirBase,
      clientId: 'suture',
      auth: { method: 'backend' },
      mrnSystem: MRN,
      ...record,
    },
    at,
  );
  const connection = epic.open(config, context);
  open.push(keys.close, hospital.close, connection.close);
  return { hospital, context, connection };
}

const call = async (
  connection: Connection,
  name: string,
  args: unknown,
): Promise<{ matches: Record<string, unknown>[]; findings?: unknown[] }> =>
  (await connection.call?.({ do: name, args: args as never }, callContext())) as never;

async function failureOf(work: Promise<unknown> | undefined): Promise<Failure> {
  const error = await Promise.resolve(work).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** All turns of one sweep, each one committed as the engine does. */
async function sweep({ connection, context }: World, seed = false): Promise<LearnAnswer[]> {
  const answers: LearnAnswer[] = [];
  let cursor: LearnAnswer['cursor'] = null;
  for (;;) {
    const answer: LearnAnswer | undefined = await connection.learn?.({
      resource: 'Appointment',
      settings: usualSettings,
      cursor,
      seed,
      signal: never,
    });
    if (answer === undefined) throw new Error('it does not learn');
    context.commit(answer);
    answers.push(answer);
    cursor = answer.cursor;
    if (!answer.more) return answers;
  }
}

/** The active patients have been asked about just now: it is the others' turn. */
const others = {
  active: { after: null, began: Date.now(), rounds: 1 },
  others: { after: null, began: 0, rounds: 1, done: 0, of: 0 },
};

const changes = (answers: readonly LearnAnswer[]) => answers.flatMap((answer) => answer.inbound);

describe('the record', () => {
  const record = {
    connector: 'epic',
    fhirBase: 'https://ehr.example/FHIR/R4/',
    clientId: 'x',
    auth: { method: 'backend' },
  };
  const refusal = (more: Record<string, unknown>): string => {
    try {
      epic.parse({ ...record, ...more }, at);
      return 'taken';
    } catch (error) {
      expect(error).toMatchObject({ code: 'EPIC_CONFIG', kind: 'config' });
      return (error as Error).message;
    }
  };

  it('is filled with what is usual', () => {
    expect(epic.parse(record, at)).toMatchObject({
      fhirBase: 'https://ehr.example/FHIR/R4',
      auth: { key: 'epic' },
    });
  });

  it('names the field that is wrong, and the one that was meant', () => {
    expect(refusal({ fhirbase: 'x' })).toContain('there is no field "fhirbase"; did you mean "fhirBase"?');
    expect(refusal({ fhirBase: 'http://ehr.example/R4' })).toContain('plainHttp');
    expect(refusal({ fhirBase: 'http://ehr.example/R4', plainHttp: true })).toBe('taken');
  });
});

describe('test connection', () => {
  const tested = async ({ connection }: World) => {
    const results = await connection.test(never);
    return results.map(({ check, ok, failure }) => `${check}: ${ok ? 'ok' : failure?.code}`);
  };

  it('is fine at a hospital that knows us, and takes from the budget without counting as traffic', async () => {
    const hospital = await world();
    expect(await tested(hospital)).toEqual([
      'route: ok',
      'sign-in: ok',
      'Patient (search): ok',
      'Patient (read): ok',
      'Appointment (search): ok',
      'Appointment (read): ok',
    ]);
    expect(hospital.context.outcomes).toEqual([]);
    expect(hospital.context.taken()).toBeGreaterThan(3);
  });

  it('tells a wrong key', async () => {
    const hospital = await world({ record: { clientId: 'unknown' } });
    expect(await tested(hospital)).toEqual(['route: ok', 'sign-in: EPIC_SIGN_IN_REFUSED']);
    const [, result] = await hospital.connection.test(never);
    expect(result?.text).toContain(key.kid);
    expect(result?.text).toContain('JWK Set URL');
  });

  it('tells a host that is not there', async () => {
    const hospital = await world();
    await hospital.hospital.close();
    expect(await tested(hospital)).toEqual(['route: FHIR_UNREACHABLE']);
  });

  it('tells each API that was not granted', async () => {
    const hospital = await world({ scopes: ['system/Patient.rs', 'system/Appointment.r'] });
    expect(await tested(hospital)).toEqual([
      'route: ok',
      'sign-in: ok',
      'Patient (search): ok',
      'Patient (read): ok',
      'Appointment (search): FHIR_INSUFFICIENT_SCOPE',
      'Appointment (read): ok',
    ]);
  });

  it('tells a client without a background user', async () => {
    const hospital = await world({ backgroundUser: false });
    expect(await tested(hospital)).toEqual(['route: ok', 'sign-in: EPIC_BACKGROUND_USER']);
  });
});

describe('finding patients', () => {
  it('by number, by id, and by name with birth date and sex', async () => {
    const { hospital, connection } = await world();
    const [truth] = hospital.patients();
    if (!truth) throw new Error('no patient');
    const { id, mrn, family, given, birthDate, gender } = truth;
    for (const args of [
      { identifier: { value: mrn } },
      { identifier: { system: MRN, value: mrn } },
      { id },
      { family, given, birthDate, gender },
    ]) {
      const { matches } = await call(connection, 'patient.find', args);
      expect(matches.map((match) => match.id)).toEqual([id]);
    }
    expect((await call(connection, 'patient.read', { reference: `Patient/${id}` })).matches).toHaveLength(1);
    expect(await call(connection, 'patient.find', { identifier: { value: '999999' } })).toEqual({
      matches: [],
    });
    expect(await call(connection, 'patient.read', { id: 'nobody' })).toEqual({ matches: [] });
  });

  it('refuses to ask in a way that Epic answers with nobody, without repeating a value', async () => {
    const { connection, context } = await world();
    for (const args of [
      { family: 'Zebra' },
      { identifier: { value: '' } },
      { family: 'Zebra', given: 'Q', birthDate: '19870912', gender: 'F' },
      { reference: 'Zebra' },
      null,
    ]) {
      const failure = await failureOf(call(connection, 'patient.find', args));
      expect(failure).toMatchObject({ code: 'EPIC_ARGUMENTS', kind: 'validation' });
      expect(failure.message).not.toMatch(/Zebra|1987/);
    }
    expect(context.outcomes).toEqual([]);
    expect(await failureOf(call(connection, 'patient.crate', {}))).toMatchObject({
      code: 'EPIC_CAPABILITY_UNKNOWN',
    });
  });
});

/** A server that answers every search with these bundles and gives everyone a token. */
async function scripted(bundles: (url: string) => unknown, record: Record<string, unknown> = {}) {
  const server = await serve(({ url }) => {
    if (url.endsWith('/token')) return { body: { access_token: 't', expires_in: 3600 } };
    const body = bundles(url);
    return typeof body === 'number' ? { status: body } : { body };
  });
  const context = await testContext({ key });
  const connection = epic.open(
    epic.parse(
      {
        connector: 'epic',
        fhirBase: `${server.origin}/R4`,
        tokenUrl: `${server.origin}/token`,
        clientId: 'suture',
        auth: { method: 'backend' },
        mrnSystem: MRN,
        ...record,
      },
      at,
    ),
    context,
  );
  open.push(server.close, connection.close);
  return { server, context, connection };
}

const searchset = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  entry: resources.map((resource) => ({ resource, search: { mode: 'match' } })),
});
const patient = (id: string, mrn: string, more: object = {}) => ({
  resourceType: 'Patient',
  id,
  identifier: [{ system: MRN, value: mrn }],
  ...more,
});
const soon = new Date(Date.now() + 5 * 86_400_000).toISOString();
const booked = (id: string, csn: string | null, patientId: string, more: object = {}) => ({
  resourceType: 'Appointment',
  id,
  status: 'booked',
  start: soon,
  ...(csn === null ? {} : { identifier: [{ system: CSN, value: csn }] }),
  participant: [{ actor: { reference: `Patient/${patientId}` } }, { actor: { reference: 'Practitioner/d' } }],
  ...more,
});

describe('a server that ignores what it was asked for', () => {
  it('never makes us take another patient', async () => {
    const { connection, context } = await scripted(() =>
      searchset(
        patient('wrong', '1'),
        patient('right', ' 7 '),
        patient('other-system', '7', { identifier: [{ system: 'urn:x', value: '7' }] }),
      ),
    );
    const { matches, findings } = await call(connection, 'patient.find', { identifier: { value: '7' } });
    expect(matches.map((match) => match.id)).toEqual(['right']);
    expect(findings).toEqual([expect.objectContaining({ code: 'EPIC_FILTER_IGNORED', count: 2 })]);
    expect(context.logged.join()).not.toContain('right');
  });

  it('gives all that fit, and picks none', async () => {
    const twin = { birthDate: '1990-01-02', gender: 'female' };
    const { connection, server } = await scripted(() =>
      searchset(
        patient('a', '1', twin),
        patient('b', '2', twin),
        patient('c', '3', { ...twin, birthDate: '1991-01-02' }),
      ),
    );
    const { matches } = await call(connection, 'patient.find', {
      family: 'Doe,Roe',
      given: 'Ann',
      birthDate: '1990-01-02',
      gender: 'Female',
    });
    expect(matches.map((match) => match.id)).toEqual(['a', 'b']);
    // A comma would have asked for either name.
    expect(server.asked.at(-1)?.url).toContain(`family=${encodeURIComponent('Doe\\,Roe')}`);
  });

  it('never makes us learn an appointment of another patient or another time', async () => {
    const { connection, context } = await scripted((url) =>
      url.includes('/Patient?')
        ? searchset(patient('p1', '7'))
        : searchset(
            booked('a', '1', 'p1'),
            booked('b', '2', 'p2'),
            booked('c', '3', 'p1', { start: '2019-01-01T10:00:00Z' }),
          ),
    );
    context.know(MRN, '7');
    const answer = await connection.learn?.({
      resource: 'Appointment',
      settings: usualSettings,
      cursor: others,
      signal: never,
    });
    expect(answer?.inbound.map((each) => each.identity)).toEqual(['CSN:1']);
    expect(answer?.findings).toEqual([expect.objectContaining({ code: 'EPIC_FILTER_IGNORED', count: 2 })]);
    const { matches } = await call(connection, 'appointment.find', {
      patient: 'Patient/p1',
      from: '2020-01-01',
      to: '2099-01-01',
    });
    expect(matches.map((match) => match.id)).toEqual(['a']);
  });

  it('is not asked for two patients by one argument', async () => {
    const { connection, server } = await scripted(() => searchset());
    expect(
      (
        await failureOf(
          call(connection, 'appointment.find', { patient: 'a,b', from: '2026-01-01', to: '2026-02-01' }),
        )
      ).code,
    ).toBe('EPIC_ARGUMENTS');
    expect(server.asked).toEqual([]);
  });
});

it('tells what Epic left out', async () => {
  const issue = (code: string) => ({
    severity: 'warning',
    code: 'suppressed',
    details: { coding: [{ code }] },
  });
  const { connection, context } = await scripted(() => ({
    resourceType: 'Bundle',
    entry: [
      {
        resource: {
          resourceType: 'OperationOutcome',
          issue: [issue('59204'), issue('59204'), issue('4119'), issue('4101')],
        },
        search: { mode: 'outcome' },
      },
    ],
  }));
  const { matches, findings } = await call(connection, 'patient.find', { identifier: { value: '7' } });
  expect(matches).toEqual([]);
  // The flow has them in its step's output, and the monitor in its counts.
  expect(context.told.map(({ code, count }) => ({ code, count }))).toEqual(
    (findings as { code: string; count: number }[]).map(({ code, count }) => ({ code, count })),
  );
  expect(findings).toEqual([
    expect.objectContaining({ code: '59204', count: 2 }),
    expect.objectContaining({ code: '4119', count: 1 }),
  ]);
});

describe('learning appointments from a hospital', () => {
  it('finds every appointment of the roster once, then what is booked, moved and cancelled', async () => {
    const hospital = await world();
    for (const { mrn } of hospital.hospital.patients()) hospital.context.know(MRN, mrn);

    const first = await sweep(hospital);
    // Nobody active yet; the others in three turns.
    expect(first.length).toBe(4);
    const inWindow = hospital.hospital
      .appointments()
      .filter(({ start }) => Math.abs(Date.parse(start) - Date.now()) < 25 * 86_400_000);
    const found = new Map(changes(first).map((change) => [change.identity, change]));
    expect(found.size).toBe(changes(first).length);
    expect(inWindow.length).toBeGreaterThan(0);
    for (const { csn } of inWindow) expect(found.get(`CSN:${csn}`)?.change).toBe('created');
    // The roster now knows Epic's ids, and the bytes are what the hospital sent.
    expect([...hospital.context.entries.values()].every((entry) => entry.fhirId !== undefined)).toBe(true);
    const [one] = changes(first);
    expect(JSON.parse(Buffer.from(one?.bytes ?? []).toString())).toMatchObject({
      resourceType: 'Appointment',
    });

    expect(changes(await sweep(hospital))).toEqual([]);

    const newly = hospital.hospital.happen({ kind: 'book' });
    const after = changes(await sweep(hospital));
    expect(newly).toBeDefined();
    expect(after.map((each) => each.change)).toEqual(['created']);

    const csn = after[0]?.identity.slice(4) ?? '';
    hospital.hospital.happen({ kind: 'reschedule', csn });
    hospital.hospital.happen({ kind: 'cancel', csn });
    const last = changes(await sweep(hospital));
    expect(last).toEqual([
      expect.objectContaining({
        change: 'updated',
        identity: after[0]?.identity,
        patient: after[0]?.patient,
      }),
    ]);
    expect(JSON.parse(Buffer.from(last[0]?.bytes ?? []).toString())).toMatchObject({ status: 'cancelled' });
  });

  it('asks at once about a patient that a message named, and leaves the sweep where it was', async () => {
    const hospital = await world();
    const [, , truth] = hospital.hospital.patients();
    for (const { mrn } of hospital.hospital.patients()) hospital.context.know(MRN, mrn);
    await sweep(hospital);
    hospital.hospital.happen({ kind: 'book', patient: truth?.id ?? '' });
    hospital.hospital.happen({ kind: 'book' });
    const cursor = { after: 'somewhere', sweep: 4 };
    const named = hospital.context.patientKey(MRN, truth?.mrn ?? '');
    const answer = await hospital.connection.learn?.({
      resource: 'Appointment',
      settings: usualSettings,
      cursor,
      wake: [named],
      signal: never,
    });
    expect(answer).toMatchObject({ cursor, more: false });
    expect(new Set(answer?.inbound.map((each) => each.patient))).toEqual(new Set([named]));
  });

  it('seeds without an event', async () => {
    const hospital = await world();
    for (const { mrn } of hospital.hospital.patients()) hospital.context.know(MRN, mrn);
    const seeded = await sweep(hospital, true);
    expect(changes(seeded)).toEqual([]);
    expect(seeded.flatMap((answer) => answer.seen ?? []).length).toBeGreaterThan(0);
    expect(changes(await sweep(hospital))).toEqual([]);
    hospital.hospital.happen({ kind: 'book' });
    expect(changes(await sweep(hospital))).toHaveLength(1);
  });

  it('goes on with the others when a patient of the roster is unknown, and asks again only later', async () => {
    const hospital = await world();
    for (const { mrn } of hospital.hospital.patients()) hospital.context.know(MRN, mrn);
    hospital.context.know(MRN, '1');
    hospital.context.know('urn:other', '2');
    const first = await sweep(hospital);
    expect(first.flatMap((answer) => answer.findings.map(({ code }) => code)).sort()).toEqual([
      'EPIC_PATIENT_NOT_FOUND',
      'EPIC_PATIENT_NO_NUMBER',
    ]);
    expect(changes(first).length).toBeGreaterThan(0);
    expect((await sweep(hospital)).flatMap((answer) => answer.findings)).toEqual([]);
  });

  it('pages through a patient with many appointments without telling one twice', async () => {
    const hospital = await world({ pageSize: 1 });
    for (const { mrn } of hospital.hospital.patients()) hospital.context.know(MRN, mrn);
    const found = changes(await sweep(hospital)).map((each) => each.identity);
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBeGreaterThan(0);
    expect(changes(await sweep(hospital))).toEqual([]);
  });
});

describe('learning appointments, odd answers', () => {
  const roster = (context: TestContext, ...numbers: string[]) =>
    numbers.map((number) => context.know(MRN, number));
  const learn = (connection: Connection, cursor: LearnAnswer['cursor'] = others) =>
    connection.learn?.({
      resource: 'Appointment',
      settings: { ...usualSettings, batch: 11 },
      cursor,
      signal: never,
    }) as Promise<LearnAnswer>;
  /** Of somebody who has become active. */
  const learnActive = (connection: Connection) => learn(connection, null);
  const byPatient = (url: string) => {
    const mrn = /Patient\?identifier=[^&]*%7C(\d+)/.exec(url)?.[1];
    return mrn === undefined ? undefined : searchset(patient(`p${mrn}`, mrn));
  };

  it('names the id system in which the numbers are, where the record has another', async () => {
    const { connection, context } = await scripted(() =>
      searchset(patient('p', '7', { identifier: [{ system: 'urn:theirs', value: '7' }] })),
    );
    context.know(MRN, '7');
    const answer = await learn(connection);
    const told = answer.findings.find(({ code }) => code === 'EPIC_MRN_SYSTEM');
    expect(told?.text).toContain('urn:theirs');
    expect(JSON.stringify(answer.findings)).not.toMatch(/"7"| 7 /);
  });

  it('tells one event for the same visit on two pages, with its later state', async () => {
    const { connection, context } = await scripted(
      (url) =>
        byPatient(url) ??
        (url.includes('sessionID')
          ? searchset(booked('a', '1', 'p7', { status: 'cancelled' }))
          : {
              ...searchset(booked('a', '1', 'p7')),
              link: [{ relation: 'next', url: '/R4/Appointment?sessionID=2' }],
            }),
    );
    roster(context, '7');
    const { inbound } = await learn(connection);
    expect(inbound).toHaveLength(1);
    expect(inbound[0]).toMatchObject({ change: 'created' });
    expect(Buffer.from(inbound[0]?.bytes ?? []).toString()).toContain('cancelled');
  });

  it('sees no change in bookkeeping, rendering and order, and sees one in a date', async () => {
    let more: object = {};
    const { connection, context } = await scripted(
      (url) => byPatient(url) ?? searchset(booked('a', '1', 'p7', more)),
    );
    roster(context, '7');
    context.commit(await learn(connection));
    more = {
      meta: { versionId: '2', lastUpdated: '2026-01-01T00:00:00Z' },
      text: { status: 'generated', div: '<div>x</div>' },
      participant: [{ actor: { reference: 'Practitioner/d' } }, { actor: { reference: 'Patient/p7' } }],
    };
    expect((await learnActive(connection)).inbound).toEqual([]);
    more = { start: new Date(Date.parse(soon) + 60_000).toISOString() };
    expect((await learnActive(connection)).inbound).toEqual([expect.objectContaining({ change: 'updated' })]);
  });

  it('goes by the FHIR id where there is no visit number, and says so', async () => {
    const { connection, context } = await scripted(
      (url) => byPatient(url) ?? searchset(booked('a', null, 'p7')),
    );
    roster(context, '7');
    const answer = await learn(connection);
    expect(answer.inbound.map((each) => each.identity)).toEqual(['FHIR:a']);
    expect(answer.findings.map(({ code }) => code)).toEqual(['LEARN_NOT_JOINABLE']);
  });

  it('takes no patient when a number leads to two', async () => {
    const { connection, context, server } = await scripted(() =>
      searchset(patient('x', '7'), patient('y', '7')),
    );
    roster(context, '7');
    const answer = await learn(connection);
    expect(answer.findings.map(({ code }) => code)).toEqual(['EPIC_PATIENT_AMBIGUOUS']);
    expect(server.asked.some(({ url }) => url.includes('/Appointment'))).toBe(false);
  });

  it('keeps what it has learnt when the hospital slows us down, and then says so', async () => {
    let slow = true;
    const { connection, context } = await scripted((url) => {
      if (slow && url.includes('patient=p19')) return 429;
      return (
        byPatient(url) ??
        searchset(
          booked(
            `a${url.length}`,
            /patient=p(\d+)/.exec(url)?.[1] ?? '',
            /patient=(p\d+)/.exec(url)?.[1] ?? '',
          ),
        )
      );
    });
    const keys = roster(context, '11', '12', '13', '14', '15', '16', '17', '18', '19', '20')
      .map((entry) => entry.key)
      .sort();
    const slowKey = context.patientKey(MRN, '19');
    const before = keys.indexOf(slowKey);
    expect(before).toBeGreaterThan(0);
    const answer = await learn(connection);
    context.commit(answer);
    expect(answer).toMatchObject({ more: true, cursor: { others: { after: keys[before - 1], rounds: 1 } } });
    expect(answer.inbound).toHaveLength(before);
    expect((await failureOf(learn(connection, answer.cursor))).kind).toBe('throttle');
    expect(context.slowed.length).toBeGreaterThan(0);
    slow = false;
    const rest = await learn(connection, answer.cursor);
    expect(rest.inbound).toHaveLength(10 - before);
  });

  it('does not let one patient that Epic refuses stop the others, and resolves that one again', async () => {
    const refused = {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'fatal', code: 'invalid', details: { coding: [{ code: '59102' }] } }],
    };
    const { connection, context, server } = await scripted(
      (url) =>
        byPatient(url) ?? (url.includes('patient=merged') ? refused : searchset(booked('a', '8', 'p8'))),
    );
    const [merged] = roster(context, '7', '8');
    if (!merged) throw new Error('no patient');
    context.entries.set(merged.key, { ...merged, fhirId: 'merged' });
    const answer = await learn(connection);
    expect(answer.inbound.map((each) => each.identity)).toEqual(['CSN:8']);
    expect(answer.findings.map(({ code }) => code)).toEqual(['LEARN_PATIENT_REFUSED']);
    await connection.learn?.({
      resource: 'Appointment',
      settings: usualSettings,
      cursor: null,
      wake: [merged.key],
      signal: never,
    });
    expect(server.asked.at(-1)?.url).toContain('patient=p7');
  });
});

it('reports each request, and slows down as told', async () => {
  const { connection, context } = await scripted(() => 429);
  expect(await failureOf(call(connection, 'patient.find', { identifier: { value: '7' } }))).toMatchObject({
    kind: 'throttle',
  });
  expect(context.outcomes.map(({ kind, code }) => [kind, code])).toEqual([
    ['ok', undefined],
    ['throttle', 'FHIR_THROTTLED'],
  ]);
  expect(context.slowed).toEqual([undefined]);
  expect(context.taken()).toBe(2);
});

it('gives a restricted record its own name, and never tries it again', async () => {
  const { connection } = await scripted(() => ({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'fatal', code: 'forbidden', details: { coding: [{ code: '4131' }] } }],
  }));
  const failure = await failureOf(call(connection, 'patient.find', { identifier: { value: '7' } }));
  expect(failure).toMatchObject({ code: 'EPIC_RESTRICTED', retry: { again: false } });
});
