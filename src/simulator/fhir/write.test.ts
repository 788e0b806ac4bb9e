import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../testing/application.ts';
import { type Answer, FhirServer, idsIn, numbersIn } from '../testing/fhir-server.ts';

// Each story stands on a row of section 7 of the facts.

let server: FhirServer;
beforeAll(async () => {
  server = await FhirServer.open();
});
afterEach(() => server.reset());
afterAll(() => server.close());

const told = ({ status, body }: Answer): unknown[] => [status, ...numbersIn(body)];
const elementOf = ({ body }: Answer): string => body.issue.at(-1).expression?.[0];
const idIn = ({ headers }: Answer): string => (headers.get('location') ?? '').split('/')[1] ?? '';

describe('a write that works (7: general)', () => {
  test('201, a relative Location, an empty body, no ETag; If-None-Exist means nothing', async () => {
    const headers = { 'if-none-exist': 'identifier=x|1' };
    const one = await server.post('DocumentReference', note(), { headers });
    expect([one.status, one.text, one.headers.get('etag')]).toEqual([201, '', null]);
    expect(one.headers.get('location')).toMatch(/^DocumentReference\/e[A-Za-z0-9.-]{22}3$/);
    const two = await server.post('DocumentReference', note(), { headers });
    expect(idIn(two)).not.toBe(idIn(one));
  });

  test('Prefer: return=representation brings what was filed', async () => {
    const answer = await server.post('DocumentReference', note(), {
      headers: { prefer: 'return=representation' },
    });
    expect([answer.status, answer.body.id]).toEqual([201, idIn(answer)]);
  });

  test('what cannot be read is 59105; nothing can be patched, deleted or conditionally changed', async () => {
    expect(told(await server.post('Observation', '{"resourceType":'))).toEqual([400, '59105']);
    expect(told(await server.post('Observation', []))).toEqual([400, '59105']);
    expect(told(await server.post('Observation', { resourceType: 'Patient' }))).toEqual([400, '59105']);
    for (const [method, path] of [
      ['PATCH', `Patient/${server.someone().fhirId}`],
      ['DELETE', `Patient/${server.someone().fhirId}`],
      ['PUT', `Patient/${server.someone().fhirId}`],
      ['POST', 'Appointment'],
      ['POST', 'Encounter'],
      ['POST', ''],
    ] as const) {
      const answer = await server.ask(path, { method, body: '{}' });
      expect([method, path, answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([
        method,
        path,
        404,
        path === '' || method === 'PATCH' || method === 'DELETE' ? expect.any(String) : 'text/html',
      ]);
    }
  });
});

function person(more: object = {}): object {
  return {
    resourceType: 'Patient',
    active: true,
    identifier: [{ system: 'urn:oid:2.16.840.1.113883.4.1', value: '900-12-3456' }],
    name: [{ use: 'official', family: 'Newcomer', given: ['Ida', 'M'] }],
    birthDate: '1984-05-06',
    gender: 'female',
    telecom: [{ system: 'phone', value: '608-555-0142', use: 'home' }],
    address: [{ use: 'home', line: ['4 Elm Ct'], city: 'Larkfield', state: 'WI' }],
    ...more,
  };
}

describe('Patient.Create (7: 930)', () => {
  test('matches or creates, and no status tells which', async () => {
    const first = await server.post('Patient', person());
    const again = await server.post('Patient', person());
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(idIn(again)).toBe(idIn(first));
  });

  test('another birth date, another sex or another number is another person', async () => {
    const ids = new Set([idIn(await server.post('Patient', person()))]);
    for (const more of [
      { birthDate: '1984-05-07' },
      { gender: 'male' },
      { identifier: [{ system: 'urn:oid:2.16.840.1.113883.4.1', value: '900-12-9999' }] },
    ]) {
      ids.add(idIn(await server.post('Patient', person(more))));
    }
    expect(ids.size).toBe(4);
  });

  test('what is read back lacks telephone, SSN and MRN, and is marked as reported by the patient', async () => {
    const id = idIn(await server.post('Patient', person({ birthDate: '1984-01-01' })));
    const { body } = await server.ask(`Patient/${id}`);
    const types = body.identifier.map((each: Json) => each.type.text);
    expect(types).toEqual(['CEID', 'EPIC', 'EXTERNAL', 'FHIR', 'FHIR STU3', 'INTERNAL']);
    expect(body).not.toHaveProperty('telecom');
    expect(JSON.stringify(body)).not.toContain('900123456');
    expect(body.name.map(({ use }: Json) => use)).toEqual(['official', 'usual']);
    expect(body.meta).toEqual({
      security: [expect.objectContaining({ code: 'PATRPT' }), expect.objectContaining({ code: 'UNCERTREL' })],
    });
    const race = body.extension.find(({ url }: Json) => url.endsWith('us-core-race'));
    expect(race.extension).toEqual([{ url: 'text', valueString: 'Unknown' }]);
  });

  test('what the site asks for is missing: 59108 with its element', async () => {
    const lacking: [object, string][] = [
      [{ identifier: [] }, 'identifier (ssn)'],
      [{ name: [] }, 'name'],
      [{ name: [{ use: 'official', family: 'X' }] }, 'name.given'],
      [{ birthDate: undefined }, 'birthDate'],
      [{ gender: undefined }, 'gender'],
      [{ address: [{ use: 'home', city: 'Larkfield' }] }, 'address.line'],
      [{ address: [{ use: 'home', line: ['1 Elm'] }] }, 'address.city'],
    ];
    for (const [more, element] of lacking) {
      const answer = await server.post('Patient', person(more));
      expect([...told(answer), elementOf(answer)]).toEqual([400, '59108', element]);
    }
    expect(told(await server.post('Patient', person({ birthDate: '1984-02-30' })))).toEqual([400, '59111']);
    expect(told(await server.post('Patient', person({ gender: 'other' })))).toEqual([400, '40000']);
    server.set({ patientCreateNeeds: [] });
    expect((await server.post('Patient', person({ identifier: [] }))).status).toBe(201);
  });

  test('a modifier element with a value that is not taken is fatal, from November 2022', async () => {
    for (const more of [
      { active: false },
      { deceasedDateTime: '2026-01-01' },
      { link: [{ type: 'seealso' }] },
    ]) {
      expect(told(await server.post('Patient', person(more)))).toEqual([422, '59012']);
      server.set({ unacceptedModifierFatal: false });
      expect((await server.post('Patient', person(more))).status).toBe(201);
      server.reset();
    }
  });
});

describe('Patient/$match (7: 10423)', () => {
  const match = (resource: object, onlyCertainMatches: unknown = true) =>
    server.post('Patient/$match', {
      resourceType: 'Parameters',
      parameter: [
        { name: 'resource', resource },
        { name: 'onlyCertainMatches', valueBoolean: onlyCertainMatches },
      ],
    });

  test('one certain match, graded; likely ones are 59013; nobody is 200 with 4101', async () => {
    const id = idIn(await server.post('Patient', person({ birthDate: '1991-09-09' })));
    const found = await match(person({ birthDate: '1991-09-09' }));
    expect(idsIn(found.body)).toEqual([id]);
    expect(found.body.entry[0].search).toMatchObject({ score: 1, extension: [{ valueCode: 'certain' }] });
    const likely = person({ birthDate: '1991-09-09', identifier: [], telecom: [], address: [] });
    expect(told(await match(likely))).toEqual([400, '59013']);
    expect(told(await match(person({ birthDate: '1901-01-01' })))).toEqual([200, '4101']);
  });

  test('onlyCertainMatches must be true, as a boolean', async () => {
    expect(told(await match(person(), 'true'))).toEqual([400, '59102']);
    expect(told(await match(person(), false))).toEqual([400, '59138']);
  });
});

function vital(more: object = {}): Json {
  const visit = server.openVisit();
  const patient = server.hospital.patients.get(visit.patient);
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [
      {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' },
        ],
      },
    ],
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: `Patient/${patient?.fhirId}` },
    encounter: { reference: `Encounter/${visit.fhirId}` },
    effectiveDateTime: new Date(server.now - 60_000).toISOString(),
    valueQuantity: { value: 72, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
    ...more,
  };
}
const coded = (code: string, system = 'http://loinc.org') => ({ coding: [{ system, code }] });

