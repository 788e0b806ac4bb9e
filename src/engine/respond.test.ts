import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeSigningKey, type SigningKeyPair } from '../fhir/index.ts';
import { cds, type Flow, flow } from '../flow/index.ts';
import { siteSchema } from '../site/index.ts';
import { type Clock, systemClock } from '../std/index.ts';
import { type MemoryStore, newDisk, openMemoryStore } from '../store/index.ts';
import { createEngine } from './engine.ts';
import type { Engine } from './options.ts';

/** A hospital that calls services as Epic does: it signs, and has a FHIR server for its tokens. */
interface Hospital {
  readonly base: string;
  readonly jku: string;
  readonly key: SigningKeyPair;
  readonly asked: { readonly path: string; readonly authorization: string | undefined }[];
  readonly server: Server;
  rotate(): Promise<void>;
  sign(more?: { header?: object; claims?: object; key?: SigningKeyPair }): Promise<string>;
}

const AUDIENCE = 'https://suture.example/cds-services/follow-up';
const TOKEN = 'the-callers-own-token-0123456789';
let serial = 0;

async function openHospital(clock: Clock): Promise<Hospital> {
  const keys = [await makeSigningKey('ES384')];
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization });
    response.setHeader('content-type', 'application/json');
    if (path === '/keys')
      return response.end(JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }));
    if (path.startsWith('/fhir/Observation')) {
      return response.end(JSON.stringify({ resourceType: 'Bundle', entry: [{ resource: { id: 'o1' } }] }));
    }
    response.statusCode = 404;
    return response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const hospital: Hospital = {
    base: `${root}/fhir`,
    jku: `${root}/keys`,
    get key() {
      return keys.at(-1) as SigningKeyPair;
    },
    asked,
    server,
    async rotate() {
      keys.push(await makeSigningKey('ES384'));
    },
    async sign({ header = {}, claims = {}, key = hospital.key } = {}) {
      const now = Math.floor(clock.now() / 1_000);
      return new SignJWT({
        iss: hospital.base,
        aud: AUDIENCE,
        sub: 'client',
        jti: `call-${serial++}`,
        iat: now,
        nbf: now - 300,
        exp: now + 900,
        ...claims,
      })
        .setProtectedHeader({ alg: key.alg, kid: key.kid, jku: hospital.jku, typ: 'JWT', ...header })
        .sign(await importJWK(key.privateJwk, key.alg));
    },
  };
  return hospital;
}

const followUp = (more: Partial<Parameters<typeof cds.patientView>[0]> = {}): Flow =>
  flow('follow-up-card')
    .on(
      cds.patientView({
        service: 'follow-up',
        description: 'Reminds of an open follow-up.',
        prefetch: {
          patient: 'Patient/{{context.patientId}}',
          results: 'Observation?patient={{context.patientId}}&category=laboratory',
        },
        deadline: 5_000,
        ...more,
      } as Parameters<typeof cds.patientView>[0]),
    )
    .code('age', {
      reads: { born: 'event.prefetch.patient.birthDate' },
      run: ({ born }) => ({ text: `Follow-up is open, born ${String(born ?? 'unknown').slice(0, 4)}` }),
    })
    .respond('cards', [
      {
        card: {
          summary: 'age.text',
          indicator: { value: 'info' },
          'source.label': { value: 'Follow-up list' },
          detail: 'event.prefetch.results.entry[0].resource.id',
        },
      },
      {
        when: { path: 'event.prefetch.patient.gender', equals: 'female' },
        card: {
          summary: { value: 'A second card' },
          indicator: { value: 'warning' },
          'source.label': { value: 'Follow-up list' },
        },
      },
    ]);

