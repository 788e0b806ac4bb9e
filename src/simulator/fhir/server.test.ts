import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator } from '../index.ts';
import { Application, call, type Json } from '../testing/application.ts';

let application: Application;
let hospital: Simulator;
let token: string;
const mrnSystem = 'urn:oid:1.2.840.114350.1.13.0.1.7.5.737384.14';
const csnSystem = 'urn:oid:1.2.840.114350.1.13.0.1.7.3.698084.8';

beforeAll(async () => {
  application = await Application.open();
  hospital = await createSimulator({
    now: Date.UTC(2026, 4, 12, 15),
    eventsPerMinute: 0,
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
  });
  token = await application.token(hospital);
});
afterAll(async () => {
  await hospital.close();
  await application.close();
});

const get = (path: string) => call(hospital, token, path);
const someone = () => hospital.patients()[4] as ReturnType<Simulator['patients']>[number];
const codes = (outcome: { issue: { details: { coding: { code: string }[] } }[] }) =>
  outcome.issue.map((issue) => issue.details.coding[0]?.code);
const ids = (bundle: { entry?: { search: { mode: string }; resource: { id: string } }[] }) =>
  (bundle.entry ?? []).filter(({ search }) => search.mode === 'match').map(({ resource }) => resource.id);

describe('who may ask', () => {
  test('no token, or a wrong one: 401 with an empty JSON string', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: 'Basic YTpi' }]) {
      const response = await fetch(`${hospital.fhirBase}/Patient/${someone().id}`, { headers });
      expect(response.status).toBe(401);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
      expect(await response.text()).toBe('""');
    }
  });

  test('an API that is not on the record: 403 without a body', async () => {
    const narrow = await createSimulator({
      patients: 2,
      clients: [
        {
          clientId: application.clientId,
          jwksUrl: application.jwksUrl,
          scopes: ['Patient.Read', 'system/Appointment.s'],
        },
      ],
    });
    const own = await application.token(narrow);
    const status = async (path: string) => {
      const response = await fetch(`${narrow.fhirBase}/${path}`, {
        headers: { authorization: `Bearer ${own}` },
      });
      if (response.status === 403) {
        expect(await response.text()).toBe('');
        expect(response.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      }
      return response.status;
    };
    const [patient] = narrow.patients();
    expect(await status(`Patient/${patient?.id}`)).toBe(200);
    expect(await status(`Patient?_id=${patient?.id}`)).toBe(403);
    expect(await status(`Appointment?patient=${patient?.id}`)).toBe(200);
    expect(await status('Appointment/x')).toBe(403);
    expect(await status(`Encounter?patient=${patient?.id}`)).toBe(403);
    await narrow.close();
  });
});

describe('the form of an answer', () => {
  const typeOf = async (headers: Record<string, string>, query = '') => {
    const response = await fetch(`${hospital.fhirBase}/Patient/${someone().id}${query}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    return [response.headers.get('content-type')?.split(';')[0], (await response.text()).slice(0, 1)];
  };
  test('XML unless JSON is asked for; each JSON type is answered with itself', async () => {
    expect(await typeOf({})).toEqual(['application/fhir+xml', '<']);
    expect(await typeOf({ accept: '*/*' })).toEqual(['application/fhir+xml', '<']);
    expect(await typeOf({ accept: 'nonsense' })).toEqual(['application/fhir+xml', '<']);
    expect(await typeOf({ accept: 'application/json' })).toEqual(['application/json', '{']);
    expect(await typeOf({ accept: 'application/fhir+json' })).toEqual(['application/fhir+json', '{']);
    expect(await typeOf({ accept: 'text/html, application/json;q=0.9' })).toEqual(['application/json', '{']);
    expect(await typeOf({ accept: '*/*' }, '?_format=json')).toEqual(['application/fhir+json', '{']);
  });

  test('nothing tells when a resource changed: no meta, no ETag, no Last-Modified', async () => {
    const response = await fetch(`${hospital.fhirBase}/Patient/${someone().id}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    });
    expect(await response.json()).not.toHaveProperty('meta');
    expect(response.headers.get('etag')).toBeNull();
    expect(response.headers.get('last-modified')).toBeNull();
  });

  test('the metadata needs no token, is XML by itself, and names only what is served', async () => {
    const xml = await (await fetch(`${hospital.fhirBase}/metadata`)).text();
    expect(xml).toContain('<version value="May 2026"/>');
    const response = await fetch(`${hospital.fhirBase}/metadata`, {
      headers: { accept: 'application/json' },
    });
    const statement = (await response.json()) as Json;
    expect(statement.software).toMatchObject({ name: 'Epic', version: 'May 2026' });
    for (const { type, interaction } of statement.rest[0].resource) {
      const searchable = interaction.some(({ code }: { code: string }) => code === 'search-type');
      expect((await get(`${type}/unknown`)).status).toBe(404);
      const answer = await fetch(`${hospital.fhirBase}/${type}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      // Without a parameter a search is refused, but for what is the same for everyone.
      const open = ['Location', 'Organization'].includes(type);
      const refused = type === 'AllergyIntolerance' ? 403 : 400;
      expect([type, answer.status]).toEqual([type, !searchable ? 404 : open ? 200 : refused]);
    }
    const smart = await (await fetch(`${hospital.fhirBase}/.well-known/smart-configuration`)).json();
    expect(smart).toMatchObject({ token_endpoint: hospital.tokenUrl });
  });

  test('what is not FHIR here is the page of the web server', async () => {
    for (const path of ['Slot?start=2026-05-12', 'Subscription/1', '$export', 'Patient/a/b/c']) {
      const response = await fetch(`${hospital.fhirBase}/${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(response.status).toBe(404);
      expect(response.headers.get('content-type')).toContain('text/html');
      expect(await response.text()).toContain('<html>');
    }
  });
});

