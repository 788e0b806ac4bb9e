import { createServer, type IncomingMessage } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from '../index.ts';
import { Application, type Json } from '../testing/application.ts';
import { GenericServer } from './server.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function open(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await createSimulator({
    eventsPerMinute: 0,
    patients: 12,
    generic: { content: 'empty' },
    ...options,
  });
  opened.push(simulator);
  return simulator;
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

async function ask(
  simulator: Simulator,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const address = path.startsWith('http') ? path : `${simulator.genericBase}/${path}`;
  const response = await fetch(address, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/fhir+json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

const person = (value: string, family = 'Marlow') => ({
  resourceType: 'Patient',
  identifier: [{ system: 'urn:mrn', value }],
  name: [{ family, given: ['Ada'] }],
});

async function change(simulator: Simulator, type: string, id: string, resource?: unknown): Promise<Json> {
  const response = await fetch(`${simulator.adminUrl}/generic/changes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ type, id, resource }),
  });
  expect(response.status).toBe(200);
  return response.json();
}

/** Follows next links to the end. */
async function everyPage(simulator: Simulator, path: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  for (let next: string | undefined = path; next; pages += 1) {
    const { body, status }: Answer = await ask(simulator, 'GET', next);
    expect(status).toBe(200);
    ids.push(...(body.entry ?? []).map((entry: Json) => entry.resource.id));
    next = body.link.find((each: Json) => each.relation === 'next')?.url;
  }
  return { ids, pages };
}

test('a chart entry lives: created, changed, patched, read as it was, deleted, and gone with 410', async () => {
  const simulator = await open();
  const created = await ask(simulator, 'POST', 'Patient', person('1'));
  expect(created.status).toBe(201);
  const { id } = created.body;
  expect(created.headers.get('etag')).toBe('W/"1"');
  expect(created.headers.get('location')).toBe(`${simulator.genericBase}/Patient/${id}/_history/1`);

  const stale = await ask(
    simulator,
    'PUT',
    `Patient/${id}`,
    { ...person('1', 'Other'), id },
    { 'if-match': 'W/"7"' },
  );
  expect(stale.status).toBe(412);
  const changed = await ask(
    simulator,
    'PUT',
    `Patient/${id}`,
    { ...person('1', 'Hale'), id },
    { 'if-match': 'W/"1"' },
  );
  expect([changed.status, changed.body.meta.versionId]).toEqual([200, '2']);
  const patch = [{ op: 'replace', path: '/name/0/family', value: 'Stone' }];
  const patched = await ask(simulator, 'PATCH', `Patient/${id}`, patch, {
    'content-type': 'application/json-patch+json',
  });
  expect(patched.body).toMatchObject({ name: [{ family: 'Stone' }], meta: { versionId: '3' } });
  const failing = [
    { op: 'replace', path: '/name/0/family', value: 'X' },
    { op: 'test', path: '/active', value: true },
  ];
  expect((await ask(simulator, 'PATCH', `Patient/${id}`, failing)).status).toBe(422);
  expect((await ask(simulator, 'GET', `Patient/${id}`)).body.name[0].family).toBe('Stone');

  expect((await ask(simulator, 'GET', `Patient/${id}/_history/1`)).body.name[0].family).toBe('Marlow');
  expect((await ask(simulator, 'GET', `Patient/${id}`, undefined, { 'if-none-match': 'W/"3"' })).status).toBe(
    304,
  );
  expect((await ask(simulator, 'DELETE', `Patient/${id}`)).status).toBe(204);
  expect((await ask(simulator, 'GET', `Patient/${id}`)).status).toBe(410);
  expect((await ask(simulator, 'GET', 'Patient')).body.total).toBe(0);
  const history = await ask(simulator, 'GET', `Patient/${id}/_history`);
  expect(history.body.entry.map((each: Json) => each.request.method)).toEqual([
    'DELETE',
    'PUT',
    'PUT',
    'POST',
  ]);
  expect((await ask(simulator, 'GET', `Patient/${id}/_history/4`)).status).toBe(410);
  expect((await ask(simulator, 'GET', 'Patient/never')).status).toBe(404);
});

test('a create with If-None-Exist happens once, and several matches are refused', async () => {
  const simulator = await open();
  const condition = { 'if-none-exist': 'identifier=urn:mrn|7' };
  const answers = [1, 2, 3].map(() => ask(simulator, 'POST', 'Patient', person('7'), condition));
  const statuses = (await Promise.all(answers)).map(({ status }) => status).sort();
  expect(statuses).toEqual([200, 200, 201]);
  await ask(simulator, 'POST', 'Patient', person('7'));
  expect((await ask(simulator, 'POST', 'Patient', person('7'), condition)).status).toBe(412);

  const put = 'Patient?identifier=urn:mrn|8';
  const first = await ask(simulator, 'PUT', put, person('8'));
  const second = await ask(simulator, 'PUT', put, person('8', 'Hale'));
  expect([first.status, second.status, second.body.id]).toEqual([201, 200, first.body.id]);

  // A server that says it can, and ignores it: the reason to prove it once.
  simulator.generic.switchboard.change({ conditionalCreate: 'ignored' });
  const again = { 'if-none-exist': 'identifier=urn:mrn|8' };
  expect((await ask(simulator, 'POST', 'Patient', person('8'), again)).status).toBe(201);
  const { rest } = (await ask(simulator, 'GET', 'metadata')).body;
  const patient = rest[0].resource.find((each: Json) => each.type === 'Patient');
  expect(patient).toMatchObject({ conditionalCreate: true, versioning: 'versioned-update' });
});

test('a transaction happens as a whole, with its references, or not at all', async () => {
  const simulator = await open();
  const entry = (resource: Json, request: Json, fullUrl?: string) => ({ fullUrl, resource, request });
  const visit = { resourceType: 'Encounter', status: 'planned', subject: { reference: 'urn:uuid:one' } };
  const bundle = (...entries: Json[]) => ({ resourceType: 'Bundle', type: 'transaction', entry: entries });
  const post = (type: string, more = {}) => ({ method: 'POST', url: type, ...more });
  const condition = { ifNoneExist: 'identifier=urn:mrn|9' };
  const whole = bundle(
    entry(visit, post('Encounter')),
    entry(person('9'), post('Patient', condition), 'urn:uuid:one'),
  );
  const first = await ask(simulator, 'POST', '', whole);
  const second = await ask(simulator, 'POST', '', whole);
  expect(first.body.entry.map((each: Json) => each.response.status)).toEqual(['201', '201']);
  expect(second.body.entry.map((each: Json) => each.response.status)).toEqual(['201', '200']);
  const patientId = first.body.entry[1].resource.id;
  const { body } = await ask(simulator, 'GET', `Encounter?patient=${patientId}`);
  expect(body.total).toBe(2);

  const broken = bundle(
    entry(person('10'), post('Patient')),
    entry(
      { ...person('9'), id: patientId },
      { method: 'PUT', url: `Patient/${patientId}`, ifMatch: 'W/"5"' },
    ),
  );
  expect((await ask(simulator, 'POST', '', broken)).status).toBe(412);
  expect((await ask(simulator, 'GET', 'Patient?identifier=10')).body.total).toBe(0);
  expect((await ask(simulator, 'GET', 'Patient/_history')).body.total).toBe(1);
  // A batch does what it can.
  const loose = await ask(simulator, 'POST', '', { ...broken, type: 'batch' });
  expect(loose.body.entry.map((each: Json) => each.response.status)).toEqual(['201', '412']);
});

describe('searches', () => {
  test('by window and order of _lastUpdated find every change once', async () => {
    // A clock that moves on at each look: no two writes within one millisecond.
    let at = Date.UTC(2026, 4, 12, 10);
    const simulator = await open({ now: at, wall: { now: () => (at += 1), after: () => () => undefined } });
    for (let number = 0; number < 25; number += 1)
      await ask(simulator, 'PUT', `Patient/p${number}`, { ...person(`${number}`), id: `p${number}` });
    const { body } = await ask(simulator, 'GET', 'Patient/p10');
    const from = body.meta.lastUpdated;
    const found = await everyPage(simulator, `Patient?_lastUpdated=ge${from}&_sort=_lastUpdated&_count=4`);
    expect(found.ids).toEqual(Array.from({ length: 15 }, (_, index) => `p${index + 10}`));
    expect(found.pages).toBe(4);
    await ask(simulator, 'PUT', 'Patient/p3', { ...person('3', 'Hale'), id: 'p3' });
    expect((await everyPage(simulator, `Patient?_lastUpdated=ge${from}&_sort=-_lastUpdated`)).ids[0]).toBe(
      'p3',
    );
    const before = await everyPage(simulator, `Patient?_lastUpdated=lt${from}`);
    expect(before.ids).not.toContain('p3');
    const since = await ask(simulator, 'GET', `_history?_since=${from}&_count=50`);
    expect(since.body.entry).toHaveLength(16);
  });

  test('by what FHIR defines for the five resources', async () => {
    const simulator = await open();
    const subject = { reference: 'Patient/a' };
    const coding = { coding: [{ system: 'http://loinc.org', code: '8867-4' }] };
    const resources: Json[] = [
      { ...person('1'), id: 'a', gender: 'female', birthDate: '1980-02-03' },
      {
        resourceType: 'Observation',
        id: 'o',
        status: 'final',
        subject,
        code: coding,
        effectiveDateTime: '2026-05-12T10:00:00Z',
      },
      {
        resourceType: 'Appointment',
        id: 'b',
        status: 'booked',
        start: '2026-05-13T09:00:00Z',
        participant: [{ actor: subject }],
      },
      {
        resourceType: 'Encounter',
        id: 'e',
        status: 'finished',
        subject,
        period: { start: '2026-05-10', end: '2026-05-11' },
      },
    ];
    for (const each of resources) await ask(simulator, 'PUT', `${each.resourceType}/${each.id}`, each);
    const total = async (path: string) => (await ask(simulator, 'GET', path)).body.total;
    expect(await total('Patient?family=mar&given:exact=Ada&birthdate=1980-02-03&gender=female')).toBe(1);
    expect(await total('Patient?identifier=urn:mrn|1')).toBe(1);
    expect(await total('Patient?identifier=urn:other|1')).toBe(0);
    expect(await total('Observation?patient=a&code=http://loinc.org|8867-4&date=2026-05-12')).toBe(1);
    expect(await total('Observation?subject=Patient/a&status:not=final')).toBe(0);
    expect(await total('Appointment?patient=Patient/a&date=ge2026-05-13&date=lt2026-05-14')).toBe(1);
    expect(await total('Appointment?practitioner=a')).toBe(0);
    expect(await total('Encounter?date=2026-05-11')).toBe(0);
    expect(await total('Encounter?date=le2026-05-11&patient=a')).toBe(1);
    expect(await total('Encounter?class:missing=true')).toBe(1);
    const { body } = await ask(simulator, 'GET', 'Patient?_elements=id&shoe-size=9');
    expect(body.entry[0].resource.name).toBeUndefined();
    expect(body.link[0].url).toBe(`${simulator.genericBase}/Patient?_elements=id`);
    const strict = await ask(simulator, 'GET', 'Patient?shoe-size=9', undefined, {
      prefer: 'handling=strict',
    });
    expect(strict.status).toBe(400);
    expect((await ask(simulator, 'GET', 'Patient?birthdate=tomorrow')).status).toBe(400);
  });

  test('in pages that shift lose what moved, in a snapshot they do not', async () => {
    const simulator = await open();
    for (let number = 0; number < 6; number += 1)
      await change(simulator, 'Patient', `p${number}`, person(`${number}`));
    const walk = async () => {
      const first = await ask(simulator, 'GET', 'Patient?_sort=_lastUpdated&_count=3');
      // The first of the list moves to its end, and all others move up.
      const [{ resource }] = first.body.entry;
      await change(simulator, 'Patient', resource.id, person('0', `Name ${String(resource.meta.versionId)}`));
      const next = first.body.link.find((each: Json) => each.relation === 'next').url;
      const rest = await everyPage(simulator, next);
      return new Set([...first.body.entry.map((each: Json) => each.resource.id), ...rest.ids]).size;
    };
    expect(await walk()).toBe(6);
    simulator.generic.switchboard.change({ paging: 'offset' });
    expect(await walk()).toBe(5);
  });
});

describe('what goes wrong on request', () => {
  function alone(behaviour: ConstructorParameters<typeof GenericServer>[0]['behaviour']) {
    const clock = { at: Date.UTC(2026, 4, 12, 10) };
    const base = () => 'http://generic.test/R4';
    const server = new GenericServer({ ...(behaviour ? { behaviour } : {}), now: () => clock.at, base });
    const get = (path: string) => {
      const [address = '', query = ''] = path.split('?');
      return server.answer({ method: 'GET', path: address, query: new URLSearchParams(query), headers: {} });
    };
    return { server, clock, get };
  }

  test('a late commit shows itself with a lastUpdated of the past', () => {
    const { server, clock, get } = alone({ latePerThousand: 1000, lateMs: 60_000 });
    let hidden = 0;
    for (let number = 0; number < 20; number += 1) {
      server.put('Patient', `p${number}`, person(`${number}`));
      if (get(`Patient/p${number}`).status === 404) hidden += 1;
    }
    expect(hidden).toBeGreaterThan(15);
    const stamp = new Date(clock.at).toISOString();
    clock.at += 60_000;
    const found = get(`Patient?_lastUpdated=le${stamp}`).body as Json;
    expect(found.total).toBe(20);
    // Two changes of one resource are never seen in the wrong order.
    for (let count = 0; count < 50; count += 1) server.put('Patient', 'same', person('same', `${count}`));
    let last = -1;
    for (let step = 0; step < 70; step += 1) {
      const seen = (get('Patient/same').body as Json).name?.[0].family;
      if (seen !== undefined) {
        expect(Number(seen)).toBeGreaterThanOrEqual(last);
        last = Number(seen);
      }
      // Nor is a version seen while the one before it is not.
      const { entry = [] } = get('Patient/same/_history').body as Json;
      const numbers = entry.map((each: Json) => Number(each.resource.meta.versionId));
      expect(numbers).toEqual(numbers.map((_: number, index: number) => numbers.length - index));
      clock.at += 1000;
    }
    expect(last).toBe(49);
  });

  test('skew, ties and a clock that is ahead', () => {
    const { server, clock, get } = alone({ skewMs: 2000, tickMs: 1000, clockAheadMs: 3_600_000 });
    const stamps = new Set<number>();
    for (let number = 0; number < 200; number += 1) {
      clock.at += 10;
      stamps.add(server.put('Patient', `p${number}`, person(`${number}`)).stamp);
    }
    expect([...stamps].every((stamp) => stamp % 1000 === 0)).toBe(true);
    expect(stamps.size).toBeLessThan(10);
    expect(Date.parse(get('metadata').headers.date as string)).toBe(
      Math.floor(clock.at / 1000) * 1000 + 3_600_000,
    );
    // Every stamp is found by a search for exactly it, however disordered the writes were.
    let found = 0;
    for (const stamp of stamps) {
      const iso = new Date(stamp).toISOString();
      found += (get(`Patient?_lastUpdated=ge${iso}&_lastUpdated=le${iso}`).body as Json).total;
    }
    expect(found).toBe(200);
  });

  test('an index that lags, bounds that are dropped, versions that are not kept', () => {
    const { server, clock, get } = alone({ indexLagMs: 5000 });
    server.put('Patient', 'a', person('1'));
    expect([get('Patient/a').status, (get('Patient').body as Json).total]).toEqual([200, 0]);
    clock.at += 5000;
    expect((get('Patient').body as Json).total).toBe(1);
    const window = 'Patient?_lastUpdated=ge2000-01-01&_lastUpdated=lt2001-01-01';
    expect((get(window).body as Json).total).toBe(0);
    server.switchboard.change({ upperBound: 'ignored', versions: false });
    expect((get(window).body as Json).total).toBe(1);
    expect(get('Patient/a').headers.etag).toBeUndefined();
    expect(() => server.switchboard.change({ tickMs: 0 })).toThrow('tickMs must be a whole number');
    expect(() => server.switchboard.change({ nothing: 1 })).toThrow('no switch');
  });

  test('429 and 5xx at a rate, and answers that are lost after the write', async () => {
    const simulator = await open({
      generic: { content: 'empty', behaviour: { busyPerThousand: 300, failPerThousand: 300 } },
    });
    const seen = new Map<number, number>();
    for (let count = 0; count < 100; count += 1) {
      const { status, headers } = await ask(simulator, 'GET', 'Patient');
      seen.set(status, (seen.get(status) ?? 0) + 1);
      if (status === 429) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect([...seen.keys()].sort()).toEqual([200, 429, 500, 502, 503]);
    simulator.generic.switchboard.change({ busyPerThousand: 0, failPerThousand: 0, lostPerThousand: 1000 });
    await expect(ask(simulator, 'POST', 'Patient', person('lost'))).rejects.toThrow();
    simulator.generic.switchboard.change({ lostPerThousand: 0 });
    expect((await ask(simulator, 'GET', 'Patient?identifier=lost')).body.total).toBe(1);
  });
});

test('a subscription tells its endpoint of what meets it, and says so when it cannot', async () => {
  const simulator = await open();
  const heard: { method: string; url: string; secret: unknown; body: string }[] = [];
  let status = 200;
  const listener = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    heard.push({
      method: request.method ?? '',
      url: request.url ?? '',
      secret: request.headers['x-secret'],
      body,
    });
    response.statusCode = status;
    response.end();
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  opened.push({ close: () => new Promise((resolve) => listener.close(() => resolve())) });
  const port = (listener.address() as { port: number }).port;
  const subscription = (criteria: string, payload?: string) => ({
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'test',
    criteria,
    channel: {
      type: 'rest-hook',
      endpoint: `http://127.0.0.1:${port}/hook`,
      payload,
      header: ['X-Secret: s'],
    },
  });
  const notified = () => fetch(`${simulator.adminUrl}/generic/notified`, { method: 'POST' });

  const { body } = await ask(
    simulator,
    'POST',
    'Subscription',
    subscription('Patient?family=Hale', 'application/fhir+json'),
  );
  expect((await ask(simulator, 'GET', `Subscription/${body.id}`)).body.status).toBe('active');
  await ask(simulator, 'PUT', 'Patient/a', { ...person('1'), id: 'a' });
  await ask(simulator, 'PUT', 'Patient/a', { ...person('1', 'Hale'), id: 'a' });
  await notified();
  expect(heard).toHaveLength(1);
  expect(heard[0]).toMatchObject({ method: 'PUT', url: '/hook/Patient/a', secret: 's' });
  expect(JSON.parse(heard[0]?.body ?? '')).toMatchObject({ id: 'a', meta: { versionId: '2' } });

  await ask(simulator, 'PUT', 'Subscription/plain', { ...subscription('Patient'), id: 'plain' });
  await ask(simulator, 'PUT', `Subscription/${body.id}`, { ...body, status: 'off' });
  await ask(simulator, 'PUT', 'Patient/b', { ...person('2', 'Hale'), id: 'b' });
  await notified();
  expect(heard.slice(1)).toEqual([{ method: 'POST', url: '/hook', secret: 's', body: '' }]);

  status = 500;
  await ask(simulator, 'PUT', 'Patient/c', { ...person('3'), id: 'c' });
  await notified();
  expect(heard).toHaveLength(5);
  expect((await ask(simulator, 'GET', 'Subscription/plain')).body).toMatchObject({
    status: 'error',
    error: 'the endpoint answered 500',
  });
  const wrong = await ask(simulator, 'POST', 'Subscription', { ...subscription('Shoe?size=9') });
  expect((await ask(simulator, 'GET', `Subscription/${wrong.body.id}`)).body.status).toBe('error');
});