describe('Observation.Create of vital signs (7: 963)', () => {
  test('a reading goes to its flowsheet row; the same one again is 59189 and no second reading', async () => {
    const reading = vital({ effectiveDateTime: '2026-05-12T09:30:00-05:00' });
    const first = await server.post('Observation', reading);
    expect(first.status).toBe(201);
    const again = await server.post('Observation', reading);
    expect([...told(again), again.body.issue[0].diagnostics]).toEqual([
      400,
      '59189',
      'Reading already exists',
    ]);
    const { body } = await server.ask(`Observation/${idIn(first)}`);
    expect(body).toMatchObject({
      status: 'final',
      effectiveDateTime: '2026-05-12T14:30:00Z',
      valueQuantity: { value: 72 },
    });
    expect(body.code.coding[0]).toMatchObject({
      system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.707679',
      code: '8',
    });
    expect(body.encounter.identifier.value).toBe(String(server.openVisit().csn));
  });

  test('blood pressure comes in two components; both are needed', async () => {
    const component = (code: string, value: number) => ({ code: coded(code), valueQuantity: { value } });
    const pressure = { code: coded('85354-9'), valueQuantity: undefined };
    const both = { ...pressure, component: [component('8462-4', 78), component('8480-6', 122)] };
    const { body } = await server.ask(`Observation/${idIn(await server.post('Observation', vital(both)))}`);
    expect(body.component.map((each: Json) => each.valueQuantity.value)).toEqual([122, 78]);
    const half = { ...pressure, component: [component('8480-6', 120)] };
    expect(told(await server.post('Observation', vital(half)))).toEqual([400, '59108']);
  });

  test('height, weight and temperature are converted, other units are taken for the site’s own', async () => {
    for (const [code, unit, value, filed] of [
      ['8310-5', '[degF]', 98.6, 37],
      ['29463-7', '[lb_av]', 154, 69.9],
      ['8302-2', '[in_i]', 70, 177.8],
      ['8867-4', 'mmol/L', 81, 81],
    ] as const) {
      const answer = await server.post(
        'Observation',
        vital({ code: coded(code), valueQuantity: { value, code: unit } }),
      );
      const { body } = await server.ask(`Observation/${idIn(answer)}`);
      expect([code, body.valueQuantity.value]).toEqual([code, filed]);
    }
  });

  test('a flowsheet row or its opaque id is a code as well', async () => {
    const row = await server.post(
      'Observation',
      vital({ code: coded('9', 'urn:oid:1.2.840.114350.1.13.0.1.7.2.707679') }),
    );
    const { body } = await server.ask(`Observation/${idIn(row)}`);
    const opaque = body.code.coding[1];
    const again = await server.post(
      'Observation',
      vital({ code: { coding: [opaque] }, valueQuantity: { value: 15 } }),
    );
    expect((await server.ask(`Observation/${idIn(again)}`)).body.code).toEqual(body.code);
  });

  test('codes that lead to no single mapped row are 59188', async () => {
    for (const code of [
      coded('2823-3'),
      coded('8480-6'),
      { coding: [...coded('8867-4').coding, ...coded('9279-1').coding] },
    ]) {
      expect(told(await server.post('Observation', vital({ code })))).toEqual([400, '59188']);
    }
    server.set({ mappedVitals: ['9279-1'] });
    expect(told(await server.post('Observation', vital()))).toEqual([400, '59188']);
  });

  test('the encounter must be named, known, the same patient’s, and open', async () => {
    const missing = await server.post('Observation', vital({ encounter: undefined }));
    expect([...told(missing), elementOf(missing)]).toEqual([400, '59108', 'encounter']);
    expect(
      told(await server.post('Observation', vital({ encounter: { reference: 'Encounter/eNo' } }))),
    ).toEqual([400, '59144']);
    const someone = server.someone();
    const [visit] = server.hospital.chart('Encounter', someone);
    const theirs = { reference: `Encounter/${visit?.fhirId}` };
    expect(told(await server.post('Observation', vital({ encounter: theirs })))).toEqual([400, '59102']);
    const subject = { reference: `Patient/${someone.fhirId}` };
    expect(told(await server.post('Observation', vital({ subject, encounter: theirs })))).toEqual([
      400,
      '59159',
    ]);
  });

  test('status, time and note have their limits', async () => {
    expect(told(await server.post('Observation', vital({ status: 'preliminary' })))).toEqual([422, '59012']);
    expect(told(await server.post('Observation', vital({ effectiveDateTime: undefined })))).toEqual([
      400,
      '59108',
    ]);
    expect(
      told(await server.post('Observation', vital({ effectiveDateTime: '2099-01-01T00:00:00Z' }))),
    ).toEqual([400, '59159']);
    expect(told(await server.post('Observation', vital({ effectiveDateTime: '2026-05-12' })))).toEqual([
      400,
      '59111',
    ]);
    const noted = (length: number) =>
      vital({ note: [{ text: 'x'.repeat(length) }], valueQuantity: { value: length } });
    expect((await server.post('Observation', noted(254))).status).toBe(201);
    expect(told(await server.post('Observation', noted(255)))).toEqual([400, '59102']);
    server.set({ vitalsNoteLongest: 60 });
    expect(told(await server.post('Observation', noted(61)))).toEqual([400, '59102']);
  });

  test('other categories are for no API, and update is for lines, drains and airways only', async () => {
    expect(told(await server.post('Observation', vital({ category: [coded('laboratory')] })))).toEqual([
      400,
      '59102',
    ]);
    const id = idIn(await server.post('Observation', vital({ valueQuantity: { value: 99 } })));
    for (const category of [[coded('vital-signs')], [coded('LDA')]]) {
      const answer = await server.ask(`Observation/${id}`, { method: 'PUT', body: vital({ category }) });
      expect(told(answer)).toEqual([400, '59102']);
    }
  });

  test('a date without a zone is the hospital’s local time', async () => {
    const answer = await server.post(
      'Observation',
      vital({ effectiveDateTime: '2026-05-12T08:15:00', valueQuantity: { value: 64 } }),
    );
    expect((await server.ask(`Observation/${idIn(answer)}`)).body.effectiveDateTime).toBe(
      '2026-05-12T13:15:00Z',
    );
  });
});

