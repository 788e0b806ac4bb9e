import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ClientOptions, createSimulator, type Simulator } from '../index.ts';
import { Application } from '../testing/application.ts';

let application: Application;
let hospital: Simulator;

beforeEach(async () => {
  application = await Application.open();
  hospital = await createSimulator({ patients: 3, eventsPerMinute: 0, clients: [client()] });
});
afterEach(async () => {
  await hospital.close();
  await application.close();
});

function client(more: Partial<ClientOptions> = {}): ClientOptions {
  return { clientId: application.clientId, jwksUrl: application.jwksUrl, ...more };
}

async function refusal(response: Response | Promise<Response>): Promise<unknown> {
  const answer = await response;
  return { status: answer.status, body: await answer.json() };
}
const invalidClient = { status: 400, body: { error: 'invalid_client', error_description: null } };
const invalidRequest = { status: 400, body: { error: 'invalid_request', error_description: null } };

describe('a good assertion', () => {
  test('gets a bearer token, its lifetime and every scope on the record, whatever was asked', async () => {
    hospital.addClient(
      client({ scopes: ['system/Patient.read', 'Appointment.Search', 'system/Encounter.s'] }),
    );
    const answer = await (await application.ask(hospital)).json();
    expect(answer).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect((answer as { access_token: string }).access_token).toHaveLength(1052);
    expect((answer as { scope: string }).scope).toBe(
      'system/Patient.r system/Patient.s system/Appointment.s system/Encounter.s',
    );
  });

  test.each(['RS256', 'RS512', 'ES256', 'ES384'])('may be signed with %s', async (algorithm) => {
    const other = await Application.open(algorithm);
    hospital.addClient(client({ jwksUrl: other.jwksUrl }));
    expect((await other.ask(hospital)).status).toBe(200);
    await other.close();
  });

  test('gives another token each time, also for calls at the same moment', async () => {
    const tokens = await Promise.all(Array.from({ length: 5 }, () => application.token(hospital)));
    expect(new Set(tokens).size).toBe(5);
  });

  test('needs no kid, also when several keys are published', async () => {
    await application.rotate(true);
    const assertion = await application.assertion(hospital, {}, { kid: undefined });
    expect((await application.ask(hospital, assertion)).status).toBe(200);
  });

  test('may name another audience when the site allows it', async () => {
    await hospital.close();
    hospital = await createSimulator({
      patients: 1,
      clients: [client()],
      behaviour: { audiences: ['https://outside.example/token'] },
    });
    const assertion = await application.assertion(hospital, { aud: 'https://outside.example/token' });
    expect((await application.ask(hospital, assertion)).status).toBe(200);
  });
});

