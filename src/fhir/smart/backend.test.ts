import {
  compactVerify,
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure, manualClock } from '../../std/index.ts';
import { createHttp, usualLimits } from '../http.ts';
import { type Answer, serve } from '../server.fixture.ts';
import { type BackendOptions, createBackendTokens } from './backend.ts';
import { discover } from './discover.ts';
import { makeSigningKey, publicJwk } from './jwks.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
const { signal } = new AbortController();
const NOON = Date.UTC(2026, 10, 21, 12);
const rs = makeSigningKey();

async function world(answer: (count: number) => Answer, more: Partial<BackendOptions> = {}) {
  const clock = manualClock(NOON);
  const server = await serve((_asked, count) => answer(count));
  const http = createHttp(clock, usualLimits);
  open.push(http.close, server.close);
  const tokenUrl = new URL(`${server.origin}/oauth2/token`);
  const key = await rs;
  const tokens = createBackendTokens({
    http,
    clock,
    clientId: 'suture-app',
    tokenUrl: async () => tokenUrl,
    key: async () => key,
    ...more,
  });
  const assertions = (): string[] =>
    server.asked.map(({ body }) => new URLSearchParams(body.toString()).get('client_assertion') ?? '');
  return { clock, server, tokens, tokenUrl, assertions };
}

const granted = (name: string, seconds = 3600): Answer => ({
  body: { access_token: name, token_type: 'Bearer', expires_in: seconds, scope: 'system/Patient.rs' },
});