function note(more: object = {}, attachment: object = {}): Json {
  const visit = server.openVisit();
  const patient = server.hospital.patients.get(visit.patient);
  return {
    resourceType: 'DocumentReference',
    status: 'current',
    docStatus: 'final',
    type: coded('11506-3'),
    subject: { reference: `Patient/${patient?.fhirId}` },
    content: [
      {
        attachment: {
          contentType: 'text/plain',
          data: Buffer.from('Seen today & well').toString('base64'),
          ...attachment,
        },
      },
      { attachment: { contentType: 'application/pdf', data: 'AAAA' } },
    ],
    context: { encounter: [{ reference: `Encounter/${visit.fhirId}` }] },
    ...more,
  };
}

describe('DocumentReference.Create of clinical notes (7: 1046)', () => {
  test('the first attachment is filed and comes back as HTML and RTF, by the background user', async () => {
    const id = idIn(await server.post('DocumentReference', note()));
    const { body } = await server.ask(`DocumentReference/${id}`);
    expect(body.author[0].display).toBe('User Interconnect');
    expect((await server.ask(body.author[0].reference)).body.name[0].text).toBe('User Interconnect');
    expect(body.securityLabel[0].coding[0].code).toBe('NOPAT');
    expect(body.extension[0].url).toContain('DocumentReference.attester');
    const [html] = body.content;
    const { text } = await server.ask(html.attachment.url, { headers: { accept: '*/*' } });
    expect(text).toContain('Seen today &amp; well');
  });

  test('a draft is a draft; a second filing is a second note', async () => {
    const draft = await server.post('DocumentReference', note({ docStatus: 'preliminary' }));
    expect((await server.ask(`DocumentReference/${idIn(draft)}`)).body.docStatus).toBe('preliminary');
    const before = server.hospital.chart('DocumentReference', { number: server.openVisit().patient }).length;
    await server.post('DocumentReference', note());
    await server.post('DocumentReference', note());
    expect(server.hospital.chart('DocumentReference', { number: server.openVisit().patient })).toHaveLength(
      before + 2,
    );
  });

  test('a finished encounter is taken; none, or another patient’s, is not', async () => {
    const someone = server.someone();
    const visit = server.hospital.chart('Encounter', someone).find(({ status }) => status === 'finished');
    const of = (subject: string, encounter: string | undefined) =>
      note({
        subject: { reference: `Patient/${subject}` },
        context: encounter ? { encounter: [{ reference: `Encounter/${encounter}` }] } : {},
      });
    expect((await server.post('DocumentReference', of(someone.fhirId, visit?.fhirId))).status).toBe(201);
    const without = await server.post('DocumentReference', of(someone.fhirId, undefined));
    expect([...told(without), elementOf(without)]).toEqual([400, '59108', 'context.encounter']);
    const wrong = await server.post('DocumentReference', of(server.someone(1).fhirId, visit?.fhirId));
    expect(told(wrong)).toEqual([400, '59102']);
  });

  test('type and content have to be what the site takes', async () => {
    expect(told(await server.post('DocumentReference', note({ type: coded('99999-9') })))).toEqual([
      400,
      '40000',
    ]);
    expect(told(await server.post('DocumentReference', note({ type: undefined })))).toEqual([400, '59108']);
    expect(
      told(await server.post('DocumentReference', note({}, { contentType: 'application/pdf' }))),
    ).toEqual([400, '59102']);
    expect(told(await server.post('DocumentReference', note({}, { data: undefined })))).toEqual([
      400,
      '59108',
    ]);
    expect(told(await server.post('DocumentReference', note({}, { data: '%%%' })))).toEqual([400, '59105']);
    const rtf = { contentType: 'text/rtf' };
    expect(told(await server.post('DocumentReference', note({}, rtf)))).toEqual([400, '59102']);
    server.set({ rtfNotes: true });
    expect((await server.post('DocumentReference', note({}, rtf))).status).toBe(201);
    const own = { system: 'urn:oid:1.2.840.114350.1.13.0.1.7.4.737880.5010', code: '4' };
    expect((await server.post('DocumentReference', note({ type: { coding: [own] } }))).status).toBe(201);
  });

  test('a document of 50 MB goes in and comes out', async () => {
    const text = 'Fifty million letters. '.repeat(2_280_000);
    const answer = await server.post(
      'DocumentReference',
      note({}, { data: Buffer.from(text).toString('base64') }),
    );
    expect(answer.status).toBe(201);
    const { body } = await server.ask(`DocumentReference/${idIn(answer)}`);
    const raw = await server.ask(body.content[0].attachment.url, { headers: { accept: '*/*' } });
    expect(raw.text.length).toBeGreaterThan(50 * 1024 * 1024);
  });
});

