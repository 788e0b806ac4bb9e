import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../testing/application.ts';
import { FhirServer, idsIn, numbersIn } from '../testing/fhir-server.ts';
import { type AnyDeclaration, type Version, versions } from './declaration.ts';

// Section and row of the facts each story stands on are named in brackets.

let server: FhirServer;
beforeAll(async () => {
  server = await FhirServer.open();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const get = (path: string, version: Version = 'R4') => server.ask(path, { version });

describe('the capability statement is made from the declarations (4)', () => {
  const statement = async (version: Version) => (await get('metadata', version)).body;
  const typeIn = (body: Json, type: string) => body.rest[0].resource.find((each: Json) => each.type === type);
  const acts = (body: Json, type: string) => typeIn(body, type)?.interaction.map(({ code }: Json) => code);

  test('R4: who can do what, and what no Epic has', async () => {
    const body = await statement('R4');
    expect(acts(body, 'Patient')).toEqual(['read', 'search-type', 'create']);
    expect(acts(body, 'Appointment')).toEqual(['read', 'search-type']);
    expect(acts(body, 'Encounter')).toEqual(['read', 'search-type']);
    expect(acts(body, 'Observation')).toEqual(['read', 'search-type', 'create', 'update']);
    expect(acts(body, 'DocumentReference')).toEqual(['read', 'search-type', 'create', 'update']);
    for (const type of ['Subscription', 'Slot', 'Schedule']) expect(typeIn(body, type)).toBeUndefined();
    for (const each of body.rest[0].resource) {
      expect(each).toMatchObject({
        readHistory: false,
        updateCreate: false,
        conditionalCreate: false,
        conditionalUpdate: false,
        conditionalRead: 'not-supported',
        conditionalDelete: 'not-supported',
      });
    }
    expect(typeIn(body, 'Patient').operation.map(({ name }: Json) => name)).toEqual(['match']);
  });

  test('native parameters come first and are documented, then _count and _id, then post-filters', async () => {
    const { searchParam } = typeIn(await statement('R4'), 'Encounter');
    const names = searchParam.map(({ name }: Json) => name);
    expect(names.slice(0, 8)).toEqual([
      'class',
      'date',
      'identifier',
      'onlyscannable',
      'patient',
      'subject',
      '_count',
      '_id',
    ]);
    expect(searchParam.slice(0, 6).every(({ documentation }: Json) => documentation)).toBe(true);
    expect(searchParam.slice(8).some(({ documentation }: Json) => documentation)).toBe(false);
    server.set({ postFilters: false });
    expect(typeIn(await statement('R4'), 'Encounter').searchParam).toHaveLength(8);
  });

  test('_lastupdated is on DocumentReference and nowhere else', async () => {
    const body = await statement('R4');
    const having = body.rest[0].resource
      .filter((each: Json) =>
        each.searchParam?.some(({ name }: Json) => name.toLowerCase() === '_lastupdated'),
      )
      .map(({ type }: Json) => type);
    expect(having).toEqual(['DocumentReference']);
  });

  test('STU3 and DSTU2 have fewer types, and their own names; $find and $book are not listed', async () => {
    const stu3 = await statement('STU3');
    expect([stu3.resourceType, stu3.fhirVersion]).toEqual(['CapabilityStatement', '3.0.1']);
    expect(acts(stu3, 'Slot')).toEqual(['read']);
    expect(typeIn(stu3, 'Appointment')).not.toHaveProperty('operation');
    const dstu2 = await statement('DSTU2');
    expect([dstu2.resourceType, dstu2.fhirVersion]).toEqual(['Conformance', '1.0.2']);
    expect(acts(dstu2, 'Patient')).toEqual(['read', 'search-type']);
    expect(typeIn(dstu2, 'Appointment')).toBeUndefined();
    expect(typeIn(dstu2, 'Encounter')).toBeUndefined();
  });

  test('what a version does not list it does not serve, and a version may be off', async () => {
    for (const [version, path] of [
      ['R4', 'Slot/e1'],
      ['DSTU2', `Encounter?patient=${server.someone().fhirId}`],
      ['STU3', 'ServiceRequest?patient=x'],
    ] as const) {
      const { status, headers } = await get(path, version);
      expect([version, status, headers.get('content-type')]).toEqual([version, 404, 'text/html']);
    }
    server.set({ dstu2: false });
    expect((await get('metadata', 'DSTU2')).headers.get('content-type')).toBe('text/html');
  });
});

test('every reference that is given can be read, in every version (5: references)', async () => {
  const patients = server.hospital.patients.filter(({ standing }) => standing === 'active').slice(0, 12);
  for (const version of versions) {
    const edition = server.fhir.edition(version);
    const pending = new Set<string>();
    for (const patient of patients) {
      for (const declaration of edition.declarations as readonly AnyDeclaration[]) {
        const records = declaration.type === 'Patient' ? [patient] : (declaration.chart?.(patient) ?? []);
        for (const record of records) {
          const text = JSON.stringify(edition.show(declaration, record));
          for (const [, reference] of text.matchAll(
            /"(?:reference|url)":"([A-Z][A-Za-z]+\/[A-Za-z0-9.-]+)"/g,
          )) {
            pending.add(reference as string);
          }
        }
      }
    }
    expect(pending.size).toBeGreaterThan(20);
    const statuses = new Map<string, number>();
    for (const reference of pending) statuses.set(reference, (await get(reference, version)).status);
    expect([...statuses].filter(([, status]) => status !== 200)).toEqual([]);
  }
});

test('the same record has one id in R4 and STU3 and another in DSTU2, which carries it everywhere (8: ids)', async () => {
  const patient = server.someone();
  const stu3 = (await get(`Patient/${patient.fhirId}`, 'STU3')).body;
  expect(stu3.id).toBe(patient.fhirId);
  const other = stu3.identifier.find((each: Json) => each.type.text === 'FHIR').value;
  const dstu2 = (await get(`Patient/${other}`, 'DSTU2')).body;
  expect(dstu2.id).toBe(other);
  expect(dstu2.id).toMatch(/^T.{45}$/);
  expect(dstu2.name[0].family).toEqual([patient.family]);
  expect(dstu2).toHaveProperty('careProvider');
  expect((await get(`Patient/${patient.fhirId}`, 'DSTU2')).status).toBe(404);
  const { body } = await get(`Observation?patient=${other}&category=vital-signs`, 'DSTU2');
  expect(body.entry[0].resource.subject.reference).toBe(`Patient/${other}`);
  expect(body.entry[0].fullUrl).toMatch(/\/DSTU2\/Observation\/T/);
});

test('DSTU2 pages by page and session, and 4116 ends one whose query changed (5: paging)', async () => {
  const patient = server.someone();
  const other = server.hospital.identities.dstu2Id('Patient', patient.number);
  const { body } = await get(`Observation?patient=${other}&category=vital-signs&_count=1`, 'DSTU2');
  const next = body.link[1].url as string;
  expect(next).toMatch(/patient=.*&page=2&session=17-/);
  const second = await get(next, 'DSTU2');
  expect(idsIn(second.body)).toHaveLength(1);
  expect(idsIn(second.body)).not.toEqual(idsIn(body));
  expect(numbersIn((await get(next.replace('vital-signs', 'laboratory'), 'DSTU2')).body)).toEqual(['4116']);
});

test('STU3 differs in shape: one category, comments, contexts, and it takes what it gives', async () => {
  const visit = server.openVisit();
  const patient = server.hospital.patients.get(visit.patient);
  const answer = await server.post(
    'Observation',
    {
      resourceType: 'Observation',
      status: 'final',
      category: [{ coding: [{ code: 'vital-signs' }] }],
      code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
      subject: { reference: `Patient/${patient?.fhirId}` },
      context: { reference: `Encounter/${visit.fhirId}` },
      effectiveDateTime: new Date(server.now).toISOString(),
      valueQuantity: { value: 77 },
      comment: 'at rest',
    },
    { version: 'STU3' },
  );
  expect(answer.status).toBe(201);
  const { body } = await get(answer.headers.get('location') as string, 'STU3');
  expect(body).toMatchObject({ comment: 'at rest', context: { reference: `Encounter/${visit.fhirId}` } });
  const appointment = server.hospital.chart('Appointment', server.someone())[0];
  const stu3 = (await get(`Appointment/${appointment?.fhirId}`, 'STU3')).body;
  expect(stu3.serviceCategory).toHaveProperty('coding');
});

describe('Appointment/$find and $book (7: Appointment)', () => {
  const find = (more: Json[] = [], version: Version = 'STU3') =>
    server.post(
      'Appointment/$find',
      {
        resourceType: 'Parameters',
        parameter: [
          { name: 'patient', valueIdentifier: { value: server.someone().fhirId } },
          { name: 'startTime', valueDateTime: new Date(server.now).toISOString() },
          { name: 'endTime', valueDateTime: new Date(server.now + 7 * 86_400_000).toISOString() },
          ...more,
        ],
      },
      { version },
    );
  const book = (id: string, patient = server.someone().fhirId) =>
    server.post(
      'Appointment/$book',
      {
        resourceType: 'Parameters',
        parameter: [
          { name: 'patient', valueIdentifier: { value: patient } },
          { name: 'appointment', valueIdentifier: { value: id } },
          { name: 'appointmentNote', valueString: 'Needs a wheelchair' },
        ],
      },
      { version: 'STU3' },
    );
  const visitType = (code: string) => ({
    name: 'serviceType',
    valueCodeableConcept: { coding: [{ system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.808267', code }] },
  });

  test('times are proposed, one is booked, SIU hears of it, and it cannot be booked twice', async () => {
    const { status, body } = await find([visitType('1004')]);
    expect([status, body.entry.length]).toEqual([200, 20]);
    const [{ resource: proposed }] = body.entry;
    expect(proposed).toMatchObject({ status: 'proposed', minutesDuration: 30 });
    expect((await get(proposed.slot[0].reference, 'STU3')).body.status).toBe('free');
    expect((await get(`Appointment/${proposed.id}`, 'STU3')).status).toBe(404);
    const told: string[] = [];
    const stop = server.hospital.onChange(({ kind }) => told.push(kind));
    const booked = await book(proposed.id);
    stop();
    expect(told).toEqual(['appointment-booked']);
    expect(booked.body).toMatchObject({
      status: 'booked',
      start: proposed.start,
      comment: 'Needs a wheelchair',
    });
    expect((await get(`Appointment/${booked.body.id}`)).body.status).toBe('booked');
    expect((await get(proposed.slot[0].reference, 'STU3')).body.status).toBe('busy');
    const again = await book(proposed.id, server.someone(1).fhirId);
    expect([again.status, ...numbersIn(again.body)]).toEqual([400, '59159']);
    const next = (await find([visitType('1004')])).body.entry.map(({ resource }: Json) => resource.id);
    expect(next).not.toContain(proposed.id);
  });

  test('an id that was never proposed is 59144', async () => {
    const { status, body } = await book('eNoSuchThing');
    expect([status, ...numbersIn(body), body.issue[0].diagnostics]).toEqual([
      400,
      '59144',
      'invalid appointment ID',
    ]);
  });

  test('nothing that fits is 200 with 59134 or 59200, and 4101', async () => {
    const closed = await find([
      { name: 'location-reference', valueReference: { reference: 'Location/eNo' } },
    ]);
    expect([closed.status, ...numbersIn(closed.body)]).toEqual([200, '59134', '4101']);
    const unknown = await find([visitType('9999')]);
    expect([unknown.status, ...numbersIn(unknown.body)]).toEqual([200, '59200', '4101']);
  });

  test('place, specialty and half of the day narrow it', async () => {
    const [{ resource: any }] = (await find([])).body.entry;
    const place = any.participant[2].actor.reference;
    const { body } = await find([
      { name: 'location-reference', valueReference: { reference: place } },
      { name: 'time-of-day', valueString: 'afternoon' },
    ]);
    for (const { resource } of body.entry) {
      expect(resource.participant[2].actor.reference).toBe(place);
      expect(new Date(resource.start).getUTCHours()).toBeGreaterThanOrEqual(17);
    }
  });

  test('what is missing or wrong ends it', async () => {
    const post = (parameter: Json) =>
      server.post('Appointment/$find', { resourceType: 'Parameters', parameter }, { version: 'STU3' });
    expect(numbersIn((await post([])).body)).toEqual(['4110']);
    expect(numbersIn((await post([{ name: 'startTime', valueDateTime: '2026-06-01' }])).body)).toEqual([
      '59108',
    ]);
    const patient = { name: 'patient', valueIdentifier: { value: server.someone().fhirId } };
    expect(numbersIn((await post([patient])).body)).toEqual(['59108']);
    expect(
      numbersIn((await post([{ name: 'patient', valueIdentifier: { value: 'eNobody' } }])).body),
    ).toEqual(['59102']);
  });

  test('they are STU3’s; in R4 only by switch, with cancelling by PUT; and a site may have them off', async () => {
    expect((await find([], 'R4')).status).toBe(404);
    server.set({ r4Book: true });
    const [{ resource }] = (await find([], 'R4')).body.entry;
    const booked = (await book(resource.id)).body;
    const cancel = { resourceType: 'Appointment', status: 'cancelled' };
    const cancelled = await server.ask(`Appointment/${booked.id}`, { method: 'PUT', body: cancel });
    expect([cancelled.status, (await get(`Appointment/${booked.id}`)).body.status]).toEqual([
      200,
      'cancelled',
    ]);
    server.set({ r4Book: false, scheduling: false });
    expect((await server.ask(`Appointment/${booked.id}`, { method: 'PUT', body: cancel })).status).toBe(404);
    expect((await find()).status).toBe(404);
  });
});