describe('the signed statement', () => {
  it.each(['RS384', 'ES384'] as const)('says who we are, to whom, for how long, with %s', async (alg) => {
    const key = await makeSigningKey(alg);
    const { tokens, assertions, tokenUrl, server } = await world((count) => granted(`t${count}`), {
      key: async () => key,
    });
    const token = await tokens.get(signal);
    tokens.invalidate(token);
    await tokens.get(signal);
    const [first = '', second = ''] = assertions();
    const set = createLocalJWKSet({ keys: [publicJwk(key)] });
    const { payload } = await jwtVerify(first, set, {
      issuer: 'suture-app',
      subject: 'suture-app',
      audience: tokenUrl.href,
      currentDate: new Date(NOON),
    });
    expect(decodeProtectedHeader(first)).toEqual({ alg, kid: key.kid, typ: 'JWT' });
    expect((payload.exp ?? 0) - NOON / 1000).toBeLessThanOrEqual(300);
    expect(typeof payload.jti).toBe('string');
    expect((payload.jti ?? '').length).toBeLessThanOrEqual(151);
    expect(decodeJwt(second).jti).not.toBe(payload.jti);
    expect(server.asked[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(new URLSearchParams(server.asked[0]?.body.toString()).get('grant_type')).toBe(
      'client_credentials',
    );
  });

  it('asks for the scopes that it was told, and sends nothing but the grant and the proof', async () => {
    const { tokens, server } = await world(() => granted('t'), {
      scope: 'system/Patient.rs system/Observation.s',
    });
    await tokens.get(signal);
    expect(Object.fromEntries(new URLSearchParams(server.asked[0]?.body.toString()))).toEqual({
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs system/Observation.s',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: expect.any(String),
    });
    expect(server.asked[0]?.headers.authorization).toBeUndefined();
  });

  it('shows nothing private in the published half', async () => {
    const key = await rs;
    expect(Object.keys(key.publicJwk).sort()).toEqual(['alg', 'e', 'key_ops', 'kid', 'kty', 'n', 'use']);
    expect(key.publicJwk.kid).toBe(key.kid);
  });

  it('goes by the clock of the server when ours is refused and wrong', async () => {
    const theirs = new Date(NOON + 600_000).toUTCString();
    const { tokens, assertions } = await world((count) =>
      count === 1
        ? { status: 400, headers: { date: theirs }, body: { error: 'invalid_client' } }
        : granted('t'),
    );
    expect(await tokens.get(signal)).toBe('t');
    expect(assertions().map((each) => decodeJwt(each).iat)).toEqual([NOON / 1000, NOON / 1000 + 600]);
  });

  it('gives up when the clock was not the reason', async () => {
    const { tokens, server } = await world((count) => ({
      status: 400,
      headers: { date: new Date(NOON + count * 600_000).toUTCString() },
      body: { error: 'invalid_client' },
    }));
    await expect(tokens.get(signal)).rejects.toMatchObject({ code: 'FHIR_TOKEN_REFUSED' });
    expect(server.asked).toHaveLength(2);
  });
});

describe('tokens', () => {
  it('are fetched once, however many ask at the same time', async () => {
    const { tokens, server } = await world((count) => granted(`t${count}`));
    const all = await Promise.all(Array.from({ length: 200 }, () => tokens.get(signal)));
    expect(new Set(all)).toEqual(new Set(['t1']));
    expect(server.asked).toHaveLength(1);
    expect(tokens.granted()).toBe('system/Patient.rs');
  });

  it('are kept until 80 % of their life', async () => {
    const { tokens, clock, server } = await world((count) => granted(`t${count}`, 1_000));
    expect(await tokens.get(signal)).toBe('t1');
    clock.advance(799_000);
    expect(await tokens.get(signal)).toBe('t1');
    clock.advance(2_000);
    expect(await tokens.get(signal)).toBe('t2');
    expect(server.asked).toHaveLength(2);
  });

  it('serve to their end while no new one can be had', async () => {
    const { tokens, clock } = await world((count) => (count === 1 ? granted('t1', 1_000) : { status: 500 }));
    await tokens.get(signal);
    clock.advance(900_000);
    expect(await tokens.get(signal)).toBe('t1');
    clock.advance(100_001);
    await expect(tokens.get(signal)).rejects.toMatchObject({ code: 'FHIR_SERVER_ERROR' });
  });

  it('are fetched anew once when many learn at the same time that one is refused', async () => {
    const { tokens, server } = await world((count) => granted(`t${count}`));
    const token = await tokens.get(signal);
    const all = await Promise.all(
      Array.from({ length: 50 }, () => {
        tokens.invalidate(token);
        return tokens.get(signal);
      }),
    );
    expect(new Set(all)).toEqual(new Set(['t2']));
    tokens.invalidate(token);
    expect(await tokens.get(signal)).toBe('t2');
    expect(server.asked).toHaveLength(2);
  });

  it('are still fetched for others when the one who asked first goes away', async () => {
    const { tokens, server } = await world(() => granted('t1'));
    const leaving = new AbortController();
    const first = tokens.get(leaving.signal);
    const second = tokens.get(signal);
    leaving.abort();
    await expect(first).rejects.toBe(leaving.signal.reason);
    expect(await second).toBe('t1');
    expect(server.asked).toHaveLength(1);
  });
});

describe('refusals of the token endpoint', () => {
  const cases: [string, Answer, { code: string; kind: string }][] = [
    [
      'invalid_client',
      { status: 400, body: { error: 'invalid_client', error_description: null } },
      { code: 'FHIR_TOKEN_REFUSED', kind: 'auth' },
    ],
    [
      'unauthorized_client',
      { status: 400, body: { error: 'unauthorized_client' } },
      { code: 'FHIR_CLIENT_UNAUTHORIZED', kind: 'config' },
    ],
    [
      'invalid_request',
      { status: 400, body: { error: 'invalid_request' } },
      { code: 'FHIR_TOKEN_REQUEST', kind: 'config' },
    ],
    ['a web page', { status: 404, body: '<html></html>' }, { code: 'FHIR_TOKEN_ENDPOINT', kind: 'config' }],
    ['200 without a token', { body: { hello: 1 } }, { code: 'FHIR_TOKEN_ENDPOINT', kind: 'config' }],
    ['429', { status: 429, headers: { 'retry-after': '5' } }, { code: 'FHIR_THROTTLED', kind: 'throttle' }],
    ['a reset', 'hang up', { code: 'FHIR_RESET', kind: 'timeout' }],
  ];
  it.each(cases)('%s', async (_name, answer, expected) => {
    const { tokens } = await world(() => answer);
    await expect(tokens.get(signal)).rejects.toMatchObject(expected);
  });
});

describe('discovery', () => {
  async function discovered(answer: Answer) {
    const server = await serve(() => answer);
    const http = createHttp(manualClock(0), usualLimits);
    open.push(http.close, server.close);
    const found = discover(http, `${server.origin}/FHIR/R4/`, signal);
    return { server, found };
  }

  it('finds the token endpoint, also a relative one', async () => {
    const { server, found } = await discovered({
      body: { token_endpoint: '/oauth2/token', capabilities: ['permission-v2'] },
    });
    expect((await found).tokenEndpoint.href).toBe(`${server.origin}/oauth2/token`);
    expect((await found).capabilities).toEqual(['permission-v2']);
    expect(server.asked[0]?.url).toBe('/FHIR/R4/.well-known/smart-configuration');
  });

  it.each([
    ['a web page', { status: 404, body: '<html></html>' }],
    ['no token endpoint', { body: {} }],
    ['one that is no address of the web', { body: { token_endpoint: 'file:///etc/passwd' } }],
  ] as [string, Answer][])('says so when there is %s', async (_name, answer) => {
    const { found } = await discovered(answer);
    const error = await found.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code: 'FHIR_DISCOVERY', kind: 'config' });
  });
});

it('signs with the key that its set publishes', async () => {
  const key = await rs;
  const { tokens, assertions } = await world(() => granted('t'));
  await tokens.get(signal);
  const set = { keys: [key.publicJwk] } as unknown as JSONWebKeySet;
  await expect(compactVerify(assertions()[0] ?? '', createLocalJWKSet(set))).resolves.toBeDefined();
});