describe('problems and allergies wait for a clinician (7: 949, 945)', () => {
  const problem = (more: object = {}) => ({
    resourceType: 'Condition',
    clinicalStatus: coded('active'),
    verificationStatus: coded('provisional'),
    category: [coded('encounter-diagnosis')],
    code: { coding: [{ system: 'http://snomed.info/sct', code: '41652007', display: 'Eye pain' }] },
    subject: { reference: `Patient/${server.someone().fhirId}` },
    onsetDateTime: '2020-01-01',
    ...more,
  });

  test('a problem comes back provisional, as a problem, without onset, with an id of 64 characters', async () => {
    const one = idIn(await server.post('Condition', problem()));
    expect(one).toMatch(/^O[A-Za-z0-9.-]{63}$/);
    const { body } = await server.ask(`Condition/${one}`);
    expect(body.category[0].coding[0].code).toBe('problem-list-item');
    expect(body.verificationStatus.coding[0].code).toBe('provisional');
    expect(body).not.toHaveProperty('onsetDateTime');
    expect(idIn(await server.post('Condition', problem()))).not.toBe(one);
    expect(idsIn((await server.ask(`Condition?patient=${server.someone().fhirId}`)).body)).toContain(one);
  });

  test('verification other than provisional is 422; a note may have 450 characters', async () => {
    expect(told(await server.post('Condition', problem({ verificationStatus: coded('confirmed') })))).toEqual(
      [422, '59012'],
    );
    expect((await server.post('Condition', problem({ note: [{ text: 'x'.repeat(450) }] }))).status).toBe(201);
    expect(told(await server.post('Condition', problem({ note: [{ text: 'x'.repeat(451) }] })))).toEqual([
      400,
      '59102',
    ]);
  });

  test('without a holding tank it is on the list at once', async () => {
    server.set({ holdingTank: false });
    const id = idIn(await server.post('Condition', problem()));
    expect((await server.ask(`Condition/${id}`)).body.verificationStatus.coding[0].code).toBe('confirmed');
  });

  test('an allergy that is on the chart is 59141', async () => {
    const allergy = {
      resourceType: 'AllergyIntolerance',
      code: { coding: [{ system: 'http://snomed.info/sct', code: '91935009', display: 'Peanut' }] },
      patient: { reference: `Patient/${server.someone(1).fhirId}` },
    };
    const first = await server.post('AllergyIntolerance', allergy);
    expect(first.status).toBe(201);
    const { body } = await server.ask(`AllergyIntolerance/${idIn(first)}`);
    expect(body.verificationStatus.coding[0].code).toBe('unconfirmed');
    expect(told(await server.post('AllergyIntolerance', allergy))).toEqual([400, '59141']);
  });
});