describe('Patient', () => {
  test('carries the identifiers Epic gives, INTERNAL with its blanks', async () => {
    const { body } = await get(`Patient/${someone().id}`);
    const byType = Object.fromEntries(
      body.identifier.map((each: { type: { text: string }; value: string }) => [each.type.text, each.value]),
    );
    expect(byType).toMatchObject({
      EPI: someone().mrn,
      EXTERNAL: someone().externalId,
      'FHIR STU3': someone().id,
    });
    expect(byType.INTERNAL).toBe(`     ${someone().externalId}`);
    expect(body.id).toMatch(/^e[A-Za-z0-9.-]{22}3$/);
    expect(body.name.map(({ use }: { use: string }) => use)).toEqual(['official', 'usual']);
    expect(body.address[0].text).toContain('\r\n');
  });

  test('is found by identifier, with and without its system, and by id', async () => {
    const { id, mrn, externalId } = someone();
    for (const query of [
      `identifier=${mrnSystem}|${mrn}`,
      `identifier=${mrn}`,
      `identifier=EPI|${mrn}`,
      `identifier=${externalId}`,
      `_id=${id}&family=ignored`,
    ]) {
      expect(ids((await get(`Patient?${query}`)).body)).toEqual([id]);
    }
    expect((await get(`Patient?identifier=urn:oid:1.2.3|${mrn}`)).body.total).toBe(0);
    expect((await get('Patient?identifier=999999999')).body.total).toBe(0);
  });

  test('is found by strong demographics, and by nothing weaker', async () => {
    const { id, family, given, birthDate, gender } = someone();
    const strong = new URLSearchParams({ family, given, birthdate: birthDate, gender });
    expect(ids((await get(`Patient?${strong}`)).body)).toContain(id);
    for (const name of ['family', 'given', 'birthdate', 'gender']) {
      const alone = await get(`Patient?${new URLSearchParams({ [name]: strong.get(name) as string })}`);
      expect([alone.status, alone.body.total]).toEqual([200, 0]);
      const without = new URLSearchParams(strong);
      without.delete(name);
      expect(ids((await get(`Patient?${without}`)).body)).toEqual([]);
    }
  });

  test('needs something to search by', async () => {
    const nothing = await get('Patient');
    expect([nothing.status, codes(nothing.body)]).toEqual([400, ['59159']]);
    const unknown = await get('Patient?_lastUpdated=ge2026-01-01&shoe=9');
    expect([unknown.status, codes(unknown.body)]).toEqual([400, ['59100', '59100', '59159']]);
    expect(unknown.body.issue[1].diagnostics).toBe('Unknown parameter: SHOE. Parameter has been ignored.');
    const window = await get('Patient?birthdate=ge1980-01-01&birthdate=le1990-01-01');
    expect(window.status).toBe(400);
    expect(window.body.issue[0].diagnostics).toBe('A single valid date is required for birthdate');
  });

  test('a wrong id is 59008, in the envelope Epic uses', async () => {
    const { status, body } = await get('Patient/eNobody');
    expect(status).toBe(404);
    expect(body.issue).toEqual([
      {
        severity: 'fatal',
        code: 'not-found',
        details: {
          coding: [
            {
              system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.657369',
              code: '59008',
              display: 'The FHIR ID provided was not found.',
            },
          ],
          text: 'The FHIR ID provided was not found.',
        },
        diagnostics: 'Invalid FHIR ID provided',
        location: ['/f:id'],
        expression: ['id'],
      },
    ]);
    const other = await get(`Patient?_id=${hospital.appointments()[0]?.id}`);
    expect([other.status, other.body.issue[0].severity, other.body.issue[0].code]).toEqual([
      400,
      'information',
      'not-found',
    ]);
  });
});