describe('a bad assertion is invalid_client, with no hint', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const faults: [string, () => Record<string, unknown>][] = [
    ['issued by somebody else', () => ({ iss: 'other' })],
    ['about somebody else', () => ({ sub: 'other' })],
    ['for another audience', () => ({ aud: 'https://other.example/token' })],
    ['without a jti', () => ({ jti: undefined })],
    ['with a jti that is a number', () => ({ jti: 7 })],
    ['with a jti of 152 characters', () => ({ jti: 'x'.repeat(152) })],
    ['without exp', () => ({ exp: undefined })],
    ['that has expired', () => ({ exp: now() - 1, iat: now() - 60, nbf: now() - 60 })],
    ['that lives too long', () => ({ exp: now() + 400, iat: undefined, nbf: undefined })],
    ['issued in the future', () => ({ iat: now() + 60 })],
    ['not valid yet', () => ({ nbf: now() + 60 })],
    ['with more than five minutes from iat to exp', () => ({ iat: now() - 200 })],
  ];
  test.each(faults)('%s', async (_name, claims) => {
    const assertion = await application.assertion(hospital, claims());
    expect(await refusal(application.ask(hospital, assertion))).toEqual(invalidClient);
  });

  test('of an unknown client, or no JWT at all', async () => {
    const unknown = await application.assertion(hospital, { iss: 'nobody', sub: 'nobody' });
    expect(await refusal(application.ask(hospital, unknown))).toEqual(invalidClient);
    expect(await refusal(application.ask(hospital, 'not.a.jwt'))).toEqual(invalidClient);
  });

  test('signed with a key that is not published', async () => {
    const { privateKey } = await generateKeyPair('RS384');
    const good = await application.assertion(hospital);
    const claims = JSON.parse(Buffer.from(good.split('.')[1] ?? '', 'base64url').toString());
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS384', kid: 'key-1' })
      .sign(privateKey);
    expect(await refusal(application.ask(hospital, forged))).toEqual(invalidClient);
  });

  test('changed after it was signed', async () => {
    const [header, , signature] = (await application.assertion(hospital)).split('.');
    const [, payload] = (await application.assertion(hospital)).split('.');
    expect(await refusal(application.ask(hospital, `${header}.${payload}.${signature}`))).toEqual(
      invalidClient,
    );
  });

  test('signed with a shared secret or with nothing', async () => {
    const [, payload] = (await application.assertion(hospital)).split('.');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await refusal(application.ask(hospital, `${none}.${payload}.`))).toEqual(invalidClient);
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
    const shared = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .sign(Buffer.from(JSON.stringify(await exportJWK((await generateKeyPair('RS384')).publicKey))));
    expect(await refusal(application.ask(hospital, shared))).toEqual(invalidClient);
  });

  test('signed in a way that is not on the list, though the key is published', async () => {
    const other = await Application.open('PS384');
    hospital.addClient(client({ jwksUrl: other.jwksUrl }));
    expect(await refusal(other.ask(hospital))).toEqual(invalidClient);
    await other.close();
  });

  test('used a second time, also when both come at once', async () => {
    const assertion = await application.assertion(hospital);
    const answers = await Promise.all([
      application.ask(hospital, assertion),
      application.ask(hospital, assertion),
    ]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 400]);
    expect(await refusal(application.ask(hospital, assertion))).toEqual(invalidClient);
  });

  test('whose keys cannot be fetched', async () => {
    hospital.addClient(client({ jwksUrl: 'http://127.0.0.1:1/jwks.json' }));
    expect(await refusal(application.ask(hospital))).toEqual(invalidClient);
  });
});

describe('the key set', () => {
  test('is kept, and fetched once more when a new key signs', async () => {
    await application.ask(hospital);
    await application.ask(hospital);
    expect(application.fetches).toBe(1);
    await application.rotate();
    expect((await application.ask(hospital)).status).toBe(200);
    expect(application.fetches).toBe(2);
  });

  test('is fetched no more than once for an assertion that fails', async () => {
    await application.ask(hospital);
    const bad = await application.assertion(hospital, {}, { kid: 'unknown' });
    expect((await application.ask(hospital, bad)).status).toBe(400);
    expect(application.fetches).toBe(2);
  });

  test('is not kept when Cache-Control forbids it', async () => {
    application.cacheControl = 'no-store';
    await application.ask(hospital);
    await application.ask(hospital);
    expect(application.fetches).toBe(2);
  });
});

test('a client without a background user is unauthorized_client', async () => {
  hospital.addClient(client({ backgroundUser: false }));
  expect(await refusal(application.ask(hospital))).toEqual({
    status: 400,
    body: { error: 'unauthorized_client', error_description: null },
  });
});

test('a wrong method, body or address is invalid_request', async () => {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await application.assertion(hospital),
  });
  const ask = (address: string, init: RequestInit) => refusal(fetch(address, init));
  const url = hospital.tokenUrl;
  expect(await ask(`${url}?${form}`, { method: 'GET' })).toEqual(invalidRequest);
  expect(await ask(`${url}?scope=x`, { method: 'POST', body: form })).toEqual(invalidRequest);
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  expect(await ask(url, { ...json, body: JSON.stringify(Object.fromEntries(form)) })).toEqual(invalidRequest);
  expect(await ask(url, { ...json, body: '{' })).toEqual(invalidRequest);
  expect(await ask(url, { method: 'POST' })).toEqual(invalidRequest);
  form.delete('client_assertion_type');
  expect(await ask(url, { method: 'POST', body: form })).toEqual(invalidRequest);
});

test('a token stops working when its time is over', async () => {
  await hospital.close();
  // A little ahead of the assertion, which is made by the computer’s own clock.
  let now = Date.now() + 30_000;
  const wall = { now: () => now, after: () => () => undefined };
  hospital = await createSimulator({ patients: 1, clients: [client()], expiresIn: 60, wall });
  const authorization = `Bearer ${await application.token(hospital)}`;
  const address = `${hospital.fhirBase}/Patient/${hospital.patients()[0]?.id}`;
  expect((await fetch(address, { headers: { authorization } })).status).toBe(200);
  now += 60_000;
  expect((await fetch(address, { headers: { authorization } })).status).toBe(401);
});
