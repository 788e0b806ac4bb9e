import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { FhirServer, idsIn, numbersIn } from '../testing/fhir-server.ts';

// Section and row of the facts each story stands on are named in brackets.

let server: FhirServer;
beforeAll(async () => {
  server = await FhirServer.open();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const get = (path: string, token = 'all') => server.ask(path, { token });

describe('Observation is searched by patient with category or code (5: patient alone)', () => {
  test('a patient alone, a category alone and an unknown category are refused', async () => {
    const { fhirId } = server.someone();
    const alone = await get(`Observation?patient=${fhirId}`);
    expect([alone.status, numbersIn(alone.body)]).toEqual([400, ['59108']]);
    const nobody = await get('Observation?category=vital-signs');
    expect([nobody.status, numbersIn(nobody.body)]).toEqual([400, ['59108']]);
    const odd = await get(`Observation?patient=${fhirId}&category=colour`);
    expect([odd.status, numbersIn(odd.body)]).toEqual([400, ['59111']]);
  });

  test('a category and a code choose; late filing shows in issued and not in date', async () => {
    const patient = server.someone();
    const all = server.hospital.chart('Observation', patient);
    const vitals = all.filter(({ measure }) => measure.category === 'vital-signs');
    const { body } = await get(`Observation?subject=${patient.fhirId}&category=vital-signs`);
    expect(idsIn(body).toSorted()).toEqual(vitals.map(({ fhirId }) => fhirId).toSorted());
    const [one] = vitals;
    if (!one) throw new Error('no vital signs');
    for (const code of [one.measure.loinc, `http://loinc.org|${one.measure.loinc}`, one.measure.siteId]) {
      const found = idsIn((await get(`Observation?patient=${patient.fhirId}&code=${code}`)).body);
      const same = all.filter(({ measure }) => measure.name === one.measure.name);
      expect(found.toSorted()).toEqual(same.map(({ fhirId }) => fhirId).toSorted());
    }
    const visit = server.openVisit();
    const inside = server.hospital.patients.get(visit.patient);
    const [late] = server.hospital.filing.observations(server.hospital.act('day'), visit.patient, visit.csn, [
      { measure: one.measure, value: 80, takenAt: server.now - 6 * 3_600_000 },
    ]);
    const since = new Date(server.now - 60_000).toISOString();
    const by = async (name: string) =>
      idsIn(
        (await get(`Observation?patient=${inside?.fhirId}&code=${one.measure.loinc}&${name}=ge${since}`))
          .body,
      );
    expect(await by('issued')).toContain(late?.fhirId);
    expect(await by('date')).not.toContain(late?.fhirId);
  });

  test('codings of a vital sign and of a result are those Epic gives (8: Observation)', async () => {
    const patient = server.someone();
    const { body } = await get(`Observation?patient=${patient.fhirId}&category=vital-signs`);
    const vital = body.entry[0].resource;
    expect(vital.code.coding.map(({ system }: { system: string }) => system)).toEqual(
      expect.arrayContaining([
        'urn:oid:1.2.840.114350.1.13.0.1.7.2.707679',
        'http://open.epic.com/FHIR/StructureDefinition/observation-flowsheet-id',
        'http://loinc.org',
      ]),
    );
    expect(vital.code.coding.at(-1)).toMatchObject({ code: '8716-3' });
    expect(vital).not.toHaveProperty('meta');
    expect(vital.subject.reference).toBe(`Patient/${patient.fhirId}`);
  });
});

describe('DocumentReference is the one type with _lastupdated (4: _lastUpdated)', () => {
  test('a note that was addended is found again by it, in either spelling', async () => {
    const patient = server.someone();
    const [note] = server.hospital.chart('DocumentReference', patient);
    if (!note) throw new Error('no note');
    const before = new Date(server.now - 1000).toISOString();
    const found = async (name: string) =>
      idsIn((await get(`DocumentReference?patient=${patient.fhirId}&${name}=ge${before}`)).body);
    expect(await found('_lastupdated')).not.toContain(note.fhirId);
    server.hospital.filing.addend(server.hospital.act('day'), note.number, 'One word more.');
    expect(await found('_lastupdated')).toEqual([note.fhirId]);
    expect(await found('_lastUpdated')).toEqual([note.fhirId]);
    expect(await found('date')).not.toContain(note.fhirId);
  });

  test('its attachments can be fetched as they are, and as a resource (8: DocumentReference)', async () => {
    const patient = server.someone();
    const { body } = await get(`DocumentReference?patient=${patient.fhirId}`);
    const resources = body.entry.flatMap(
      (entry: { resource: { content?: unknown[] } }) => entry.resource.content ?? [],
    );
    const { attachment } = resources.find(
      (each: { attachment: { contentType?: string } }) => each.attachment.contentType === 'text/html',
    );
    expect(attachment.url).toMatch(/^Binary\//);
    const raw = await server.ask(attachment.url, { headers: { accept: '*/*' } });
    expect(raw.headers.get('content-type')).toContain('text/html');
    expect(raw.text).toMatch(/^<html>/);
    const resource = (await get(attachment.url)).body;
    expect(Buffer.from(resource.data, 'base64').toString()).toBe(raw.text);
  });
});

describe('who must be named (5: without patient)', () => {
  test.each([
    'Condition',
    'DocumentReference',
    'Encounter',
    'MedicationRequest',
    'DiagnosticReport',
    'ServiceRequest',
    'Coverage',
    'Appointment',
  ])('%s without a patient is 400 and fatal', async (type) => {
    const { status, body } = await get(`${type}?status=active`);
    expect([status, body.issue.at(-1).severity]).toEqual([400, 'fatal']);
  });

  test('AllergyIntolerance without a patient is 403, fatal, processing', async () => {
    const { status, body } = await get('AllergyIntolerance');
    expect([status, body.issue[0].severity, body.issue[0].code]).toEqual([403, 'fatal', 'processing']);
  });

  test('a chart without allergies says so by a resource that can be read (8: Not on File)', async () => {
    const patient = server.hospital.patients
      .filter((each) => server.hospital.chart('AllergyIntolerance', each).length === 0)
      .at(0);
    const { body } = await get(`AllergyIntolerance?patient=${patient?.fhirId}`);
    expect(body.total).toBe(1);
    expect(body.entry[0].resource.code).toMatchObject({
      coding: [{ system: 'http://snomed.info/sct', code: '1631000175102' }],
      text: 'Not on File',
    });
    expect((await get(`AllergyIntolerance/${body.entry[0].resource.id}`)).body).toEqual(
      body.entry[0].resource,
    );
  });
});

describe('native parameters and post-filters (4: native, special, post-filter)', () => {
  test('post-filters drop rows from a page that was fetched, and next stays', async () => {
    const patient = server.someone();
    const all = server.hospital
      .chart('Observation', patient)
      .filter(({ measure }) => measure.category === 'vital-signs');
    const wanted = all.at(-1)?.value;
    const query = `Observation?patient=${patient.fhirId}&category=vital-signs&_count=1`;
    let address: string | undefined = `${query}&value-quantity=${wanted}`;
    const seen: string[] = [];
    const sizes: number[] = [];
    while (address) {
      const { body }: { body: { link: { relation: string; url: string }[]; total: number } } =
        await get(address);
      seen.push(...idsIn(body));
      sizes.push(body.total);
      address = body.link.find(({ relation }) => relation === 'next')?.url;
    }
    const expected = all.filter(({ value }) => value === wanted).map(({ fhirId }) => fhirId);
    expect(seen.toSorted()).toEqual(expected.toSorted());
    // Empty pages stood among them.
    expect(sizes).toContain(0);
    expect(sizes).toHaveLength(all.length);
  });

  test('a page that lost all its rows loses its next where the switch says so', async () => {
    server.set({ postFilterNext: 'dropped' });
    const patient = server.someone();
    const { body } = await get(
      `Observation?patient=${patient.fhirId}&category=vital-signs&_count=1&value-quantity=-1`,
    );
    expect(body.link).toHaveLength(1);
  });

  test('before May 2024 they are unknown, and so ignored', async () => {
    const patient = server.someone();
    const query = `Observation?patient=${patient.fhirId}&category=vital-signs`;
    const all = idsIn((await get(query)).body);
    expect(idsIn((await get(`${query}&status=cancelled`)).body)).toEqual([]);
    server.set({ postFilters: false });
    expect(idsIn((await get(`${query}&status=cancelled`)).body)).toEqual(all);
  });

  test('status of an Encounter is a post-filter, class is native with Epic codes', async () => {
    const visit = server.openVisit();
    const patient = server.hospital.patients.get(visit.patient);
    const of = async (rest: string) =>
      idsIn((await get(`Encounter?patient=${patient?.fhirId}&${rest}`)).body);
    expect(await of('status=in-progress')).toEqual([visit.fhirId]);
    expect(await of('class=urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.13260|1')).toContain(visit.fhirId);
    expect(await of('class=3')).not.toContain(visit.fhirId);
  });
});

describe('parameters that are unknown (5: unknown param + valid patient)', () => {
  test('are ignored in silence, or told by 59100 or 4122 where the switch says so', async () => {
    const query = `Encounter?patient=${server.someone().fhirId}&_lastUpdated=ge2026-01-01`;
    server.set({ partialAuthorization: 'none' });
    const silent = await get(query);
    expect([silent.status, numbersIn(silent.body)]).toEqual([200, []]);
    for (const unknownParameters of ['59100', '4122'] as const) {
      server.set({ unknownParameters });
      const told = await get(query);
      expect([told.status, numbersIn(told.body), told.body.total]).toEqual([
        200,
        [unknownParameters],
        silent.body.total,
      ]);
    }
  });

  test('are told before the issue that ends a call (6: order)', async () => {
    expect(numbersIn((await get('Encounter?shoe=9')).body)).toEqual(['59100', '59108']);
  });
});

describe('_id (4: _id may be combined)', () => {
  test('stands alone: the rest is ignored', async () => {
    const [first] = server.hospital.chart('Appointment', server.someone());
    const { body } = await get(`Appointment?_id=${first?.fhirId}&status=nothing&date=gt2099`);
    expect(idsIn(body)).toEqual([first?.fhirId]);
  });
  test('an id of another type is 400 with severity information', async () => {
    const { status, body } = await get(`Encounter?_id=${server.someone().fhirId}`);
    expect([status, body.issue[0].severity, body.issue[0].code]).toEqual([400, 'information', 'not-found']);
  });
});

describe('_include and _revinclude (4: searchInclude)', () => {
  test('bring what a row refers to, once, and do not count', async () => {
    const patient = server.someone();
    const { body } = await get(
      `Appointment?patient=${patient.fhirId}&_include=Appointment:patient&_include=*`,
    );
    const modes = body.entry.map((entry: { search: { mode: string } }) => entry.search.mode);
    const included = body.entry
      .filter((entry: { search: { mode: string } }) => entry.search.mode === 'include')
      .map((entry: { resource: { id: string } }) => entry.resource.id);
    expect(included).toContain(patient.fhirId);
    expect(new Set(included).size).toBe(included.length);
    expect(body.total).toBe(modes.filter((mode: string) => mode === 'match').length);
  });
  test('Provenance is the one reverse; others only by switch', async () => {
    const visit = server.openVisit();
    const patient = server.hospital.patients.get(visit.patient);
    const query = `Encounter?patient=${patient?.fhirId}&_revinclude=Provenance:target&_revinclude=Observation:encounter`;
    const types = async () =>
      new Set(
        (await get(query)).body.entry
          .filter((entry: { search: { mode: string } }) => entry.search.mode === 'include')
          .map((entry: { resource: { resourceType: string } }) => entry.resource.resourceType),
      );
    expect(await types()).toEqual(new Set(['Provenance']));
    server.set({ revincludeOthers: true });
    expect(await types()).toContain('Observation');
    const { body } = await get(query);
    const provenance = body.entry.find(
      (entry: { resource: { resourceType: string } }) => entry.resource.resourceType === 'Provenance',
    ).resource;
    expect((await get(`Provenance/${provenance.id}`)).body).toEqual(provenance);
  });
});

describe('POST _search (4: POST _search)', () => {
  const post = (path: string, form: Record<string, string>) =>
    server.ask(path, { method: 'POST', body: new URLSearchParams(form) });
  test('the body counts from February 2026, the address before', async () => {
    const [one, other] = [server.someone(0), server.someone(1)];
    const path = `Appointment/_search?patient=${other.fhirId}`;
    const found = async () => idsIn((await post(path, { patient: one.fhirId })).body);
    const of = (patient: typeof one) =>
      server.hospital
        .chart('Appointment', patient)
        .map(({ fhirId }) => fhirId)
        .toSorted();
    expect((await found()).toSorted()).toEqual(of(one));
    server.set({ postSearch: 'query' });
    expect((await found()).toSorted()).toEqual(of(other));
    expect(idsIn((await post('Appointment/_search', { patient: one.fhirId })).body).toSorted()).toEqual(
      of(one),
    );
  });
});

describe('pages (5: paging)', () => {
  test('a session ends after its time: 4113, and the query must be asked again', async () => {
    const query = `Appointment?patient=${server.someone().fhirId}&_count=1`;
    const next = (await get(query)).body.link[1].url as string;
    expect((await get(next)).status).toBe(200);
    server.now += 601_000;
    const over = await get(next);
    expect([over.status, numbersIn(over.body)]).toEqual([400, ['4113']]);
  });

  test('a session is the client’s that opened it', async () => {
    server.callers.set('other', {});
    const next = (await get(`Appointment?patient=${server.someone().fhirId}&_count=1`)).body.link[1].url;
    expect(numbersIn((await get(next, 'other')).body)).toEqual(['4113']);
  });

  test('without _count a page holds as many as the site allows, and total is the whole', async () => {
    const patient = server.someone();
    const all = server.hospital.chart('Appointment', patient).length;
    server.set({ pageSize: 1 });
    const { body } = await get(`Appointment?patient=${patient.fhirId}`);
    expect([idsIn(body).length, body.total]).toEqual([1, all]);
    server.set({ totalWithCount: 'all' });
    expect((await get(`Appointment?patient=${patient.fhirId}&_count=1`)).body.total).toBe(all);
  });
});

describe('Patient (4, 5)', () => {
  test('names that sound alike are found, so that a client must look at who it got', async () => {
    const { family, given, birthDate, sex, fhirId } = server.hospital.registration.register(
      server.hospital.act('day'),
      { family: 'Meier', given: 'Robert', birthDate: '1961-02-03', sex: 'male' },
    );
    expect([family, given, birthDate, sex]).toEqual(['Meier', 'Robert', '1961-02-03', 'male']);
    const { body } = await get('Patient?family=Mayer&given=Rupert&birthdate=1961-02-03&gender=male');
    expect(idsIn(body)).toEqual([fhirId]);
  });

  test('two charts may carry one MRN: both are found', async () => {
    const { mrn } = server.hospital.patients.get(3) ?? {};
    const twin = server.hospital.registration.register(server.hospital.act('day'), {
      family: 'Twin',
      given: 'Second',
      birthDate: '1990-01-01',
      sex: 'female',
      mrn: mrn as string,
    });
    const { body } = await get(`Patient?identifier=urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14|${mrn}`);
    expect(idsIn(body).toSorted()).toEqual([server.hospital.patients.get(3)?.fhirId, twin.fhirId].toSorted());
  });

  test('more than a hundred is 4127, with 59133 before it', async () => {
    for (let index = 0; index <= 100; index += 1) {
      server.hospital.registration.register(server.hospital.act('day'), {
        family: 'Hundred',
        given: 'Ada',
        birthDate: '1970-07-07',
        sex: 'female',
      });
    }
    const { status, body } = await get('Patient?family=Hundred&given=Ada&birthdate=1970-07-07&gender=female');
    expect([status, numbersIn(body)]).toEqual([400, ['59133', '4127']]);
  });
});

describe('partial authorization (5: 59204, 59205)', () => {
  test('what the client or the user may not see is left out and told in an entry that does not count', async () => {
    const patient = server.someone();
    const count = server.hospital.chart('Encounter', patient).length;
    for (const [partialAuthorization, number, who] of [
      ['client', '59204', 'Client'],
      ['user', '59205', 'User'],
    ] as const) {
      server.set({ partialAuthorization });
      const { body } = await get(`Encounter?patient=${patient.fhirId}`);
      expect([body.total, numbersIn(body)]).toEqual([count, [number]]);
      const [issue] = body.entry.at(-1).resource.issue;
      expect([issue.severity, issue.code]).toEqual(['warning', 'suppressed']);
      expect(issue.diagnostics).toBe(
        `${who} not authorized for Encounter - Outside Record. Search results of this type have not been included.`,
      );
    }
    const empty = await get(`Observation?patient=${patient.fhirId}&category=laboratory&date=gt2099`);
    expect([empty.body.total, numbersIn(empty.body)]).toEqual([0, ['59205', '4101']]);
  });
});

describe('Encounter (8)', () => {
  test('an office visit carries dates only, a stay its instants and places; one may be forgotten open', async () => {
    const done = server.hospital.patients
      .filter(({ standing }) => standing === 'active')
      .flatMap((patient) => server.hospital.chart('Encounter', patient))
      .find(({ kind, status }) => kind === 'clinic' && status === 'finished');
    const read = async (id: string | undefined) => (await get(`Encounter/${id}`)).body;
    const office = await read(done?.fhirId);
    expect(office.period.start).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(office).toMatchObject({ status: 'finished', class: { code: '13' } });
    expect(office.type[0].coding[0]).toMatchObject({ code: '101', display: 'Office Visit' });
    const stay = await read(server.openVisit().fhirId);
    expect(stay.period.start).toMatch(/T.*Z$/);
    expect(stay.location[0].period.start).toMatch(/Z$/);
    server.set({ openEncountersPerThousand: 1000 });
    const forgotten = await read(done?.fhirId);
    expect([forgotten.status, forgotten.period]).toEqual(['in-progress', office.period]);
  });
});

describe('lists of patients', () => {
  test('each ward has one, with who lies there now', async () => {
    const { body } = await get('List?code=patients');
    const listed = body.entry.flatMap((entry: { resource: { entry?: { item: { reference: string } }[] } }) =>
      (entry.resource.entry ?? []).map(({ item }) => item.reference),
    );
    const inside = server.hospital.stays
      .open()
      .filter(({ department }) => department.kind !== 'clinic')
      .map(({ patient }) => `Patient/${server.hospital.patients.get(patient)?.fhirId}`);
    expect(listed.toSorted()).toEqual(inside.toSorted());
    expect(numbersIn((await get('List')).body)).toEqual(['59108']);
  });
});
