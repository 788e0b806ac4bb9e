import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Behaviour, createSimulator, type Simulator } from '../index.ts';
import { Application, call } from '../testing/application.ts';
import { ask, landing, Person, proofKey } from '../testing/person.ts';

const redirectUri = 'http://127.0.0.1:9/Callback';
const secret = 's3cret/with+signs:and more';
const basic = (id: string, word: string) =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(word)}`).toString('base64')}`;

let hospital: Simulator;
let person: Person;
let now: number;

beforeEach(async () => {
  // A little ahead of assertions, which are made by the computer’s own clock.
  now = Date.now() + 30_000;
  hospital = await open();
});
afterEach(() => hospital.close());

async function open(behaviour: Partial<Behaviour> = {}): Promise<Simulator> {
  const opened = await createSimulator({
    patients: 6,
    eventsPerMinute: 0,
    behaviour,
    wall: { now: () => now, after: () => () => undefined },
    clients: [
      {
        clientId: 'portal-app',
        name: 'Step & Count',
        usedBy: 'patients',
        redirectUris: [redirectUri],
        secret,
      },
      { clientId: 'staff-app', redirectUris: [redirectUri], secret, launchUrl: 'http://127.0.0.1:9/launch' },
      { clientId: 'open-app', usedBy: 'patients', redirectUris: [redirectUri], dynamicClients: true },
    ],
  });
  person = new Person(opened);
  return opened;
}
async function again(behaviour: Partial<Behaviour>): Promise<void> {
  await hospital.close();
  hospital = await open(behaviour);
}
const authorizeUrl = (clientId: string, more: Record<string, string | undefined> = {}) =>
  person.authorizeUrl({ client_id: clientId, redirect_uri: redirectUri, ...more });
const exchange = (code: string, clientId: string, more: Record<string, string> = {}) =>
  ask(
    hospital,
    { grant_type: 'authorization_code', code, redirect_uri: redirectUri, ...more },
    clientId === 'open-app' ? undefined : basic(clientId, secret),
  );
const refresh = (token: string, clientId = 'portal-app') =>
  ask(hospital, { grant_type: 'refresh_token', refresh_token: token }, basic(clientId, secret));
const refused = (error: string) => ({ status: 400, body: { error, error_description: null } });

