import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../testing/application.ts';
import { FhirServer, idsIn, numbersIn } from '../testing/fhir-server.ts';
import type { Patient } from '../world/records.ts';
import { registry } from './errors.ts';

// Section and row of the facts each story stands on are named in brackets.

let server: FhirServer;
beforeAll(async () => {
  server = await FhirServer.open();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const get = (path: string, token = 'all') => server.ask(path, { token });

describe('what the client record holds (2: API call auth failures)', () => {
  test('each type and each act is an API of its own: 403 without a body', async () => {
    const { fhirId } = server.someone();
    server.callers.set('readers', {
      scopes: ['system/Patient.r', 'system/Encounter.s', 'Appointment.Search'],
    });
    const as = async (path: string, method = 'GET') => {
      const { status, text, headers } = await server.ask(path, {
        token: 'readers',
        method,
        ...(method === 'GET' ? {} : { body: '{}' }),
      });
      if (status === 403) {
        expect(text).toBe('');
        expect(headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      }
      return status;
    };
    expect(await as(`Patient/${fhirId}`)).toBe(200);
    expect(await as(`Patient?_id=${fhirId}`)).toBe(403);
    expect(await as(`Encounter?patient=${fhirId}`)).toBe(200);
    expect(await as('Encounter/eNone')).toBe(403);
    expect(await as(`Appointment?patient=${fhirId}`)).toBe(200);
    expect(await as('Observation', 'POST')).toBe(403);
    expect(await as('Patient/$match', 'POST')).toBe(403);
  });

  test('an API for one category shows and takes that category alone', async () => {
    const patient = server.someone();
    const all = server.hospital.chart('Observation', patient);
    const vital = all.find(({ measure }) => measure.category === 'vital-signs');
    const result = all.find(({ measure }) => measure.category === 'laboratory');
    server.callers.set('vitals', {
      scopes: [
        'system/Observation.rs?category=http://terminology.hl7.org/CodeSystem/observation-category|vital-signs',
      ],
    });
    const of = (category: string) =>
      get(`Observation?patient=${patient.fhirId}&category=${category}`, 'vitals');
    expect((await of('vital-signs')).body.total).toBeGreaterThan(0);
    expect([(await of('laboratory')).status, (await of('laboratory')).text]).toEqual([403, '']);
    const both = await of('laboratory,vital-signs');
    expect(numbersIn(both.body)).toContain('59204');
    expect(both.body.total).toBe((await of('vital-signs')).body.total);
    expect((await get(`Observation/${vital?.fhirId}`, 'vitals')).status).toBe(200);
    if (result) expect((await get(`Observation/${result.fhirId}`, 'vitals')).status).toBe(403);
  });

  test('an API that creates is for its category alone', async () => {
    const code = { coding: [{ code: 'vital-signs' }] };
    const body = { resourceType: 'Observation', category: [code] };
    server.callers.set('lines', { scopes: ['Observation.Create (LDA)'] });
    const refused = await server.post('Observation', body, { token: 'lines' });
    expect([refused.status, refused.text]).toEqual([403, '']);
    server.callers.set('readings', { scopes: ['Observation.Create (vital-signs)'] });
    expect((await server.post('Observation', body, { token: 'readings' })).status).toBe(400);
  });

  test('what is about many patients is closed to a patient’s own token', async () => {
    server.callers.set('portal', { patient: server.someone().fhirId });
    const { body } = await get('List?code=patients');
    const { id } = body.entry[0].resource;
    for (const path of ['List?code=patients', `List/${id}`]) {
      const { status, body: refusal } = await get(path, 'portal');
      expect([status, ...numbersIn(refusal)]).toEqual([403, '4118']);
    }
    const other = server.someone(1);
    const provenance = `Provenance/f${other.fhirId.slice(1)}`;
    expect([(await get(provenance)).status, (await get(provenance, 'portal')).status]).toEqual([200, 403]);
  });

  test('pages of other origins may ask: CORS', async () => {
    const asked = await server.ask('Patient', { method: 'OPTIONS' });
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect((await get('metadata')).headers.get('access-control-allow-origin')).toBe('*');
  });

  test('a patient’s own token sees and writes that chart and no other: 403 with 4118', async () => {
    const [own, other] = [server.someone(0), server.someone(1)];
    server.callers.set('portal', { patient: own.fhirId });
    const as = async (path: string) => {
      const { status, body } = await get(path, 'portal');
      return [status, ...(status === 403 ? numbersIn(body) : [])];
    };
    expect(await as(`Patient/${own.fhirId}`)).toEqual([200]);
    expect(await as(`Appointment?patient=${own.fhirId}`)).toEqual([200]);
    expect(await as(`Patient/${other.fhirId}`)).toEqual([403, '4118']);
    expect(await as(`Appointment?patient=${other.fhirId}`)).toEqual([403, '4118']);
    const [theirs] = server.hospital.chart('Appointment', other);
    expect(await as(`Appointment/${theirs?.fhirId}`)).toEqual([403, '4118']);
    expect(idsIn((await get(`Patient?identifier=${other.mrn}`, 'portal')).body)).toEqual([]);
    const [csn] = server.hospital.chart('Appointment', other).map((each) => each.csn);
    expect(idsIn((await get(`Appointment?identifier=${csn}`, 'portal')).body)).toEqual([]);
    expect((await get(`Appointment?_id=${theirs?.fhirId}`, 'portal')).status).toBe(403);
    const body = { resourceType: 'Condition', subject: { reference: `Patient/${other.fhirId}` } };
    const written = await server.post('Condition', body, { token: 'portal' });
    expect([written.status, ...numbersIn(written.body)]).toEqual([403, '4118']);
  });

  test('a patient is not shown what is unfinished, and 4119 says that there may be more (6: 4119)', async () => {
    const visit = server.openVisit();
    const patient = server.hospital.patients.get(visit.patient) as Patient;
    const [type] = server.hospital.chart('DocumentReference', server.someone()).map((each) => each.type);
    if (!type) throw new Error('no note');
    const draft = server.hospital.filing.note(server.hospital.act('day'), {
      patient: patient.number,
      visit: visit.csn,
      type,
      text: 'Not yet',
      status: 'preliminary',
    });
    server.callers.set('portal', { patient: patient.fhirId });
    const query = `DocumentReference?patient=${patient.fhirId}`;
    expect(idsIn((await get(query)).body)).toContain(draft.fhirId);
    const { body } = await get(query, 'portal');
    expect(idsIn(body)).not.toContain(draft.fhirId);
    expect(numbersIn(body)).toContain('4119');
  });

  test('a user who may not see a type: 403 with 4118, for reads and searches', async () => {
    server.set({ userMayNotView: ['DocumentReference'] });
    const patient = server.someone();
    const [note] = server.hospital.chart('DocumentReference', patient);
    for (const path of [`DocumentReference/${note?.fhirId}`, `DocumentReference?patient=${patient.fhirId}`]) {
      const { status, body } = await get(path);
      expect([status, ...numbersIn(body)]).toEqual([403, '4118']);
    }
  });
});

describe('charts that are closed (6: 4130, 4131, 4134)', () => {
  test('a restricted chart: 4131 for the patient, 4130 for what is in it, 4134 beside a search', async () => {
    const patient = server.someone();
    const [visit] = server.hospital.chart('Encounter', patient);
    server.set({ restrictedPatientsPerThousand: 1000 });
    const of = async (path: string) => {
      const { status, body } = await get(path);
      return [status, ...numbersIn(body)];
    };
    expect(await of(`Patient/${patient.fhirId}`)).toEqual([403, '4131']);
    expect(await of(`Encounter/${visit?.fhirId}`)).toEqual([403, '4130']);
    expect(await of(`Encounter?patient=${patient.fhirId}`)).toEqual([403, '4131']);
    expect(await of(`Encounter?_id=${visit?.fhirId}`)).toEqual([403, '4130']);
    expect(await of(`Patient?identifier=${patient.mrn}`)).toEqual([200, '4134', '4101']);
  });
});

describe('charts that ended (5: merged and deleted)', () => {
  const pair = (): [Patient, Patient] => {
    const act = server.hospital.act('admin');
    const details = { family: 'Pair', given: 'Iris', birthDate: '1950-01-01', sex: 'female' } as const;
    return [
      server.hospital.registration.register(act, details),
      server.hospital.registration.register(act, details),
    ];
  };

  test('the read of a merged patient is 4107 and leads on; the chart itself moves', async () => {
    const [survivor, ended] = pair();
    const visit = server.hospital.stays.admit(server.hospital.act('admin'), {
      patient: ended.number,
      kind: 'emergency',
    });
    server.hospital.registration.merge(server.hospital.act('admin'), survivor.number, ended.number);
    const { status, headers, body } = await get(`Patient/${ended.fhirId}`);
    expect([status, ...numbersIn(body)]).toEqual([301, '4107']);
    expect(headers.get('location')).toBe(`${server.base('R4')}/Patient/${survivor.fhirId}`);
    server.set({ mergedRedirect: 302 });
    expect((await get(`Patient/${ended.fhirId}`)).status).toBe(302);
    expect(numbersIn((await get(`Encounter?patient=${ended.fhirId}`)).body)).toEqual(['4107']);
    expect(idsIn((await get(`Encounter?patient=${survivor.fhirId}`)).body)).toEqual([visit.fhirId]);
    expect((await get(`Encounter/${visit.fhirId}`)).body.subject.reference).toBe(
      `Patient/${survivor.fhirId}`,
    );
    // The number of the ended chart is an old number of the one that lives.
    const found = await get(`Patient?identifier=${ended.mrn}`);
    expect(idsIn(found.body)).toEqual([survivor.fhirId]);

    server.hospital.registration.unlink(server.hospital.act('admin'), ended.number);
    expect((await get(`Patient/${ended.fhirId}`)).status).toBe(200);
    expect((await get(`Encounter/${visit.fhirId}`)).body.subject.reference).toBe(`Patient/${ended.fhirId}`);
  });

  test('a deleted patient is 4103, and what was in the chart is not found', async () => {
    const [patient] = pair();
    const appointment = server.hospital.scheduling.book(server.hospital.act('admin'), {
      patient: patient.number,
      start: server.now + 86_400_000,
    });
    server.hospital.registration.remove(server.hospital.act('admin'), patient.number);
    const { status, body } = await get(`Patient/${patient.fhirId}`);
    expect([status, ...numbersIn(body)]).toEqual([410, '4103']);
    expect(numbersIn((await get(`Appointment/${appointment.fhirId}`)).body)).toEqual(['59008']);
    expect(numbersIn((await get(`Appointment?patient=${patient.fhirId}`)).body)).toEqual(['4103']);
    expect((await get(`Patient?identifier=${patient.mrn}`)).body.total).toBe(0);
    const write = await server.post('Condition', {
      resourceType: 'Condition',
      subject: { reference: `Patient/${patient.fhirId}` },
    });
    expect(numbersIn(write.body)).toEqual(['4103']);
  });
});

describe('documents (6: 4135)', () => {
  test('a client has so many document queries a day; tomorrow there are new ones', async () => {
    server.set({ dailyDocuments: 2 });
    server.callers.set('reader', {});
    const query = `DocumentReference?patient=${server.someone().fhirId}`;
    const as = async () => (await get(query, 'reader')).status;
    expect([await as(), await as(), await as()]).toEqual([200, 200, 403]);
    expect(numbersIn((await get(query, 'reader')).body)).toEqual(['4135']);
    expect((await get(query)).status).toBe(200);
    server.now += 86_400_000;
    expect(await as()).toBe(200);
  });
});

describe('sites differ on the surface (8: ids and OIDs)', () => {
  test('customer and environment stand in every OID, and are understood in what comes in', async () => {
    server.set({ environment: '236.2' });
    const patient = server.someone();
    const { body, text } = await get(`Patient/${patient.fhirId}`);
    expect(text).not.toContain('1.2.840.114350.1.13.0.1.');
    const mrn = body.identifier.find((each: Json) => each.type.text === 'EPI');
    expect(mrn.system).toBe('urn:oid:1.2.840.114350.1.13.236.2.7.5.737384.14');
    expect(idsIn((await get(`Patient?identifier=${mrn.system}|${mrn.value}`)).body)).toEqual([
      patient.fhirId,
    ]);
    const refusal = (await get('Patient/eNobody')).body.issue[0].details.coding[0];
    expect(refusal.system).toBe('urn:oid:1.2.840.114350.1.13.236.2.7.2.657369');
  });

  test('before November 2022 code systems are OIDs; both spellings are understood', async () => {
    const patient = server.someone();
    const query = (system: string) => `Observation?patient=${patient.fhirId}&code=${system}|8867-4`;
    const usual = idsIn((await get(query('http://loinc.org'))).body);
    server.set({ codeSystems: 'oid' });
    const { text } = await get(`Observation?patient=${patient.fhirId}&category=vital-signs`);
    expect(text).toContain('urn:oid:2.16.840.1.113883.6.1');
    expect(text).not.toContain('"http://loinc.org"');
    for (const system of ['http://loinc.org', 'urn:oid:2.16.840.1.113883.6.1']) {
      expect(idsIn((await get(query(system))).body)).toEqual(usual);
    }
  });

  test('ids longer than 64 characters are given and taken where the switch says so', async () => {
    server.set({ longIds: true });
    const patient = server.hospital.patients.filter(({ standing }) => standing === 'active');
    const ids: string[] = [];
    for (const { fhirId } of patient.slice(0, 12)) {
      const found = await get(`Patient?_id=${fhirId}`);
      ids.push(...idsIn(found.body));
    }
    const [long] = ids.filter((id) => id.length > 64);
    expect(long).toBeDefined();
    expect((await get(`Patient/${long}`)).body.id).toBe(long);
    const { body } = await get(`Appointment?patient=${long}`);
    expect(body.entry[0].resource.participant[0].actor.reference).toBe(`Patient/${long}`);
  });
});

test('every number has its words, its severity and a status; an information or a warning never ends a call by itself', () => {
  for (const [number, row] of Object.entries(registry)) {
    expect(row.text, number).toMatch(/^[A-Z].*\.$/);
    if (row.severity === 'fatal') expect(row.status, number).toBeGreaterThanOrEqual(302);
    else if (number !== '59100') expect(row.status, number).toBe(200);
  }
});
