import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Behaviour, createSimulator, type Fault, type Simulator } from '../index.ts';
import { Application, call, type Json } from '../testing/application.ts';
import { ask, Person } from '../testing/person.ts';
import { fieldsOf, Receiver } from '../testing/receiver.ts';

const redirectUri = 'http://127.0.0.1:9/back';
let hospital: Simulator;
let application: Application;
let token: string;
let patient: string;
let now: number;

beforeEach(async () => {
  // A little ahead of assertions, which are made by the computer’s own clock.
  now = Date.now() + 30_000;
  application = await Application.open('ES384');
  await open();
});
afterEach(async () => {
  await hospital.close();
  await application.close();
});

async function open(behaviour: Partial<Behaviour> = {}): Promise<void> {
  hospital = await createSimulator({
    seed: 'faults',
    patients: 4,
    eventsPerMinute: 0,
    behaviour,
    wall: { now: () => now, after: () => () => undefined },
    clients: [
      { clientId: application.clientId, jwksUrl: application.jwksUrl },
      { clientId: 'portal-app', usedBy: 'patients', redirectUris: [redirectUri], secret: 'secret' },
    ],
  });
  patient = `Patient/${hospital.patients()[0]?.id}`;
  token = await application.token(hospital);
}

function read(path = patient, accept = 'application/fhir+json'): Promise<Response> {
  return fetch(`${hospital.fhirBase}/${path}`, { headers: { authorization: `Bearer ${token}`, accept } });
}
async function admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${hospital.adminUrl}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('faults wait for the requests they are for', () => {
  test('by path, type, method and count; then they are gone', async () => {
    const added = await admin('POST', '/faults', {
      kind: 'status',
      status: 429,
      type: 'Patient',
      method: 'get',
      count: 2,
    });
    expect(added.body).toMatchObject({ id: 1, met: 0, count: 2 });
    expect((await read('metadata')).status).toBe(200);
    expect((await application.ask(hospital)).status).toBe(200);
    expect((await read()).status).toBe(429);
    expect((await admin('GET', '/faults')).body).toMatchObject([{ id: 1, met: 1, count: 1 }]);
    expect((await read()).status).toBe(429);
    expect((await read()).status).toBe(200);
    expect((await admin('GET', '/faults')).body).toEqual([]);
  });

  test('until they are cleared, one or all', async () => {
    const { id } = hospital.addFault({ kind: 'status', status: 503 });
    hospital.addFault({ kind: 'truncated' });
    expect((await read()).status).toBe(503);
    expect((await admin('DELETE', `/faults/${id}`)).body).toHaveLength(1);
    expect((await admin('DELETE', `/faults/${id}`)).status).toBe(404);
    expect((await admin('DELETE', '/faults')).body).toEqual([]);
    expect((await (await read()).json()).resourceType).toBe('Patient');
  });

  test('by chance, and the same chance for the same seed', async () => {
    const pattern = async () => {
      hospital.addFault({ kind: 'status', status: 500, probability: 0.5 });
      const statuses: number[] = [];
      for (let count = 0; count < 24; count += 1) statuses.push((await read('metadata')).status);
      return statuses;
    };
    const first = await pattern();
    expect(new Set(first)).toEqual(new Set([200, 500]));
    await hospital.close();
    await open();
    expect(await pattern()).toEqual(first);
  });

  test.each([
    [{ kind: 'rain' }, 'kind must be one of latency'],
    [{ kind: 'status' }, 'status needs status'],
    [{ kind: 'status', status: 200 }, 'status of status is not a value'],
    [{ kind: 'reset', status: 500 }, 'reset has no field status'],
    [{ kind: 'reset', probability: 2 }, 'probability of reset'],
    [{ kind: 'foreign-next', origin: 'nowhere' }, 'origin of foreign-next'],
  ])('what is no fault is refused: %j', async (fault, words) => {
    const { status, body } = await admin('POST', '/faults', fault);
    expect([status, body.error]).toEqual([400, expect.stringContaining(words)]);
    expect(() => hospital.addFault(fault as Fault)).toThrow(words);
  });
});