describe('Appointment', () => {
  const busy = () => {
    const counts = Map.groupBy(hospital.appointments(), ({ patientId }) => patientId);
    return [...counts.values()].sort((a, b) => b.length - a.length)[0] as ReturnType<
      Simulator['appointments']
    >;
  };

  test('is what the truth says, with a contact number and three participants', async () => {
    const [truth] = busy();
    const { body } = await get(`Appointment/${truth?.id}`);
    expect(body).toMatchObject({
      resourceType: 'Appointment',
      status: truth?.status,
      identifier: [{ system: csnSystem, value: truth?.csn }],
    });
    expect(Date.parse(body.start)).toBe(Date.parse(truth?.start as string));
    expect(body.start).toMatch(/Z$/);
    const actors = body.participant.map(({ actor }: { actor: { reference: string } }) => actor.reference);
    expect(actors.map((reference: string) => reference.split('/')[0])).toEqual([
      'Patient',
      'Practitioner',
      'Location',
    ]);
    for (const reference of actors) expect((await get(reference)).status).toBe(200);
    expect(body.created).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  test('is searched by patient and window, status, or contact number', async () => {
    const theirs = busy().sort((a, b) => a.start.localeCompare(b.start));
    const [first, second] = theirs as [(typeof theirs)[number], (typeof theirs)[number]];
    const patient = `patient=${first.patientId}`;
    expect(ids((await get(`Appointment?${patient}`)).body)).toEqual(theirs.map(({ id }) => id));
    expect(
      ids((await get(`Appointment?patient=Patient/${first.patientId}&date=lt${second.start}`)).body),
    ).toEqual([first.id]);
    const window = `date=ge${first.start}&date=le${first.start}`;
    expect(ids((await get(`Appointment?${patient}&${window}`)).body)).toEqual([first.id]);
    const byStatus = ids((await get(`Appointment?${patient}&status=${first.status}`)).body);
    expect(byStatus).toEqual(theirs.filter(({ status }) => status === first.status).map(({ id }) => id));
    expect(ids((await get(`Appointment?identifier=${csnSystem}|${second.csn}`)).body)).toEqual([second.id]);
  });

  test('without a patient is refused; with a wrong one too', async () => {
    const alone = await get('Appointment?date=ge2026-01-01');
    expect([alone.status, codes(alone.body), alone.body.issue[0].severity]).toEqual([
      400,
      ['59108'],
      'fatal',
    ]);
    expect(codes((await get('Appointment?patient=eNobody')).body)).toEqual(['59102']);
  });

  test('knows no _lastUpdated: it is ignored without a word, and echoed', async () => {
    const { patientId } = busy()[0] as { patientId: string };
    const all = await get(`Appointment?patient=${patientId}`);
    const asked = await get(`Appointment?patient=${patientId}&_lastUpdated=ge2999-01-01`);
    expect(asked.status).toBe(200);
    expect(ids(asked.body)).toEqual(ids(all.body));
    expect(asked.body.link[0].url).toContain('_lastUpdated=ge2999-01-01');
  });

  test('nothing found is one outcome entry that does not count', async () => {
    const { patientId } = busy()[0] as { patientId: string };
    const { body } = await get(`Appointment?patient=${patientId}&date=gt2099`);
    expect(body.total).toBe(0);
    expect(body.entry).toHaveLength(1);
    expect(body.entry[0].search.mode).toBe('outcome');
    expect(body.entry[0].fullUrl).toMatch(/^urn:uuid:/);
    expect(codes(body.entry[0].resource)).toEqual(['4101']);
  });

  test('a date that cannot be read is ignored with a remark', async () => {
    const { patientId } = busy()[0] as { patientId: string };
    const { body } = await get(`Appointment?patient=${patientId}&date=sa2026-05-12`);
    expect(ids(body)).toHaveLength(busy().length);
    expect(codes(body.entry.at(-1).resource)).toEqual(['59109']);
    expect(body.total).toBe(busy().length);
  });

  test('pages carry a session; the total with _count is the size of the page', async () => {
    const theirs = busy();
    expect(theirs.length).toBeGreaterThanOrEqual(3);
    const seen: string[] = [];
    let address: string | undefined = `Appointment?patient=${theirs[0]?.patientId}&_count=1`;
    while (address) {
      const { body }: { body: Json } = await get(address);
      expect(body.total).toBe(1);
      seen.push(...ids(body));
      address = body.link.find((link: { relation: string }) => link.relation === 'next')?.url;
      if (address) expect(address).toMatch(/\/Appointment\?sessionID=17-[0-9A-F]{32}$/);
      // A page that was lost on the way can be fetched again.
      if (address) expect((await get(address)).body.entry[0]).toEqual((await get(address)).body.entry[0]);
    }
    expect(seen.sort()).toEqual(theirs.map(({ id }) => id).sort());
    expect((await get(`Appointment?patient=${theirs[0]?.patientId}&_summary=count&_count=1`)).body).toEqual({
      resourceType: 'Bundle',
      type: 'searchset',
      total: theirs.length,
      link: expect.any(Array),
    });
  });

  test('a session that is over is 4113', async () => {
    const { body } = await get(`Appointment?patient=${busy()[0]?.patientId}&_count=1`);
    const next = body.link[1].url as string;
    expect((await get(next.replace('/Appointment?', '/Encounter?'))).status).toBe(400);
    await fetch(`${hospital.adminUrl}/actions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"action":"expire-paging"}',
    });
    const over = await get(next);
    expect([over.status, codes(over.body)]).toEqual([400, ['4113']]);
  });

  test('_search by POST reads the body and ignores the address', async () => {
    const response = await fetch(`${hospital.fhirBase}/Appointment/_search?status=nothing&_format=json`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({ patient: busy()[0]?.patientId as string }),
    });
    expect(ids((await response.json()) as Json)).toHaveLength(busy().length);
  });
});

test('Encounter is searched by patient and time, and its entries are whole', async () => {
  const [visit] = hospital.visits().filter((each) => each.appointmentId && each.startedAt > '2026');
  const { body } = await get(`Encounter?patient=${visit?.patientId}&date=ge2026-01-01`);
  const entry = body.entry.find(({ resource }: { resource: { id: string } }) => resource.id === visit?.id);
  expect(entry.fullUrl).toBe(`${hospital.fhirBase}/Encounter/${visit?.id}`);
  expect(entry.link).toEqual([{ relation: 'self', url: entry.fullUrl }]);
  expect(entry.resource).toMatchObject({
    status: 'finished',
    identifier: [{ system: csnSystem, value: visit?.csn }],
    appointment: [{ reference: `Appointment/${visit?.appointmentId}` }],
  });
  expect(entry.resource.period.start).toMatch(/^\d{4}-\d\d-\d\d$/);
  const amb = await get('Encounter?class=AMB');
  expect([amb.status, codes(amb.body)]).toEqual([400, ['59109', '59108']]);
  const both = await get(`Encounter?patient=${visit?.patientId}&subject=${someone().id}`);
  expect(codes(both.body)).toEqual(['4112']);
});

test('two people may be registered under one MRN, by hand: an identifier alone is no person', async () => {
  const { mrn, id } = someone();
  const twin = { family: 'Second', given: 'Chart', birthDate: '1990-01-01', gender: 'female', mrn };
  const response = await fetch(`${hospital.adminUrl}/patients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(twin),
  });
  const added = (await response.json()) as Json;
  expect([response.status, added.mrn]).toEqual([200, mrn]);
  expect(ids((await get(`Patient?identifier=${mrnSystem}|${mrn}`)).body).sort()).toEqual(
    [id, added.id].sort(),
  );
  expect(() => hospital.register({ family: 'X', given: 'Y', birthDate: 'soon', gender: 'male' })).toThrow(
    'birthDate',
  );
});
