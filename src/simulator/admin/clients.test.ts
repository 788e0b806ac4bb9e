import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Behaviour, createSimulator, type ProfileName, type Simulator, switches } from '../index.ts';
import { Application, call, type Json } from '../testing/application.ts';
import { landing, Person } from '../testing/person.ts';

const redirectUri = 'http://127.0.0.1:9/back';
let hospital: Simulator;
let application: Application;
let now: number;

beforeEach(async () => {
  now = Date.now() + 30_000;
  application = await Application.open('ES384');
  await open();
});
afterEach(async () => {
  await hospital.close();
  await application.close();
});

async function open(profile?: ProfileName, behaviour: Partial<Behaviour> = {}): Promise<void> {
  await hospital?.close();
  hospital = await createSimulator({
    patients: 4,
    eventsPerMinute: 0,
    behaviour,
    wall: { now: () => now, after: () => () => undefined },
    ...(profile ? { profile } : {}),
  });
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
function sendForm(path: string, fields: Record<string, string>, site = 'same-origin'): Promise<Response> {
  return fetch(`${hospital.adminUrl}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'sec-fetch-site': site, accept: 'text/html' },
    body: new URLSearchParams(fields),
  });
}
const backend = () => ({ clientId: application.clientId, jwksUrl: application.jwksUrl });

describe('a client is put on record', () => {
  test('by the API; with a secret that is told once', async () => {
    const { status, body } = await admin('POST', '/clients', {
      name: 'Portal app',
      usedBy: 'patients',
      redirectUris: [redirectUri],
      confidential: true,
    });
    expect([status, body.hasSecret, body.public, body.arrived]).toEqual([200, true, false, true]);
    expect(body.secret.length).toBeGreaterThan(40);
    const { body: later } = await admin('GET', `/clients/${body.clientId}`);
    expect(JSON.stringify(later)).not.toContain(body.secret);
    expect(later).not.toHaveProperty('secretDigest');
    const code = await new Person(hospital).consent(
      new Person(hospital).authorizeUrl({ client_id: body.clientId, redirect_uri: redirectUri }),
      'PORTAL1',
    );
    const exchanged = await fetch(hospital.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        client_id: body.clientId,
        client_secret: body.secret,
      }),
    });
    expect(exchanged.status).toBe(200);
  });

  test('by the page, as a newcomer does; what was filled in stays when it has to be mended', async () => {
    const wrong = await sendForm('/clients/register', {
      name: 'My <b>app</b>',
      usedBy: 'backend',
      everyApi: 'on',
    });
    const text = await wrong.text();
    expect([wrong.status, text.includes('give the URL of its JWK Set')]).toEqual([400, true]);
    expect(text).toContain('value="My &lt;b&gt;app&lt;/b&gt;"');
    const right = await sendForm('/clients/register', {
      name: 'My app',
      clientId: application.clientId,
      usedBy: 'backend',
      jwksUrl: application.jwksUrl,
      api: 'Patient.Read',
    });
    expect(await right.text()).toContain(`<code id="client-id">${application.clientId}</code>`);
    const answer = (await (await application.ask(hospital)).json()) as Json;
    expect(answer.scope).toBe('system/Patient.r');
    const id = hospital.patients()[0]?.id;
    expect((await call(hospital, answer.access_token, `Patient/${id}`)).status).toBe(200);
    const refused = await fetch(`${hospital.fhirBase}/Appointment?patient=${id}`, {
      headers: { authorization: `Bearer ${answer.access_token}` },
    });
    expect([refused.status, await refused.text()]).toEqual([403, '']);
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_scope');
  });

  test('and the record takes a while to arrive where it does at Epic', async () => {
    await open(undefined, { clientSyncSeconds: 3600 });
    expect((await admin('POST', '/clients', backend())).body.arrived).toBe(false);
    expect((await application.ask(hospital)).status).toBe(400);
    now += 3_600_000;
    hospital.addFault({ kind: 'clock-skew', seconds: -3_600 + 30 });
    expect((await admin('GET', '/clients')).body[0].arrived).toBe(false);
    hospital.clearFaults();
    expect((await admin('GET', '/clients')).body[0].arrived).toBe(true);
  });

  test('and goes off it again, its tokens with it', async () => {
    await admin('POST', '/clients', backend());
    const token = await application.token(hospital);
    const path = `Patient/${hospital.patients()[0]?.id}`;
    expect((await call(hospital, token, path)).status).toBe(200);
    expect((await admin('DELETE', `/clients/${application.clientId}`)).body).toEqual({ removed: true });
    expect((await call(hospital, token, path)).status).toBe(401);
    expect((await application.ask(hospital)).status).toBe(400);
    expect((await admin('DELETE', `/clients/${application.clientId}`)).status).toBe(404);
  });

  test.each([
    [{}, 'give the URL of its JWK Set'],
    [{ jwksUrl: 'nowhere' }, 'jwksUrl must be an absolute URL'],
    [{ usedBy: 'patients' }, 'give it a redirect URI'],
    [{ redirectUris: ['https://app.example/back#part'] }, 'without a fragment'],
    [{ redirectUris: ['back'] }, 'must be an absolute URL'],
    [{ usedBy: 'robots' }, 'usedBy must be one of'],
    [{ jwksUrl: 'http://127.0.0.1:9/', scopes: ['everything'] }, 'neither a scope nor an API'],
  ])('unless something is wrong with it: %j', async (details, words) => {
    const { status, body } = await admin('POST', '/clients', details);
    expect([status, body.error]).toEqual([400, expect.stringContaining(words)]);
  });

  test('never by a page of another site', async () => {
    const response = await sendForm('/clients/register', { ...backend(), everyApi: 'on' }, 'cross-site');
    expect(response.status).toBe(400);
    expect((await admin('GET', '/clients')).body).toEqual([]);
  });
});

test('an API that is taken from a record is gone for tokens that are in use', async () => {
  await admin('POST', '/clients', backend());
  const token = await application.token(hospital);
  const path = `Patient/${hospital.patients()[0]?.id}`;
  expect((await call(hospital, token, path)).status).toBe(200);
  await admin('POST', '/clients', { ...backend(), scopes: ['Appointment.Read'] });
  const refused = await fetch(`${hospital.fhirBase}/${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(refused.status).toBe(403);
});

test('a production hospital maps a background user by hand, and can take it away', async () => {
  await open('prod-2025-11');
  await admin('POST', '/clients', backend());
  const error = async () => ((await (await application.ask(hospital)).json()) as Json).error;
  expect(await error()).toBe('unauthorized_client');
  const map = (mapped: string) => sendForm(`/clients/${application.clientId}/background-user`, { mapped });
  expect((await map('true')).status).toBe(303);
  expect(await error()).toBeUndefined();
  await map('false');
  expect(await error()).toBe('unauthorized_client');
});

test('keys are handed over by hand only where the release still takes them', async () => {
  const { keys } = (await (await fetch(application.jwksUrl)).json()) as Json;
  const rsa = await Application.open('RS384');
  const handed = (await (await fetch(rsa.jwksUrl)).json()) as Json;
  await admin('POST', '/clients', { clientId: application.clientId, jwks: handed });
  expect((await rsa.ask(hospital)).status).toBe(400);
  hospital.setBehaviour({ staticKeys: true });
  expect((await rsa.ask(hospital)).status).toBe(200);
  // Elliptic curves need a JWK Set URL.
  await admin('POST', '/clients', { clientId: application.clientId, jwks: { keys } });
  expect((await application.ask(hospital)).status).toBe(400);
  await rsa.close();
});

test('an application is launched from a chart, as the EHR does', async () => {
  const clientId = 'in-the-ehr';
  await admin('POST', '/clients', {
    clientId,
    redirectUris: [redirectUri],
    launchUrl: 'http://127.0.0.1:9/start?kept=1',
  });
  const { body } = await admin('POST', '/launch', { clientId, patient: 'Z6102' });
  const url = new URL(body.url);
  expect(url.href.split('?')[0]).toBe('http://127.0.0.1:9/start');
  expect([url.searchParams.get('kept'), url.searchParams.get('iss')]).toEqual(['1', hospital.fhirBase]);
  const person = new Person(hospital);
  const back = await person.open(
    person.authorizeUrl({
      client_id: clientId,
      redirect_uri: redirectUri,
      launch: url.searchParams.get('launch') ?? '',
      scope: 'launch',
    }),
  );
  expect(landing(back).searchParams.has('code')).toBe(true);
  expect((await admin('POST', '/launch', { clientId, patient: 'nobody' })).status).toBe(400);
  expect((await admin('POST', '/launch', { clientId: 'nobody', patient: 'Z6101' })).status).toBe(404);
  const clicked = await sendForm(`/clients/${clientId}/launch`, { patient: 'Z6101' });
  expect(clicked.headers.get('location')).toContain('launch=');
});

describe('behaviour', () => {
  test('is shown with what each switch stands for, and changed while the hospital runs', async () => {
    const { body } = await admin('GET', '/behaviour');
    expect(body.profile).toBe('sandbox-2026-05');
    expect(body.switches).toHaveLength(Object.keys(switches).length);
    await admin('POST', '/clients', backend());
    await admin('POST', '/behaviour', { scopeSpelling: 'epic', accessTokenSeconds: 60 });
    const answer = (await (await application.ask(hospital)).json()) as Json;
    expect([answer.expires_in, answer.scope.split(' ')[0]]).toEqual([60, 'Patient.read']);
    expect((await admin('GET', '')).body.changedSwitches).toEqual(['scopeSpelling', 'accessTokenSeconds']);
    expect((await admin('POST', '/behaviour', { scopeSpelling: 'v9' })).status).toBe(400);
    expect((await admin('POST', '/behaviour', { hurry: true })).body.error).toContain('hurry is no switch');
  });

  test('of another profile is taken on as a whole', async () => {
    await admin('POST', '/behaviour', { pageSize: 7 });
    const { body } = await admin('POST', '/profile', { profile: 'legacy-2022' });
    expect([body.profile, body.changed]).toEqual(['legacy-2022', []]);
    expect(hospital.behaviour).toMatchObject({ pkce: 'ignored', pageSize: 1000 });
    expect((await admin('POST', '/profile', { profile: 'other' })).status).toBe(400);
    expect((await admin('GET', '/profile')).body.profiles).toHaveLength(6);
  });

  test('is set on its page, and a value that cannot be is said so on a page', async () => {
    expect(
      (await sendForm('/behaviour/set', { name: 'audiences', value: 'https://a.example, https://b.example' }))
        .status,
    ).toBe(303);
    expect(hospital.behaviour.audiences).toEqual(['https://a.example', 'https://b.example']);
    await sendForm('/behaviour/set', { name: 'twoFactor', value: 'true' });
    expect(hospital.behaviour.twoFactor).toBe(true);
    const wrong = await sendForm('/behaviour/set', { name: 'pageSize', value: 'many' });
    expect([wrong.status, (await wrong.text()).includes('pageSize must be a whole number')]).toEqual([
      400,
      true,
    ]);
    expect((await sendForm('/profile/choose', { profile: 'strict-proxy' })).status).toBe(303);
    expect(hospital.behaviour.requestsPerSecond).toBe(10);
  });
});

test('strict-proxy: assertions name the audience that the proxy knows', async () => {
  await open('strict-proxy');
  hospital.addClient({ ...backend(), backgroundUser: true });
  expect((await application.ask(hospital)).status).toBe(400);
  const aud = 'https://interconnect.larkfield.example/oauth2/token';
  expect((await application.ask(hospital, await application.assertion(hospital, { aud }))).status).toBe(200);
});

test('legacy-2022: a jti may be a number, no null beside an error that has no words', async () => {
  await open('legacy-2022', { tokenErrorDescription: 'absent' });
  hospital.addClient({ ...backend(), backgroundUser: true });
  const assertion = await application.assertion(hospital, { jti: 7 as unknown as string });
  const answer = (await (await application.ask(hospital, assertion)).json()) as Json;
  expect([answer.token_type, answer.access_token.length]).toEqual(['bearer', 64]);
  expect(await (await application.ask(hospital, assertion)).json()).toEqual({ error: 'invalid_client' });
});

test('the page of the hospital moves its clock and breaks things', async () => {
  const home = async () => (await fetch(hospital.adminUrl, { headers: { accept: 'text/html,*/*' } })).text();
  expect(await home()).toContain('Larkfield General Hospital');
  const before = hospital.now();
  await sendForm('/clock/form', { do: 'step', minutes: '60' });
  expect(hospital.now()).toBe(before + 3_600_000);
  await sendForm('/clock/form', { do: 'speed', speed: '60' });
  await sendForm('/clock/form', { do: 'start' });
  expect((await admin('GET', '')).body.clock).toMatchObject({ running: true, speed: 60 });
  await sendForm('/clock/form', { do: 'stop' });
  await sendForm('/faults/form', { do: 'storm' });
  expect((await fetch(`${hospital.fhirBase}/metadata`)).status).toBe(429);
  expect(await home()).toContain('met 1 times');
  await sendForm('/faults/form', { do: 'clear' });
  expect((await fetch(`${hospital.fhirBase}/metadata`)).status).toBe(200);
  expect((await sendForm('/faults/form', { do: 'storm' }, 'cross-site')).status).toBe(400);
});