describe('what can go wrong', () => {
  test('429 with Retry-After in seconds, as a date, or without', async () => {
    const retryAfter = async (more: Partial<Fault & { retryAfter: string }>) => {
      hospital.addFault({ kind: 'status', status: 429, count: 1, ...more } as Fault);
      const response = await read();
      expect([response.status, response.headers.get('content-type')]).toEqual([429, 'text/html']);
      return response.headers.get('retry-after');
    };
    expect(await retryAfter({ retryAfterSeconds: 7 } as never)).toBe('7');
    expect(await retryAfter({ retryAfterSeconds: 60, retryAfter: 'date' } as never)).toBe(
      new Date(now + 60_000).toUTCString(),
    );
    expect(await retryAfter({})).toBeNull();
  });

  test('a connection that is reset, before anything was done or after all of it', async () => {
    hospital.addFault({ kind: 'reset', count: 1 });
    await expect(application.ask(hospital)).rejects.toThrow();
    hospital.addFault({ kind: 'lost-reply', count: 1 });
    const assertion = await application.assertion(hospital);
    await expect(application.ask(hospital, assertion)).rejects.toThrow();
    // The first was never seen; the second was worked on to the end: its assertion is spent.
    expect((await application.ask(hospital, assertion)).status).toBe(400);
    await expect
      .poll(() => hospital.requests({ path: 'token' }).map(({ status, faults }) => [status, faults]))
      .toEqual([
        [200, undefined],
        [0, ['reset']],
        [200, ['lost-reply']],
        [400, undefined],
      ]);
  });

  test('a sign-in page with 200, JSON that ends in the middle, XML in place of JSON', async () => {
    hospital.addFault({ kind: 'login-page', count: 1 });
    const page = await read();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('<form');
    hospital.addFault({ kind: 'truncated', count: 1 });
    const cut = await (await read()).text();
    expect(cut).toMatch(/^\{"resourceType":"Patient"/);
    expect(() => JSON.parse(cut)).toThrow();
    for (const path of [patient, `${patient}?_format=json`]) {
      hospital.addFault({ kind: 'xml', count: 1 });
      const xml = await read(path);
      expect(xml.headers.get('content-type')).toContain('application/fhir+xml');
      expect(await xml.text()).toContain('<Patient');
    }
    expect(hospital.requests().at(-1)?.accept).toBe('application/fhir+json');
  });

  test('a next link to another host', async () => {
    await hospital.close();
    await open({ pageSize: 1 });
    hospital.addFault({ kind: 'foreign-next', origin: 'http://elsewhere.example:8080' });
    const appointments = hospital.appointments().map(({ patientId }) => patientId);
    const busy = appointments.find((id, index) => appointments.indexOf(id) !== index);
    const { body } = await call(hospital, token, `Appointment?patient=${busy}`);
    const next = body.link.find((link: Json) => link.relation === 'next').url;
    expect(next).toMatch(/^http:\/\/elsewhere\.example:8080\/epic\/api\/FHIR\/R4\/Appointment\?sessionID=/);
  });

  test('a code that nobody has seen before, in FHIR and in HL7', async () => {
    const strange = { kind: 'unknown-code', code: 'Z9', display: 'New' } as const;
    hospital.addFault({ ...strange, type: 'Appointment', element: 'serviceType' });
    hospital.addFault({ ...strange, type: 'Patient', element: 'gender', code: 'zz' });
    const { body: visit } = await call(hospital, token, `Appointment/${hospital.appointments()[0]?.id}`);
    expect(visit.serviceType[0].coding[0]).toMatchObject({ code: 'Z9', display: 'New' });
    const { body } = await call(hospital, token, patient);
    expect(body.gender).toBe('zz');

    const receiver = await Receiver.open();
    await hospital.close();
    hospital = await createSimulator({
      eventsPerMinute: 0,
      feeds: [{ name: 'adt', port: receiver.port, kinds: ['ADT'] }],
    });
    hospital.addFault({ kind: 'unknown-code', segment: 'PV1', field: 2, code: 'QX', count: 1 });
    hospital.happen({ kind: 'admit' });
    hospital.happen({ kind: 'admit' });
    await hospital.settled();
    const classes = receiver.messages.map((message) => fieldsOf(message, 'PV1')[2]);
    expect(classes[0]).toBe('QX');
    expect(classes[1]).not.toBe('QX');
    await receiver.close();
  });

  test('a clock that is wrong: in the Date header, and for assertions and tokens', async () => {
    hospital.addFault({ kind: 'clock-skew', seconds: 400 });
    expect((await read('metadata')).headers.get('date')).toBe(new Date(now + 400_000).toUTCString());
    expect((await application.ask(hospital)).status).toBe(400);
    hospital.clearFaults();
    expect((await application.ask(hospital)).status).toBe(200);
  });

  test('answers that come late: at least as late as was said, between two bounds, or with a long tail', async () => {
    const times = async (fault: Fault) => {
      hospital.addFault(fault);
      for (let count = 0; count < 8; count += 1) await read('metadata');
      hospital.clearFaults();
      return hospital
        .requests({ path: 'metadata' })
        .slice(-8)
        .map(({ milliseconds }) => milliseconds);
    };
    // Timers may be a millisecond early by the finer clock.
    for (const each of await times({ kind: 'latency', milliseconds: 20 }))
      expect(each).toBeGreaterThanOrEqual(18);
    const spread = await times({ kind: 'latency', milliseconds: 10, upTo: 30 });
    for (const each of spread) expect(each).toBeGreaterThanOrEqual(8);
    expect(new Set(spread).size).toBeGreaterThan(2);
    const tail = await times({ kind: 'latency', milliseconds: 4, upTo: 40, spread: 'long-tail' });
    expect(new Set(tail).size).toBeGreaterThan(1);
  });
});

test('a gateway lets so many requests through in a second', async () => {
  await hospital.close();
  await open({ requestsPerSecond: 5, gatewayStatus: '503', retryAfter: 'date' });
  now += 1_000;
  const answers = await Promise.all(Array.from({ length: 8 }, () => read('metadata')));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 503, 503, 503]);
  const refused = answers.find(({ status }) => status === 503);
  expect(refused?.headers.get('retry-after')).toBe(new Date(now + 1_000).toUTCString());
  now += 400;
  expect((await read('metadata')).status).toBe(200);
});