describe('a hospital calls a CDS service', () => {
  let hospital: Hospital;
  let store: MemoryStore;
  let engine: Engine;
  let logged: string[];

  async function start(flows: readonly Flow[], connection: object = {}): Promise<void> {
    engine = createEngine({
      store,
      sites: [
        siteSchema.parse({
          site: 'mercy',
          name: 'Mercy',
          environment: 'sandbox',
          ehr: { vendor: 'epic' },
          timeZone: 'America/Chicago',
          identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
          connections: {
            cds: {
              connector: 'cds',
              issuer: hospital.base,
              keys: [hospital.jku],
              audience: [AUDIENCE],
              ...connection,
            },
            // A neighbour that calls no services: it must vouch for nobody.
            app: { connector: 'webhook', url: 'http://127.0.0.1:9/', secret: 'app' },
          },
        }),
      ],
      flows,
      clock: systemClock,
      keyedHash: (...parts) => parts.join('|'),
      log: (level, text, facts) => void logged.push(`${level} ${text} ${JSON.stringify(facts ?? {})}`),
    });
    await engine.start();
  }

  beforeEach(async () => {
    logged = [];
    hospital = await openHospital(systemClock);
    store = await openMemoryStore({ disk: newDisk() });
  });
  afterEach(async () => {
    await engine.stop();
    await store.close();
    hospital.server.closeAllConnections();
    hospital.server.close();
  });

  const body = (more: object = {}) => ({
    hook: 'patient-view',
    hookInstance: '8a7f1c1e-0000-4000-8000-000000000001',
    fhirServer: hospital.base,
    fhirAuthorization: {
      access_token: TOKEN,
      token_type: 'Bearer',
      expires_in: 300,
      scope: 'Observation.read',
    },
    context: { patientId: 'eP1', userId: 'Practitioner/eU1' },
    prefetch: { patient: { resourceType: 'Patient', id: 'eP1', birthDate: '1961-04-12', gender: 'female' } },
    ...more,
  });
  const call = async (more: object = {}, token?: string) =>
    engine.cds.call({
      service: 'follow-up',
      authorization: `Bearer ${token ?? (await hospital.sign())}`,
      body: body(more),
    });
  const cardsOf = (answer: { body: unknown }) =>
    (answer.body as { cards: readonly { summary: string; uuid: string; detail?: string }[] }).cards;
  const kept = async () => {
    await (engine.cds as unknown as { settled(): Promise<void> }).settled();
    return (await store.exchanges({ limit: 100 })).rows;
  };

  test('the flow answers with cards from what was sent, and the call is kept without the token', async () => {
    await start([followUp()]);
    const answer = await call({ echoed: `a sender that repeats ${TOKEN}`, [TOKEN]: 'as a name' });
    expect(answer.status).toBe(200);
    expect(cardsOf(answer).map(({ summary }) => summary)).toEqual([
      'Follow-up is open, born 1961',
      'A second card',
    ]);
    expect(cardsOf(answer).every(({ uuid }) => /^[0-9a-f-]{36}$/.test(uuid))).toBe(true);
    const [row] = await kept();
    expect(row).toMatchObject({
      kind: 'call',
      outcome: 'answered',
      cards: 2,
      service: 'follow-up',
      site: 'mercy',
    });
    const text = JSON.stringify(await store.exchangeBody(row?.id ?? ''));
    expect(text).toContain('1961-04-12');
    expect(text).not.toContain(TOKEN);
    expect(text).not.toContain('fhirAuthorization');
    // Nothing was read: everything that is missing is null.
    expect(hospital.asked.map(({ path }) => path)).toEqual(['/keys']);
    expect(logged.join()).not.toContain(TOKEN);
  });

  test('what was not sent is read with the caller’s token, and with no other and nowhere else', async () => {
    await start([followUp({ readMissing: true })]);
    expect(cardsOf(await call())[0]?.detail).toBe('o1');
    expect(hospital.asked.at(-1)).toEqual({
      path: '/fhir/Observation?patient=eP1&category=laboratory',
      authorization: `Bearer ${TOKEN}`,
    });
    const before = hospital.asked.length;
    expect(cardsOf(await call({ fhirServer: hospital.jku }))[0]?.detail).toBeUndefined();
    expect(
      cardsOf(await call({ context: { patientId: '../../keys', userId: 'Practitioner/u' } })),
    ).toHaveLength(2);
    expect(hospital.asked.length).toBe(before);
    expect((await kept()).map(({ code }) => code)).toEqual(['CDS_PREFETCH_MISSING', 'CDS_FHIR_SERVER', null]);
  });

  test('a caller that does not prove who it is gets nothing, and nothing of it is kept', async () => {
    await start([followUp()]);
    const stranger = await openHospital(systemClock);
    const now = Math.floor(Date.now() / 1_000);
    const used = await hospital.sign();
    expect((await call({}, used)).status).toBe(200);
    const [unsigned = '', claims = ''] = (await hospital.sign()).split('.');
    const bad: Record<string, string> = {
      'a second time': used,
      'keys of somebody else': await hospital.sign({ header: { jku: stranger.jku }, key: stranger.key }),
      'another key, our address': await hospital.sign({ key: stranger.key }),
      'another issuer': await hospital.sign({ claims: { iss: 'https://elsewhere.example' } }),
      'another audience': await hospital.sign({ claims: { aud: 'https://elsewhere.example' } }),
      expired: await hospital.sign({ claims: { iat: now - 2_000, exp: now - 1_000 } }),
      'not yet valid': await hospital.sign({ claims: { nbf: now + 900 } }),
      'for a day': await hospital.sign({ claims: { exp: now + 86_400 } }),
      'without an id': await hospital.sign({ claims: { jti: undefined } }),
      'not signed': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`,
      'cut off': `${unsigned}.${claims}.`,
      nonsense: 'nonsense',
    };
    for (const [name, token] of Object.entries(bad)) {
      const answer = await call({}, token);
      expect({ name, status: answer.status }).toEqual({ name, status: 401 });
      expect(JSON.stringify(answer.body)).not.toContain(token);
    }
    expect(
      (await engine.cds.call({ service: 'follow-up', authorization: undefined, body: body() })).status,
    ).toBe(401);
    expect(stranger.asked).toEqual([]);
    expect(await kept()).toHaveLength(1);
    stranger.server.closeAllConnections();
    stranger.server.close();
  });

  test('a flow that takes too long answers without cards in time, and that is a finding', async () => {
    const never = flow('follow-up-card')
      .on(cds.patientView({ service: 'follow-up', description: 'Waits.', deadline: 30 }))
      .code('wait', { reads: {}, run: () => new Promise(() => undefined) })
      .respond('cards', [
        { card: { summary: { value: 'x' }, indicator: { value: 'info' }, 'source.label': { value: 'y' } } },
      ]);
    await start([never]);
    expect(await call()).toEqual({ status: 200, body: { cards: [] } });
    expect(await kept()).toMatchObject([{ outcome: 'late', cards: 0, code: 'CDS_LATE' }]);
    expect(logged.join()).toContain('CDS_LATE');
  });

  test('a flow that fails answers without cards; a card that is none is left out', async () => {
    const failing = flow('fails')
      .on(cds.patientView({ service: 'follow-up', description: 'Fails.' }))
      .code('boom', {
        reads: {},
        run: (): { readonly cards: readonly unknown[] } => {
          throw new Error('boom');
        },
      })
      .respond('cards', 'boom.cards');
    const wrong = flow('wrong')
      .on(cds.orderSign({ service: 'orders', description: 'Gives cards that are none.' }))
      .code('made', {
        reads: {},
        run: () => ({
          cards: [
            {
              summary: 'fine',
              indicator: 'critical',
              source: { label: 'us' },
              suggestions: [{ label: 'do' }],
            },
            { summary: 'x'.repeat(141), indicator: 'info', source: { label: 'us' } },
            { summary: 'no source', indicator: 'info' },
          ],
        }),
      })
      .respond('cards', 'made.cards');
    await start([failing, wrong]);
    expect(await call()).toEqual({ status: 200, body: { cards: [] } });
    const answer = await engine.cds.call({
      service: 'orders',
      authorization: `Bearer ${await hospital.sign()}`,
      body: body({ hook: 'order-sign' }),
    });
    expect(answer.body).toMatchObject({
      cards: [
        {
          summary: 'fine',
          selectionBehavior: 'any',
          suggestions: [{ label: 'do', uuid: expect.any(String) }],
        },
      ],
    });
    expect(await kept()).toMatchObject([
      { outcome: 'answered', cards: 1, code: 'CDS_CARD' },
      { outcome: 'failed', cards: 0 },
    ]);
  });

  test('feedback is kept before it is thanked for; other calls are refused in words', async () => {
    await start([followUp()]);
    const feedback = [{ card: 'c1', outcome: 'overridden', overrideReasons: { reason: { code: 'x' } } }];
    const authorization = async () => `Bearer ${await hospital.sign()}`;
    const said = await engine.cds.feedback({
      service: 'follow-up',
      authorization: await authorization(),
      body: { feedback },
    });
    expect(said.status).toBe(200);
    const [row] = await kept();
    expect(row).toMatchObject({ kind: 'feedback', cards: 1 });
    expect(await store.exchangeBody(row?.id ?? '')).toEqual({ feedback });
    expect((await call({ hook: 'order-sign' })).status).toBe(400);
    expect((await call({ context: {} })).status).toBe(400);
    expect(
      (await engine.cds.call({ service: 'unknown', authorization: await authorization(), body: body() }))
        .status,
    ).toBe(404);
    expect(engine.cds.services()).toMatchObject([{ hook: 'patient-view', id: 'follow-up' }]);
  });

  test('keys are fetched once, and again when a new one signs', async () => {
    let elapsed = 0;
    const clock: Clock = { ...systemClock, elapsed: () => performance.now() + elapsed };
    await start([followUp()]);
    await engine.stop();
    engine = createEngine({
      store,
      sites: [
        siteSchema.parse({
          site: 'mercy',
          name: 'Mercy',
          environment: 'sandbox',
          ehr: { vendor: 'epic' },
          timeZone: 'America/Chicago',
          identifiers: { mrn: { system: 'urn:oid:1.2.3' } },
          connections: {
            cds: { connector: 'cds', issuer: hospital.base, keys: [hospital.jku], audience: [AUDIENCE] },
          },
        }),
      ],
      flows: [followUp()],
      clock,
      keyedHash: (...parts) => parts.join('|'),
      log: () => undefined,
    });
    await engine.start();
    await Promise.all([call(), call(), call()]);
    expect(hospital.asked.filter(({ path }) => path === '/keys')).toHaveLength(1);
    await hospital.rotate();
    elapsed += 31_000;
    expect((await call()).status).toBe(200);
    expect(hospital.asked.filter(({ path }) => path === '/keys')).toHaveLength(2);
  });
});
