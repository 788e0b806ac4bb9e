/** Tokens that a person's consent gave: asked for, verified, renewed once however many ask, and ended. */
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { Failure, manualClock } from '../../std/index.ts';
import { createFhirClient } from '../client.ts';
import { createHttp, usualLimits } from '../http.ts';
import { type Answer, type Asked as Request, serve } from '../server.fixture.ts';
import { type Asked, authorizeUrl, challengeOf, spelled } from './authorize.ts';
import type { ClientAuthentication } from './client-authentication.ts';
import { type ConsentOptions, createConsentTokens } from './consent.ts';
import { discover } from './discover.ts';
import { makeSigningKey } from './jwks.ts';
import { ownSlot } from './slot.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
const { signal } = new AbortController();
const NOON = Date.UTC(2026, 10, 21, 12);
const issuerKey = generateKeyPair('RS256', { extractable: true });
const REDIRECT = 'https://suture.example.org/smart/callback';
const asked: Asked = { verifier: 'the-verifier', nonce: 'the-nonce', scopes: ['openid', 'user/Patient.rs'] };

const form = ({ body }: Request): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(body.toString()));

/** An EHR whose token endpoint answers as each test says. */
async function world(
  token: (asked: Request, count: number) => Answer | Promise<Answer>,
  more: Partial<ConsentOptions> = {},
) {
  const clock = manualClock(NOON);
  const { publicKey } = await issuerKey;
  const requests: Request[] = [];
  const server = await serve(async (request) => {
    if (request.url === '/R4/.well-known/smart-configuration') {
      return {
        body: {
          issuer: `${server.origin}/oauth2`,
          jwks_uri: '/keys',
          authorization_endpoint: 'authorize',
          token_endpoint: '/token',
          code_challenge_methods_supported: ['S256'],
          capabilities: ['permission-v2'],
        },
      };
    }
    if (request.url === '/oauth2/.well-known/openid-configuration') {
      return { body: { issuer: `${server.origin}/oauth2`, jwks_uri: `${server.origin}/keys` } };
    }
    if (request.url === '/keys') {
      return {
        headers: { date: new Date(clock.now()).toUTCString() },
        body: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256' }] },
      };
    }
    if (request.url !== '/token') return { body: { resourceType: 'Patient', id: 'p' } };
    requests.push(request);
    return token(request, requests.length);
  });
  const http = createHttp(clock, usualLimits);
  open.push(http.close, server.close);
  const fhirBase = `${server.origin}/R4`;
  const slot = ownSlot(clock);
  const options: ConsentOptions = {
    http,
    clock,
    clientId: 'suture-app',
    fhirBase,
    authentication: { by: 'secret basic', secret: async () => 'a:b c/ü' },
    smart: (stop) => discover(http, fhirBase, stop),
    slot,
    ...more,
  };
  const tokens = createConsentTokens(options);
  const idToken = async (claims: Record<string, unknown> = {}, alg = 'RS256'): Promise<string> => {
    const { privateKey } = await issuerKey;
    const issued = Math.floor(clock.now() / 1_000);
    const all = {
      iss: `${server.origin}/oauth2`,
      aud: 'suture-app',
      sub: 's1',
      nonce: 'the-nonce',
      exp: issued + 300,
      iat: issued,
      fhirUser: `${fhirBase}/Practitioner/e7`,
      ...claims,
    };
    return new SignJWT(all).setProtectedHeader({ alg, kid: 'k1' }).sign(privateKey);
  };
  return { clock, server, requests, tokens, slot, options, idToken, http, fhirBase };
}

const granted = (name: string, more: object = {}): Answer => ({
  body: {
    access_token: name,
    token_type: 'bearer',
    expires_in: 3600,
    scope: 'openid user/Patient.r',
    ...more,
  },
});

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

const redeem = (tokens: ReturnType<typeof createConsentTokens>) =>
  tokens.redeem({ code: 'the-code', asked, redirectUri: REDIRECT, signal });