describe('what is done at once', () => {
  const form = (fields: Record<string, string>) =>
    ask(hospital, { client_id: 'portal-app', client_secret: 'secret', ...fields });
  async function signIn(): Promise<Json> {
    const person = new Person(hospital);
    const code = await person.consent(
      person.authorizeUrl({
        client_id: 'portal-app',
        redirect_uri: redirectUri,
        scope: 'openid offline_access',
      }),
      'PORTAL1',
    );
    return (await form({ grant_type: 'authorization_code', code, redirect_uri: redirectUri })).body;
  }
  const refresh = (word: string) => form({ grant_type: 'refresh_token', refresh_token: word });

  test('access tokens expire, and can be had again', async () => {
    const { refresh_token: word } = await signIn();
    expect((await admin('POST', '/actions', { action: 'expire-access-tokens' })).body).toEqual({
      changed: 2,
    });
    expect((await read()).status).toBe(401);
    expect((await refresh(word)).status).toBe(200);
    expect((await application.ask(hospital)).status).toBe(200);
  });

  test('a client is revoked, and others are not', async () => {
    const { refresh_token: word, access_token: theirs } = await signIn();
    expect(await hospital.act({ action: 'revoke', clientId: 'portal-app' })).toBe(2);
    expect((await call(hospital, token, patient)).status).toBe(200);
    expect(
      (await fetch(`${hospital.fhirBase}/${patient}`, { headers: { authorization: `Bearer ${theirs}` } }))
        .status,
    ).toBe(401);
    expect((await refresh(word)).body.error).toBe('invalid_grant');
    expect((await admin('POST', '/actions', { action: 'revoke', clientId: 'nobody' })).status).toBe(404);
  });

  test('the hospital signs with another key, with or without a time in which both are published', async () => {
    const address = new URL(`${hospital.url}/epic/api/epic/2019/Security/Open/PublicKeys/530027/OIDC`);
    const holds = async (idToken: string) =>
      jwtVerify(idToken, createRemoteJWKSet(address), { currentDate: new Date(now) }).then(
        () => true,
        () => false,
      );
    const { id_token: first } = await signIn();
    await hospital.act({ action: 'rotate-keys', keepEarlier: true });
    const { id_token: second } = await signIn();
    expect([await holds(first), await holds(second)]).toEqual([true, true]);
    await admin('POST', '/actions', { action: 'rotate-keys' });
    expect([await holds(first), await holds(second)]).toEqual([false, false]);
  });

  test('the keys of clients are forgotten', async () => {
    const before = application.fetches;
    await application.ask(hospital);
    expect(application.fetches).toBe(before);
    expect(await hospital.act({ action: 'forget-client-keys' })).toBe(1);
    await application.ask(hospital);
    expect(application.fetches).toBe(before + 1);
  });

  test('a feed goes silent though it is connected, then sends all; or it loses what it is given', async () => {
    const receiver = await Receiver.open();
    const other = await Receiver.open();
    await hospital.close();
    hospital = await createSimulator({
      eventsPerMinute: 0,
      feeds: [
        { name: 'siu', port: receiver.port, kinds: ['SIU'], firstPauseMs: 1 },
        { name: 'other', port: other.port, kinds: ['SIU'], firstPauseMs: 1 },
      ],
    });
    hospital.happen({ kind: 'book' });
    await hospital.settled();
    await hospital.act({ action: 'feed', name: 'siu', mode: 'silent' });
    hospital.happen({ kind: 'book' });
    hospital.happen({ kind: 'book' });
    // What the one holds back has reached the other.
    await other.received(3);
    expect(hospital.feeds()[0]).toMatchObject({ connected: true, hushed: 'silent', queued: 2 });
    expect(receiver.messages).toHaveLength(1);
    await hospital.act({ action: 'feed', mode: 'running' });
    await hospital.settled();
    expect(receiver.messages).toHaveLength(3);
    await hospital.act({ action: 'feed', mode: 'losing' });
    hospital.happen({ kind: 'book' });
    expect(hospital.feeds()[0]).toMatchObject({ queued: 0, thrownAway: 1 });
    await hospital.act({ action: 'feed', mode: 'stopped' });
    hospital.happen({ kind: 'book' });
    expect(hospital.feeds()[0]).toMatchObject({ running: false, queued: 1 });
    await hospital.act({ action: 'feed', mode: 'running' });
    await hospital.settled();
    expect(receiver.messages).toHaveLength(4);
    await receiver.close();
    await other.close();
  });

  test('what cannot be done is refused in words', async () => {
    const words = async (body: unknown) => (await admin('POST', '/actions', body)).body.error;
    expect(await words({ action: 'dance' })).toContain('action must be one of expire-access-tokens');
    expect(await words({ action: 'feed', mode: 'loud' })).toContain('mode must be one of running');
    expect(await words({ action: 'feed', mode: 'silent', name: 'nobody' })).toBe('no feed has this name');
  });
});

test('each request is on record with whose it was and what it met, and can be looked for', async () => {
  await read();
  hospital.addFault({ kind: 'status', status: 503, count: 1 });
  await read('Patient?_id=x');
  const { body } = await admin('GET', '/requests?path=Patient');
  expect(body).toMatchObject([
    { method: 'GET', status: 200, clientId: 'care-app', accept: 'application/fhir+json' },
    { path: '/epic/api/FHIR/R4/Patient', query: '_id=x', status: 503, faults: ['status'] },
  ]);
  expect((await admin('GET', `/requests?after=${body[0].number}`)).body).toHaveLength(1);
  expect((await admin('GET', '/requests?status=503')).body).toHaveLength(1);
  expect((await admin('GET', '/requests?method=post')).body).toHaveLength(1);
  expect((await admin('GET', '/requests?status=x')).status).toBe(400);
  expect((await admin('DELETE', '/requests')).body).toEqual([]);
  expect(hospital.requests()).toEqual([]);
});