describe('a patient lets an application in', () => {
  test('by signing in and saying yes; the token opens that chart and tells who signed in', async () => {
    const { verifier, challenge } = proofKey();
    const address = authorizeUrl('portal-app', {
      scope: 'launch/patient openid fhirUser profile offline_access patient/Patient.rs',
      nonce: 'once',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    });
    const consent = await person.send(await person.open(address), {
      login: 'portal2',
      password: 'larkfield',
    });
    const page = await consent.text();
    const patient = hospital.patients()[1];
    expect(page).toContain('Step &amp; Count');
    expect(page).toContain(`the chart of ${patient?.given} `);
    expect(page).toContain('<li>Appointments</li>');

    const back = landing(await person.send(new Response(page), { decision: 'allow', duration: 'day' }));
    expect(back.href.split('?')[0]).toBe(redirectUri);
    expect(back.searchParams.get('state')).toBe('state of the test');
    const code = back.searchParams.get('code') as string;
    const { status, body } = await exchange(code, 'portal-app', { code_verifier: verifier });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      patient: patient?.id,
      need_patient_banner: 'true',
      state: 'state of the test',
      refresh_token: expect.any(String),
    });
    expect(body.access_token).toHaveLength(1052);
    expect(body['__epic.dstu2.patient']).toMatch(/^T.{45}$/);
    expect(body.scope.split(' ').slice(0, 5)).toEqual([
      'launch/patient',
      'openid',
      'fhirUser',
      'profile',
      'offline_access',
    ]);
    expect(body.scope).toContain('patient/Patient.r');
    expect((await call(hospital, body.access_token, `Patient/${patient?.id}`)).status).toBe(200);

    const keys = createRemoteJWKSet(
      new URL(`${hospital.url}/epic/api/epic/2019/Security/Open/PublicKeys/530027/OIDC`),
    );
    const { payload } = await jwtVerify(body.id_token, keys, {
      issuer: `${hospital.url}/epic/oauth2`,
      audience: 'portal-app',
      currentDate: new Date(now),
    });
    expect(payload).toMatchObject({
      sub: patient?.id,
      nonce: 'once',
      fhirUser: `${hospital.fhirBase}/Patient/${patient?.id}`,
      preferred_username: 'PORTAL2',
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(300);
    expect(decodeProtectedHeader(body.id_token).alg).toBe('RS256');
  });

  test('or says no', async () => {
    const consent = await person.send(await person.open(authorizeUrl('portal-app')), {
      login: 'PORTAL1',
      password: 'larkfield',
    });
    const back = landing(await person.send(consent, { decision: 'deny' }));
    expect(back.searchParams.get('error')).toBe('access_denied');
    expect(back.searchParams.get('state')).toBe('state of the test');
    expect(back.searchParams.has('code')).toBe(false);
  });

  test('or mistypes the password, is asked again, and gets there', async () => {
    const sent = await person.send(await person.open(authorizeUrl('portal-app')), {
      login: 'PORTAL1',
      password: 'guess',
    });
    expect(sent.status).toBe(200);
    const copy = sent.clone();
    expect(await sent.text()).toContain('do not go together');
    const consent = await person.send(copy, { login: 'PORTAL1', password: 'larkfield' });
    expect(landing(await person.send(consent, { decision: 'allow' })).searchParams.has('code')).toBe(true);
  });

  test('a proxy chooses a chart, and only one that was offered', async () => {
    const charts = hospital.patients();
    const begin = async () =>
      person.send(await person.open(authorizeUrl('portal-app')), { login: 'PROXY2', password: 'larkfield' });
    const foreign = await person.send(await begin(), { patient: charts[0]?.id ?? '' });
    expect(foreign.status).toBe(400);
    const consent = await person.send(await begin(), { patient: charts[3]?.id ?? '' });
    const back = landing(await person.send(consent, { decision: 'allow' }));
    const { body } = await exchange(back.searchParams.get('code') as string, 'portal-app');
    expect(body.patient).toBe(charts[3]?.id);
  });

  test('staff do not get into a portal, and patients not into an application for staff', async () => {
    const wrong = async (app: string, login: string) =>
      (await person.send(await person.open(authorizeUrl(app)), { login, password: 'larkfield' })).text();
    expect(await wrong('portal-app', 'FHIRTWO')).toContain('not for you');
    expect(await wrong('staff-app', 'PORTAL1')).toContain('not for you');
  });

  test('no page shows what was put into the address as HTML', async () => {
    await again({ loginHint: 'prefilled' });
    const page = await person.open(authorizeUrl('portal-app', { login_hint: '"><script>alert(1)</script>' }));
    const text = await page.text();
    expect(text).toContain('&lt;script&gt;');
    expect(text).not.toContain('<script>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});

describe('staff', () => {
  test('start an application from a chart: straight back, with everything that was open', async () => {
    hospital.happen({ kind: 'admit' });
    const [visit] = hospital.visits().filter(({ endedAt }) => !endedAt);
    const launch = hospital.launch({ csn: visit?.csn ?? '' });
    const address = authorizeUrl('staff-app', { launch, scope: 'launch openid fhirUser' });
    const code = landing(await person.open(address)).searchParams.get('code') as string;
    const { body } = await exchange(code, 'staff-app');
    expect(body).toMatchObject({
      patient: visit?.patientId,
      encounter: visit?.id,
      location: expect.any(String),
      loginDepartment: expect.any(String),
      need_patient_banner: 'false',
    });
    expect(body.scope).toContain('user/Patient.r');
    expect(body).not.toHaveProperty('refresh_token');
    const style = (await (await fetch(body.smart_style_url)).json()) as Record<string, string>;
    expect(style.color_background).toBe('#ffffff');
    // The launch is spent.
    const second = await person.open(address);
    expect([second.status, (await second.text()).includes('invalid_launch_token')]).toEqual([400, true]);
  });

  test('may be sent there by POST', async () => {
    const launch = hospital.launch({ patient: hospital.patients()[0]?.mrn ?? '' });
    const address = new URL(authorizeUrl('staff-app', { launch, scope: 'launch' }));
    const post = (body: URLSearchParams) =>
      fetch(hospital.authorizeUrl, { method: 'POST', redirect: 'manual', body });
    expect(landing(await post(address.searchParams)).searchParams.has('code')).toBe(true);
    const standalone = new URL(authorizeUrl('staff-app'));
    expect((await post(standalone.searchParams)).status).toBe(400);
    await again({ authorizePost: false });
    const late = new URL(
      authorizeUrl('staff-app', { launch: hospital.launch({ patient: 'Z6101' }), scope: 'launch' }),
    );
    expect((await post(late.searchParams)).status).toBe(400);
  });

  test('who start outside the EHR have no chart open', async () => {
    const code = await person.consent(
      authorizeUrl('staff-app', { scope: 'launch/patient openid fhirUser' }),
      'FHIRTWO',
    );
    const { body } = await exchange(code, 'staff-app');
    expect(body).not.toHaveProperty('patient');
    expect(body).not.toHaveProperty('encounter');
    expect((await call(hospital, body.access_token, `Patient/${hospital.patients()[4]?.id}`)).status).toBe(
      200,
    );
  });

  test('cannot launch what the hospital does not have', () => {
    expect(() => hospital.launch({ patient: 'nobody' })).toThrow('no patient has this id');
    expect(() => hospital.launch({ user: 'NOBODY', patient: 'Z6101' })).toThrow('no user signs in as NOBODY');
    expect(() => hospital.launch({})).toThrow('name a patient');
    hospital.happen({ kind: 'admit' });
    const [visit] = hospital.visits();
    const other = hospital.patients().find(({ id }) => id !== visit?.patientId);
    expect(() => hospital.launch({ patient: other?.id ?? '', csn: visit?.csn ?? '' })).toThrow(
      'another patient',
    );
  });
});

describe('an authorize request with a fault ends on a page of the hospital', () => {
  const faults: [string, Record<string, string | undefined>][] = [
    ['a client nobody knows', { client_id: 'nobody' }],
    ['another redirect address', { redirect_uri: 'http://127.0.0.1:9/elsewhere' }],
    ['the redirect address in other letters', { redirect_uri: redirectUri.toLowerCase() }],
    ['another response type', { response_type: 'token' }],
    ['no aud', { aud: undefined }],
    ['the aud of another hospital', { aud: 'https://other.example/api/FHIR/R4' }],
    ['a plain challenge', { code_challenge: proofKey().challenge, code_challenge_method: 'plain' }],
    ['a challenge without a method', { code_challenge: proofKey().challenge }],
    ['a launch without its scope', { launch: 'x', scope: 'openid' }],
  ];
  test.each(faults)('%s', async (_name, more) => {
    const response = await person.open(authorizeUrl('portal-app', more));
    expect(response.status).toBe(400);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.text()).toContain(
      'Something went wrong trying to authorize the client. Please try logging in again.',
    );
  });

  test('an address that is too long does not reach the hospital', async () => {
    const response = await person.open(authorizeUrl('portal-app', { state: 'x'.repeat(9_000) }));
    expect(response.status).toBe(404);
  });

  test('a page that was left too long', async () => {
    const page = await person.open(authorizeUrl('portal-app'));
    now += 16 * 60_000;
    expect((await person.send(page, { login: 'PORTAL1', password: 'larkfield' })).status).toBe(400);
  });

  test('a second factor stops everybody where the site wants one', async () => {
    await again({ twoFactor: true });
    const page = await person.send(await person.open(authorizeUrl('portal-app')), {
      login: 'PORTAL1',
      password: 'larkfield',
    });
    expect(await page.text()).toContain('A code was sent');
  });
});

describe('a code', () => {
  test('works once, also when it is sent twice at the same moment', async () => {
    const code = await person.consent(authorizeUrl('portal-app'), 'PORTAL1');
    const answers = await Promise.all([exchange(code, 'portal-app'), exchange(code, 'portal-app')]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    expect(answers.find(({ status }) => status === 400)).toEqual(refused('invalid_grant'));
  });

  test('is for one client, one redirect address and one verifier', async () => {
    const { verifier, challenge } = proofKey();
    const code = () =>
      person.consent(
        authorizeUrl('portal-app', { code_challenge: challenge, code_challenge_method: 'S256' }),
        'PORTAL1',
      );
    const proof = { code_verifier: verifier };
    expect(await exchange(await code(), 'staff-app', proof)).toEqual(refused('invalid_grant'));
    expect(await exchange(await code(), 'portal-app')).toEqual(refused('invalid_grant'));
    expect(await exchange(await code(), 'portal-app', { code_verifier: proofKey().verifier })).toEqual(
      refused('invalid_grant'),
    );
    expect(
      await exchange(await code(), 'portal-app', { ...proof, redirect_uri: `${redirectUri}/x` }),
    ).toEqual(refused('invalid_grant'));
    expect((await exchange(await code(), 'portal-app', proof)).status).toBe(200);
  });

  test('is over after five minutes', async () => {
    const code = await person.consent(authorizeUrl('portal-app'), 'PORTAL1');
    now += 301_000;
    expect(await exchange(code, 'portal-app')).toEqual(refused('invalid_grant'));
  });

  test('needs no verifier where PKCE is not known yet, and a public client needs one where it is a must', async () => {
    const { challenge } = proofKey();
    const asked = { code_challenge: challenge, code_challenge_method: 'S256' };
    await again({ pkce: 'ignored' });
    const code = await person.consent(authorizeUrl('portal-app', asked), 'PORTAL1');
    expect((await exchange(code, 'portal-app')).status).toBe(200);
    await again({ pkce: 'required' });
    expect((await person.open(authorizeUrl('open-app'))).status).toBe(400);
    expect((await person.open(authorizeUrl('open-app', asked))).status).toBe(200);
    expect((await person.open(authorizeUrl('portal-app'))).status).toBe(200);
  });
});

describe('a client proves itself', () => {
  test('by Basic or in the form, and not by a wrong secret or by nothing', async () => {
    const code = await person.consent(authorizeUrl('portal-app'), 'PORTAL1');
    const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri };
    expect(await ask(hospital, form, basic('portal-app', 'wrong'))).toEqual(refused('invalid_client'));
    expect(await ask(hospital, { ...form, client_id: 'portal-app' })).toEqual(refused('invalid_client'));
    expect(await ask(hospital, { ...form, client_id: 'nobody' })).toEqual(refused('invalid_client'));
    expect(
      await ask(
        hospital,
        { ...form, client_id: 'portal-app', client_secret: secret },
        basic('portal-app', secret),
      ),
    ).toEqual(refused('invalid_request'));
    // None of these has spent the code.
    expect((await ask(hospital, { ...form, client_id: 'portal-app', client_secret: secret })).status).toBe(
      200,
    );
  });

  test('by a signed assertion', async () => {
    const application = await Application.open('ES384');
    hospital.addClient({
      clientId: application.clientId,
      usedBy: 'patients',
      redirectUris: [redirectUri],
      jwksUrl: application.jwksUrl,
    });
    const code = await person.consent(authorizeUrl(application.clientId), 'PORTAL1');
    const { status, body } = await ask(hospital, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirectUri,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await application.assertion(hospital),
    });
    expect([status, typeof body.refresh_token]).toEqual([200, 'string']);
    // People sign in to it, so it is no backend.
    expect((await application.ask(hospital)).status).toBe(400);
    await application.close();
  });

  test('or is public, and then gets nothing that lasts', async () => {
    const code = await person.consent(authorizeUrl('open-app'), 'PORTAL1');
    const { status, body } = await exchange(code, 'open-app', { client_id: 'open-app' });
    expect([status, body.refresh_token]).toEqual([200, undefined]);
    expect(body.scope).not.toContain('offline_access');
  });
});

describe('access that lasts', () => {
  const lasting = async (duration: string) => {
    const code = await person.consent(authorizeUrl('portal-app'), 'PORTAL1', duration);
    return (await exchange(code, 'portal-app')).body.refresh_token as string;
  };
  const day = 86_400_000;

  test('is renewed without the person, for as long as they said', async () => {
    const token = await lasting('day');
    now += day / 2;
    const { status, body } = await refresh(token);
    expect([status, body.refresh_token, typeof body.patient]).toEqual([200, undefined, 'string']);
    expect((await call(hospital, body.access_token, `Patient/${body.patient}`)).status).toBe(200);
    // Past the first end, and not past one that would have moved.
    now += day * 0.75;
    expect(await refresh(token)).toEqual(refused('invalid_grant'));
  });

  test('moves its end where the site has it so', async () => {
    await again({ persistentAccess: 'indefinite' });
    const token = await lasting('day');
    for (let days = 0; days < 5; days += 1) {
      now += day - 1000;
      expect((await refresh(token)).status).toBe(200);
    }
  });

  test('may change its token each time', async () => {
    await again({ refreshTokenAnew: true });
    const token = await lasting('day');
    const next = (await refresh(token)).body.refresh_token as string;
    expect(next).not.toBe(token);
    expect(await refresh(token)).toEqual(refused('invalid_grant'));
    now += day;
    expect(await refresh(next)).toEqual(refused('invalid_grant'));
  });

  test('is of one client', async () => {
    expect(await refresh(await lasting('day'), 'staff-app')).toEqual(refused('invalid_grant'));
  });

  test('is not given to those who do not ask; online_access gives it without showing it', async () => {
    const asking = async (scope: string) => {
      const code = await person.consent(authorizeUrl('portal-app', { scope }), 'PORTAL1');
      return (await exchange(code, 'portal-app')).body;
    };
    expect(await asking('openid')).not.toHaveProperty('refresh_token');
    const online = await asking('online_access');
    expect(typeof online.refresh_token).toBe('string');
    expect(online.scope).not.toContain('_access');
    await again({ onlineAccess: 'nothing' });
    expect(await asking('online_access')).not.toHaveProperty('refresh_token');
  });
});

describe('an instance of an application registers itself', () => {
  async function register(token: string, body: unknown) {
    const response = await fetch(`${hospital.url}/epic/oauth2/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, string> };
  }
  const letIn = async () => {
    const code = await person.consent(authorizeUrl('open-app'), 'PORTAL3');
    return (await exchange(code, 'open-app', { client_id: 'open-app' })).body.access_token as string;
  };

  test('with its own key, once, and signs for itself from then on', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const wanted = {
      software_id: 'open-app',
      jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] },
    };
    const token = await letIn();
    const { status, body } = await register(token, wanted);
    expect(status).toBe(201);
    expect(body).toMatchObject({ token_endpoint_auth_method: 'none', software_id: 'open-app' });
    expect(body.client_id).toMatch(/^G/);
    expect((await register(token, wanted)).status).toBe(401);

    const signed = (jti: string) =>
      new SignJWT({ jti, sub: body.client_id as string })
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(body.client_id as string)
        .setAudience(hospital.tokenUrl)
        .setExpirationTime(Math.floor(now / 1000) + 240)
        .sign(privateKey);
    const bearer = async (jti: string) =>
      ask(hospital, {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        client_id: body.client_id as string,
        assertion: await signed(jti),
      });
    const granted = await bearer('first');
    expect(granted.status).toBe(200);
    expect(granted.body.patient).toBe(hospital.patients()[2]?.id);
    expect(await bearer('first')).toEqual(refused('invalid_client'));
    now += 91 * 86_400_000;
    expect(await bearer('second')).toEqual(refused('invalid_grant'));
  });

  test('not with a token of somebody else, without keys, or with the private half', async () => {
    const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
    const keys = { keys: [await exportJWK(publicKey)] };
    expect((await register('unknown', { software_id: 'open-app', jwks: keys })).status).toBe(401);
    const token = await letIn();
    expect((await register(token, { software_id: 'portal-app', jwks: keys })).status).toBe(401);
    expect(await register(token, { software_id: 'open-app' })).toEqual(refused('invalid_client_metadata'));
    const secretKeys = { keys: [await exportJWK(privateKey)] };
    expect(await register(token, { software_id: 'open-app', jwks: secretKeys })).toEqual(
      refused('invalid_client_metadata'),
    );
  });
});

test('discovery says what Epic says, and less where the release is old', async () => {
  const read = async () =>
    (await (await fetch(`${hospital.fhirBase}/.well-known/smart-configuration`)).json()) as Record<
      string,
      unknown
    >;
  const found = await read();
  expect(found).toMatchObject({
    authorization_endpoint: hospital.authorizeUrl,
    token_endpoint: hospital.tokenUrl,
    code_challenge_methods_supported: ['S256'],
  });
  expect(found.capabilities).toContain('client-confidential-asymmetric');
  expect(found).not.toHaveProperty('introspection_endpoint');
  expect(found).not.toHaveProperty('registration_endpoint');
  await again({ pkce: 'ignored' });
  expect(await read()).not.toHaveProperty('code_challenge_methods_supported');
});