describe('the question to the browser', () => {
  it('has a fresh challenge, nonce and what was given, and nothing secret', async () => {
    const { options } = await world(() => granted('t'));
    const smart = await options.smart(signal);
    const ask = () =>
      authorizeUrl({
        smart,
        clientId: 'suture-app',
        redirectUri: REDIRECT,
        scopes: ['openid', 'user/Patient.rs'],
        state: 'st',
        aud: options.fhirBase,
      });
    const { url, asked: first } = ask();
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'suture-app',
      redirect_uri: REDIRECT,
      scope: 'openid user/Patient.rs',
      state: 'st',
      aud: options.fhirBase,
      code_challenge: challengeOf(first.verifier),
      code_challenge_method: 'S256',
      nonce: first.nonce,
    });
    expect(url.href).not.toContain(first.verifier);
    expect(first.verifier.length).toBeGreaterThanOrEqual(43);
    expect(ask().asked.verifier).not.toBe(first.verifier);
    expect(ask().asked.nonce).not.toBe(first.nonce);
  });

  it('is not put to a server that knows only a PKCE that protects nothing, or names no place', async () => {
    const { options } = await world(() => granted('t'));
    const smart = await options.smart(signal);
    const ask = (changed: object) => () =>
      authorizeUrl({
        smart: { ...smart, ...changed },
        clientId: 'c',
        redirectUri: REDIRECT,
        scopes: ['openid'],
        state: 's',
        aud: 'a',
      });
    expect(ask({ challengeMethods: ['plain'] })).toThrow(/PKCE/);
    expect(ask({ authorizationEndpoint: undefined })).toThrow(/no address/);
    // From before PKCE: it ignores what it does not know.
    expect(ask({ challengeMethods: [] })().url.searchParams.get('code_challenge_method')).toBe('S256');
    expect(() =>
      authorizeUrl({
        smart,
        clientId: 'c',
        redirectUri: REDIRECT,
        scopes: Array(200).fill('user/Patient.rs'),
        state: 's',
        aud: 'a',
      }),
    ).toThrow(/characters long/);
  });

  it('spells scopes as the server does', () => {
    const scopes = [
      'openid',
      'user/Patient.rs',
      'user/Observation.cu',
      'user/Condition.crus',
      'launch/patient',
    ];
    expect(spelled(scopes, ['permission-v2', 'permission-v1'])).toEqual(scopes);
    expect(spelled(scopes, ['permission-v1'])).toEqual([
      'openid',
      'user/Patient.read',
      'user/Observation.write',
      'user/Condition.read',
      'user/Condition.write',
      'launch/patient',
    ]);
  });
});