test('it shows the hospital that Epic shows, and each change of it as a new version', async () => {
  const simulator = await open({ generic: {} });
  const [patient] = simulator.patients();
  const id = patient?.id as string;
  const before = await ask(simulator, 'GET', `Patient/${id}`);
  expect(before.body).toMatchObject({ name: [{ family: patient?.family }, {}], meta: { versionId: '1' } });
  const { body } = await ask(simulator, 'GET', 'Patient?_summary=count');
  expect(body.total).toBe(12);
  const appointments = simulator.appointments().filter((each) => each.patientId === id);
  expect((await ask(simulator, 'GET', `Appointment?patient=${id}&_count=1000`)).body.total).toBe(
    appointments.length,
  );
  simulator.happen({ kind: 'update', patient: id });
  const after = await ask(simulator, 'GET', `Patient/${id}`);
  expect(after.body.meta.versionId).toBe('2');
  const [current] = simulator.patients();
  expect(after.body.telecom[1].value).toBe(current?.mobilePhone);
  const { csn } = simulator.happen({ kind: 'book', patient: id });
  const booked = await ask(simulator, 'GET', `Appointment?patient=${id}&identifier=${csn}`);
  expect(booked.body.total).toBe(1);
});

test('when it is secured, a backend service signs in as SMART says', async () => {
  const application = await Application.open();
  opened.push(application);
  const simulator = await open({
    generic: { content: 'empty', behaviour: { secured: true } },
    clients: [{ clientId: application.clientId, jwksUrl: application.jwksUrl }],
  });
  expect((await ask(simulator, 'GET', 'Patient')).status).toBe(401);
  const { body } = await ask(simulator, 'GET', '.well-known/smart-configuration');
  const form = async (aud: string) =>
    new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/*.cruds',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await application.assertion(simulator, { aud }),
    });
  const wrong = await fetch(body.token_endpoint, { method: 'POST', body: await form('https://other.test') });
  expect(wrong.status).toBe(401);
  const right = await fetch(body.token_endpoint, { method: 'POST', body: await form(body.token_endpoint) });
  const { access_token: token } = (await right.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  expect((await ask(simulator, 'GET', 'Patient', undefined, headers)).status).toBe(200);
});