describe('the code for tokens', () => {
  it('goes with the verifier, the same redirect address and the proof of who we are; tokens are used then', async () => {
    const { tokens, requests } = await world(() =>
      granted('t1', { refresh_token: 'r1', patient: 'p9', need_patient_banner: true }),
    );
    const facts = await redeem(tokens);
    expect(requests[0]).toMatchObject({ method: 'POST', url: '/token' });
    expect(form(requests[0] as Request)).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      redirect_uri: REDIRECT,
      code_verifier: 'the-verifier',
    });
    const basic = String(requests[0]?.headers.authorization).replace('Basic ', '');
    expect(Buffer.from(basic, 'base64').toString()).toBe('suture-app:a%3Ab+c%2F%C3%BC');
    expect(facts).toMatchObject({
      renewable: true,
      ended: false,
      granted: ['openid', 'user/Patient.r'],
      person: null,
    });
    expect(await tokens.get(signal)).toBe('t1');
    expect(await tokens.context()).toEqual({ patient: 'p9', need_patient_banner: 'true' });
    expect(requests).toHaveLength(1);
  });

  const proofs: readonly (readonly [string, () => Promise<ClientAuthentication>, Record<string, unknown>])[] =
    [
      ['a public client says its name', async () => ({ by: 'nothing' }), { client_id: 'suture-app' }],
      [
        'a secret in the body',
        async () => ({ by: 'secret post', secret: async () => 'hush' }),
        { client_id: 'suture-app', client_secret: 'hush' },
      ],
      [
        'a key signs a statement',
        async () => {
          const key = await makeSigningKey('ES384');
          return { by: 'key', key: async () => key, jku: 'https://suture.example.org/.well-known/jwks.json' };
        },
        {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: expect.stringMatching(/^ey/),
        },
      ],
    ];
  it.each(proofs)('%s', async (_name, authentication, expected) => {
    const { tokens, requests } = await world(() => granted('t1'), { authentication: await authentication() });
    await redeem(tokens);
    expect(form(requests[0] as Request)).toMatchObject({ grant_type: 'authorization_code', ...expected });
    expect(requests[0]?.headers.authorization).toBeUndefined();
    expect(requests[0]?.url).toBe('/token');
    const statement = form(requests[0] as Request).client_assertion;
    if (statement === undefined) return;
    const header = JSON.parse(Buffer.from(statement.split('.')[0] ?? '', 'base64url').toString());
    expect(header).toMatchObject({
      alg: 'ES384',
      typ: 'JWT',
      jku: 'https://suture.example.org/.well-known/jwks.json',
    });
  });

  it('is refused in plain words, and what is no bearer token is not used as one', async () => {
    const { tokens } = await world((_asked, count) =>
      count === 1
        ? { status: 400, body: { error: 'invalid_grant', error_description: null } }
        : granted('t', { token_type: 'DPoP' }),
    );
    expect((await failureOf(redeem(tokens))).code).toBe('FHIR_GRANT_REFUSED');
    expect((await failureOf(redeem(tokens))).code).toBe('FHIR_TOKEN_ENDPOINT');
    expect((await failureOf(tokens.get(signal))).code).toBe('FHIR_CONSENT_NEEDED');
  });
});

describe('who consented', () => {
  it('is told by an id token that is right in everything', async () => {
    const one = await world(async () => granted('t1', { id_token: await one.idToken() }));
    expect((await redeem(one.tokens)).person).toBe('Practitioner/e7');
  });

  it('is verified by the keys that the issuer names, where the smart-configuration names none', async () => {
    const one = await world(async () => granted('t1', { id_token: await one.idToken() }), {
      smart: async (stop) => ({ ...(await discover(one.http, one.fhirBase, stop)), jwksUri: undefined }),
    });
    expect((await redeem(one.tokens)).person).toBe('Practitioner/e7');
    const urls = one.server.asked.map(({ url }) => url);
    expect(urls.slice(-2)).toEqual(['/oauth2/.well-known/openid-configuration', '/keys']);
  });

  it('is shown without a name when it is a patient', async () => {
    const one = await world(async () =>
      granted('t1', { id_token: await one.idToken({ fhirUser: `${one.fhirBase}/Patient/e9` }) }),
    );
    expect((await redeem(one.tokens)).person).toBe('a patient');
  });

  const faults: readonly (readonly [string, Record<string, unknown>])[] = [
    ['another issuer', { iss: 'https://other.example' }],
    ['another client', { aud: 'somebody-else' }],
    ['another sign-in', { nonce: 'replayed' }],
    ['no nonce', { nonce: undefined }],
    ['the past', { exp: NOON / 1_000 - 3_600 }],
    ['no end', { exp: undefined }],
  ];
  it.each(faults)('is not believed: %s; and nothing is kept', async (_name, claims) => {
    const one = await world(async () => granted('t1', { id_token: await one.idToken(claims) }));
    expect((await failureOf(redeem(one.tokens))).code).toBe('FHIR_ID_TOKEN');
    expect(await one.tokens.facts()).toBeNull();
  });

  it('is not believed by another key, or by none', async () => {
    const stranger = await generateKeyPair('RS256');
    const claims = { sub: 's1', nonce: 'the-nonce', aud: 'suture-app', exp: NOON / 1_000 + 300 };
    for (const make of [
      async (iss: string) =>
        new SignJWT({ ...claims, iss })
          .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
          .sign(stranger.privateKey),
      async (iss: string) =>
        new SignJWT({ ...claims, iss }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32, 1)),
      async (iss: string) =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ ...claims, iss })).toString('base64url')}.`,
    ]) {
      const one = await world(async () =>
        granted('t1', { id_token: await make(`${one.server.origin}/oauth2`) }),
      );
      expect((await failureOf(redeem(one.tokens))).code).toBe('FHIR_ID_TOKEN');
    }
  });

  it('may be one of those that the record names, and nobody else', async () => {
    const one = await world(async () => granted('t1', { id_token: await one.idToken() }), {
      persons: ['Practitioner/e8'],
    });
    expect((await failureOf(redeem(one.tokens))).code).toBe('FHIR_PERSON_NOT_ALLOWED');
    const unsaid = await world(() => granted('t1'), { persons: ['Practitioner/e7'] });
    expect((await failureOf(redeem(unsaid.tokens))).code).toBe('FHIR_PERSON_NOT_ALLOWED');
  });
});

describe('renewing', () => {
  it('is done once for 200 who ask at the end of its life; a new refresh token takes the place of the old', async () => {
    const { tokens, requests, clock } = await world((_asked, count) =>
      granted(`t${count}`, count === 3 ? {} : { refresh_token: `r${count}` }),
    );
    await redeem(tokens);
    for (const round of [2, 3, 4]) {
      clock.advance(3_600_000);
      const all = await Promise.all(Array.from({ length: 200 }, () => tokens.get(signal)));
      expect(new Set(all)).toEqual(new Set([`t${round}`]));
      expect(requests).toHaveLength(round);
    }
    // No scope is asked for: it stays what was consented to. The third answer brought no refresh token: the one before goes on.
    expect(requests.slice(1).map((one) => form(one))).toEqual(
      ['r1', 'r2', 'r2'].map((refresh_token) => ({ grant_type: 'refresh_token', refresh_token })),
    );
  });

  it('is done once by two nodes that share the slot, and once by 200 who were told 401', async () => {
    let let_through: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      let_through = resolve;
    });
    const one = await world(async (_asked, count) => {
      if (count > 1) await gate;
      return granted(`t${count}`, { refresh_token: `r${count}` });
    });
    const other = createConsentTokens(one.options);
    await redeem(one.tokens);
    expect(await other.get(signal)).toBe('t1');
    for (let caller = 0; caller < 200; caller++) {
      one.tokens.invalidate('t1');
      other.invalidate('t1');
    }
    const all = Array.from({ length: 200 }, (_, caller) => (caller % 2 ? one.tokens : other).get(signal));
    // The one that is not at it looks now and then.
    const looking = setInterval(() => one.clock.advance(200), 5);
    setTimeout(let_through, 50);
    expect(new Set(await Promise.all(all))).toEqual(new Set(['t2']));
    clearInterval(looking);
    expect(one.requests).toHaveLength(2);
  });

  it('ends with the consent, says so, and does not ask again and again; connecting anew ends that', async () => {
    const { tokens, requests, clock } = await world((_asked, count) =>
      count === 2
        ? { status: 400, body: { error: 'invalid_grant' } }
        : granted(`t${count}`, { refresh_token: 'r' }),
    );
    await redeem(tokens);
    clock.advance(3_600_000);
    for (let tried = 0; tried < 3; tried++) {
      expect((await failureOf(tokens.get(signal))).code).toBe('FHIR_CONSENT_ENDED');
      clock.advance(60_000);
    }
    expect(requests).toHaveLength(2);
    expect(await tokens.facts()).toMatchObject({ ended: true });
    await redeem(tokens);
    expect(await tokens.get(signal)).toBe('t3');
    await tokens.disconnect();
    expect((await failureOf(tokens.get(signal))).code).toBe('FHIR_CONSENT_NEEDED');
  });

  it('waits out a hiccup: the token is used to its end, and the refresh token is not given up', async () => {
    const { tokens, clock } = await world((_asked, count) =>
      count === 2 ? { status: 503 } : granted(`t${count}`, { refresh_token: 'r' }),
    );
    await redeem(tokens);
    clock.advance(3_000_000);
    expect(await tokens.get(signal)).toBe('t1');
    clock.advance(11_000);
    expect(await tokens.get(signal)).toBe('t3');
  });

  it('is not possible without a refresh token: used to its end, then a person is needed', async () => {
    const { tokens, clock, requests } = await world(() => granted('t1'));
    expect((await redeem(tokens)).renewable).toBe(false);
    clock.advance(3_500_000);
    expect(await tokens.get(signal)).toBe('t1');
    clock.advance(200_000);
    const failure = await failureOf(tokens.get(signal));
    expect([failure.code, failure.message]).toEqual([
      'FHIR_CONSENT_ENDED',
      expect.stringContaining('no refresh token'),
    ]);
    expect(requests).toHaveLength(1);
  });
});

describe('a token that is revoked in the middle', () => {
  it('is renewed once and the request is made again; a second 401 is told', async () => {
    let good = 't1';
    const fhir = await serve(({ headers }) =>
      headers.authorization === `Bearer ${good}`
        ? { body: { resourceType: 'Patient', id: 'p' } }
        : { status: 401, body: '""' },
    );
    open.push(fhir.close);
    const one = await world((_asked, count) => granted(`t${count}`, { refresh_token: 'r' }));
    await redeem(one.tokens);
    const client = createFhirClient({
      baseUrl: fhir.origin,
      clock: one.clock,
      http: one.http,
      tokens: one.tokens,
    });
    await client.read('Patient', 'p', signal);
    good = 't2';
    await Promise.all(Array.from({ length: 40 }, () => client.read('Patient', 'p', signal)));
    expect(one.requests).toHaveLength(2);
    good = 'none';
    expect((await failureOf(client.read('Patient', 'p', signal))).code).toBe('FHIR_UNAUTHENTICATED');
    expect(one.requests).toHaveLength(3);
  });
});

describe('discovery', () => {
  const statement = {
    resourceType: 'CapabilityStatement',
    rest: [
      {
        security: {
          extension: [
            {
              url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
              extension: [
                { url: 'authorize', valueUri: '/a' },
                { url: 'token', valueUri: '/t' },
              ],
            },
          ],
        },
      },
    ],
  };

  it('falls back to the CapabilityStatement, with the client’s id, where there is no smart-configuration', async () => {
    const server = await serve(({ url }) =>
      url.endsWith('/metadata') ? { body: statement } : { status: 404, body: '<html>Not found</html>' },
    );
    const http = createHttp(manualClock(NOON), usualLimits);
    open.push(http.close, server.close);
    const found = await discover(http, `${server.origin}/R4/`, signal, 'suture-app');
    expect(found).toMatchObject({ from: 'metadata', challengeMethods: [] });
    expect([found.tokenEndpoint.pathname, found.authorizationEndpoint?.pathname]).toEqual(['/t', '/a']);
    expect(server.asked.map(({ url }) => url)).toEqual([
      '/R4/.well-known/smart-configuration',
      '/R4/metadata',
    ]);
    expect(server.asked[1]?.headers).toMatchObject({
      accept: 'application/fhir+json',
      'epic-client-id': 'suture-app',
    });
  });

  it('reads relative addresses against the FHIR base', async () => {
    const { options, server } = await world(() => granted('t'));
    const found = await options.smart(signal);
    expect(found.tokenEndpoint.href).toBe(`${server.origin}/token`);
    expect(found.authorizationEndpoint?.href).toBe(`${server.origin}/R4/authorize`);
  });
});
