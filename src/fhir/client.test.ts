import { afterEach, describe, expect, it } from 'vitest';
import { Failure, systemClock } from '../std/index.ts';
import { createFhirClient, type FhirClientOptions } from './client.ts';
import { usualLimits, type Watch } from './http.ts';
import { type Answer, type Asked, serve } from './server.fixture.ts';
import type { Tokens } from './smart/tokens.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const { signal } = new AbortController();
const JSON_TYPE = { 'content-type': 'application/fhir+json' };

async function world(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer>,
  more: Partial<FhirClientOptions> = {},
) {
  const server = await serve(answer);
  const client = createFhirClient({ baseUrl: `${server.origin}/R4/`, clock: systemClock, ...more });
  open.push(client.close, server.close);
  return { server, client };
}

/** A bundle of appointments with these ids, a link to the next page, and remarks. */
function bundle(ids: readonly string[], next?: string, remarks: readonly string[] = []) {
  const outcome = remarks.map((code) => ({
    severity: 'warning',
    code: 'suppressed',
    details: { coding: [{ code }] },
  }));
  return {
    resourceType: 'Bundle',
    link: next === undefined ? [] : [{ relation: 'next', url: next }],
    entry: [
      ...ids.map((id) => ({ resource: { resourceType: 'Appointment', id }, search: { mode: 'match' } })),
      ...(outcome.length > 0
        ? [{ resource: { resourceType: 'OperationOutcome', issue: outcome }, search: { mode: 'outcome' } }]
        : []),
    ],
  };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

const tokensOf = (...texts: string[]): Tokens & { fetched: number } => {
  const tokens = {
    fetched: 0,
    current: undefined as string | undefined,
    async get() {
      if (tokens.current === undefined) {
        tokens.current = texts[Math.min(tokens.fetched, texts.length - 1)] ?? '';
        tokens.fetched += 1;
      }
      return tokens.current;
    },
    invalidate(token: string) {
      if (tokens.current === token) tokens.current = undefined;
    },
    granted: () => undefined,
  };
  return tokens;
};

describe('reading', () => {
  it('asks for FHIR JSON with the token, below the base', async () => {
    const { server, client } = await world(
      () => ({ headers: JSON_TYPE, body: { resourceType: 'Patient', id: 'e1.-A' } }),
      {
        tokens: tokensOf('secret-token'),
      },
    );
    expect(await client.read('Patient', 'e1.-A', signal)).toMatchObject({ id: 'e1.-A' });
    expect(server.asked[0]?.url).toBe('/R4/Patient/e1.-A');
    expect(server.asked[0]?.headers).toMatchObject({
      accept: 'application/fhir+json',
      authorization: 'Bearer secret-token',
    });
  });

  it('does not take a path for an id', async () => {
    const { server, client } = await world(() => ({}));
    for (const id of ['..', '../Patient', 'a/b', 'a?b', '']) {
      expect((await failureOf(client.read('Patient', id, signal))).code).toBe('FHIR_BAD_ID');
    }
    expect(server.asked).toHaveLength(0);
  });
});

describe('searching', () => {
  it('follows every page, short and empty ones too, and keeps remarks apart from results', async () => {
    const pages = [
      bundle(['a', 'b'], '/R4/Appointment?sessionID=17-1'),
      bundle([], '/R4/Appointment?sessionID=17-2', ['59204']),
      bundle(['c'], undefined, ['4119']),
    ];
    const { server, client } = await world((_asked, count) => ({ body: pages[count - 1] }));
    const found = await client.searchAll(
      'Appointment',
      { patient: 'p', date: ['ge2026-01-01', 'le2026-02-01'] },
      signal,
    );
    expect(found.entries.map((entry) => entry.resource.id)).toEqual(['a', 'b', 'c']);
    expect(found.issues.flatMap((issue) => issue.codes)).toEqual(['59204', '4119']);
    expect(server.asked.map((asked) => asked.url)).toEqual([
      '/R4/Appointment?patient=p&date=ge2026-01-01&date=le2026-02-01',
      '/R4/Appointment?sessionID=17-1',
      '/R4/Appointment?sessionID=17-2',
    ]);
  });

  it('keeps the very characters of each resource', async () => {
    const resource =
      '{ "resourceType":"Observation", "note":"}]\\"{", "valueQuantity":{"value":1.50}, "é":[ ]}';
    const { client } = await world(() => ({
      body: `{"resourceType":"Bundle","x":[{"resource":1}],"entry":[ {"fullUrl":"u","resource":${resource},"search":{"mode":"match"}}, {"resource":{"resourceType":"Basic"}} ]}`,
    }));
    const { entries } = await client.searchAll('Observation', {}, signal);
    expect(entries.map((entry) => Buffer.from(entry.bytes).toString())).toEqual([
      resource,
      '{"resourceType":"Basic"}',
    ]);
  });

  it('does not take the token to another origin that a next link names', async () => {
    const elsewhere = await serve(() => ({ body: bundle(['stolen']) }));
    open.push(elsewhere.close);
    const { client } = await world(
      () => ({ body: bundle(['a'], `${elsewhere.origin}/R4/Appointment?page=2`) }),
      {
        tokens: tokensOf('secret-token'),
      },
    );
    const failure = await failureOf(client.searchAll('Appointment', {}, signal));
    expect(failure).toMatchObject({ code: 'FHIR_NEXT_ORIGIN', kind: 'config' });
    expect(elsewhere.asked).toEqual([]);
  });

  it('does not follow redirects', async () => {
    const elsewhere = await serve(() => ({ body: bundle(['stolen']) }));
    open.push(elsewhere.close);
    const { client } = await world(() => ({ status: 302, headers: { location: `${elsewhere.origin}/x` } }));
    expect((await failureOf(client.searchAll('Appointment', {}, signal))).code).toBe('FHIR_REDIRECTED');
    expect(elsewhere.asked).toEqual([]);
  });

  it('ends when the pages go in a circle', async () => {
    const { server, client } = await world(() => ({ body: bundle(['a'], '/R4/Appointment?sessionID=17-1') }));
    expect((await failureOf(client.searchAll('Appointment', {}, signal))).code).toBe('FHIR_PAGING_LOOP');
    expect(server.asked.length).toBe(2);
  });

  it('asks anew when the paging session is over, and collects from the beginning', async () => {
    const expired = {
      status: 400,
      body: {
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'fatal', code: 'expired', details: { coding: [{ code: '4113' }] } }],
      },
    };
    let expiries = 0;
    const dialect = { pagingExpired: ['4113'] };
    const { client } = await world(
      ({ url }) => {
        if (!url.includes('sessionID')) return { body: bundle(['a'], '/R4/Appointment?sessionID=17-1') };
        return expiries++ < 1 ? expired : { body: bundle(['b']) };
      },
      { dialect },
    );
    const found = await client.searchAll('Appointment', {}, signal);
    expect(found.entries.map((entry) => entry.resource.id)).toEqual(['a', 'b']);
    expect(found.restart).toBe(1);

    const always = await world(
      ({ url }) =>
        url.includes('sessionID') ? expired : { body: bundle(['a'], '/R4/Appointment?sessionID=17-1') },
      { dialect },
    );
    expect(await failureOf(always.client.searchAll('Appointment', {}, signal))).toMatchObject({
      code: 'FHIR_PAGING_EXPIRED',
      retry: { again: true },
    });
    expect(always.server.asked.length).toBe(6);
  });
});

describe('a token that is refused', () => {
  const challenge = {
    'www-authenticate': 'Bearer error="invalid_token"',
    'content-type': 'application/json',
  };

  it('is fetched anew once, and the request is made once more', async () => {
    const tokens = tokensOf('old', 'new');
    const { client } = await world(
      ({ headers }) =>
        headers.authorization === 'Bearer new'
          ? { body: bundle(['a']) }
          : { status: 401, headers: challenge, body: '""' },
      { tokens },
    );
    expect((await client.searchAll('Appointment', {}, signal)).entries).toHaveLength(1);
    expect(tokens.fetched).toBe(2);
  });

  it('is not fetched a third time: the second refusal is the answer', async () => {
    const tokens = tokensOf('a', 'b', 'c', 'd');
    const { server, client } = await world(() => ({ status: 401, headers: challenge, body: '""' }), {
      tokens,
    });
    expect(await failureOf(client.read('Patient', 'p', signal))).toMatchObject({
      code: 'FHIR_UNAUTHENTICATED',
      kind: 'auth',
    });
    expect(server.asked).toHaveLength(2);
    expect(tokens.fetched).toBe(2);
  });
});

describe('refusals', () => {
  const issue = (code: string, severity = 'fatal') => ({
    severity,
    code: 'processing',
    details: { coding: [{ code }], text: 'Zebra Quagga 1987-09-12' },
  });
  const outcome = (...issues: unknown[]) => ({ resourceType: 'OperationOutcome', issue: issues });
  const html = '<!DOCTYPE html><html><body>Zebra</body></html>';
  const scope = { 'www-authenticate': 'Bearer error="insufficient_scope", error_description="x"' };
  const cases: [string, Answer, { code: string; kind: string }][] = [
    [
      '403 without the API',
      { status: 403, headers: scope },
      { code: 'FHIR_INSUFFICIENT_SCOPE', kind: 'config' },
    ],
    [
      '403 for the user',
      { status: 403, body: outcome(issue('4118')) },
      { code: 'FHIR_FORBIDDEN', kind: 'config' },
    ],
    [
      '404 of an id',
      { status: 404, body: outcome(issue('59008')) },
      { code: 'FHIR_NOT_FOUND', kind: 'validation' },
    ],
    ['404 of a web server', { status: 404, body: html }, { code: 'FHIR_NO_ENDPOINT', kind: 'config' }],
    [
      '400',
      { status: 400, body: outcome(issue('59100', 'information'), issue('59159')) },
      { code: 'FHIR_INVALID', kind: 'validation' },
    ],
    ['422', { status: 422, body: outcome(issue('59012')) }, { code: 'FHIR_INVALID', kind: 'validation' }],
    ['412', { status: 412 }, { code: 'FHIR_CONFLICT', kind: 'conflict' }],
    ['503', { status: 503, body: html }, { code: 'FHIR_THROTTLED', kind: 'throttle' }],
    ['500', { status: 500, body: html }, { code: 'FHIR_SERVER_ERROR', kind: 'rejected' }],
    ['a reset', 'hang up', { code: 'FHIR_RESET', kind: 'timeout' }],
    ['an HTML page as success', { body: html }, { code: 'FHIR_UNREADABLE', kind: 'rejected' }],
    [
      'XML as success',
      { body: '<Bundle xmlns="http://hl7.org/fhir"/>' },
      { code: 'FHIR_XML', kind: 'config' },
    ],
    ['nothing as success', { body: '' }, { code: 'FHIR_UNREADABLE', kind: 'rejected' }],
    ['half of a JSON', { body: '{"resourceType":"Bun' }, { code: 'FHIR_UNREADABLE', kind: 'rejected' }],
    [
      'a fatal outcome as success',
      { body: outcome(issue('59177')) },
      { code: 'FHIR_INVALID', kind: 'validation' },
    ],
  ];
  it.each(cases)('%s', async (_name, answer, expected) => {
    const { client } = await world(() => answer);
    const failure = await failureOf(
      client.searchAll('Patient', { family: 'Zebra', birthdate: '1987-09-12' }, signal),
    );
    expect(failure).toMatchObject(expected);
    // What the query or the body says may name a patient.
    expect(JSON.stringify(failure)).not.toMatch(/Zebra|1987/);
  });

  it('names every code, fatal ones first, and keeps the body for the sealed history', async () => {
    const { client } = await world(() => ({
      status: 400,
      body: outcome(issue('59100', 'information'), issue('59159')),
    }));
    const failure = await failureOf(client.searchAll('Patient', {}, signal));
    expect(failure.message).toBe('The server answered the search of Patient with 400; 59159, 59100.');
    expect(failure.detail).toContain('Zebra Quagga');
  });

  it('reads the issues of an outcome in XML', async () => {
    const body =
      '<OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="fatal"/><code value="not-found"/><details><coding><system value="u"/><code value="59008"/></coding></details></issue></OperationOutcome>';
    const { client } = await world(() => ({ status: 404, body }));
    expect((await failureOf(client.read('Patient', 'p', signal))).message).toContain('59008');
  });

  it('names what is missing from the client', async () => {
    const { client } = await world(() => ({ status: 403, headers: scope }));
    expect((await failureOf(client.read('Appointment', 'p', signal))).fix).toContain('Appointment (read)');
    expect((await failureOf(client.searchAll('Appointment', {}, signal))).fix).toContain(
      'Appointment (search)',
    );
  });

  it.each([
    ['seconds', { 'retry-after': '17' }, 17_000],
    [
      'a date, by the clock of the server',
      { date: 'Sat, 21 Nov 2026 10:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 10:01:30 GMT' },
      90_000,
    ],
  ])('waits as told in %s', async (_name, headers, after) => {
    const { client } = await world(() => ({ status: 429, headers: headers as Record<string, string> }));
    expect((await failureOf(client.read('Patient', 'p', signal))).retry).toEqual({ again: true, after });
  });

  it('tells apart a host that is not there, one that is silent, and an answer without end', async () => {
    const gone = await serve(() => ({}));
    await gone.close();
    const nobody = createFhirClient({ baseUrl: gone.origin, clock: systemClock });
    open.push(nobody.close);
    expect(await failureOf(nobody.read('Patient', 'p', signal))).toMatchObject({
      code: 'FHIR_UNREACHABLE',
      kind: 'unreachable',
    });

    const silent = await world(() => 'silence', { limits: { ...usualLimits, total: 50 } });
    expect(await failureOf(silent.client.read('Patient', 'p', signal))).toMatchObject({
      code: 'FHIR_TIMEOUT',
      kind: 'timeout',
    });

    const endless = await world(() => ({ body: 'x'.repeat(5_000) }), {
      limits: { ...usualLimits, size: 1_000 },
    });
    expect((await failureOf(endless.client.read('Patient', 'p', signal))).code).toBe('FHIR_TOO_LARGE');
  });
});

it('asks before each request and tells how each one ended', async () => {
  const seen: string[] = [];
  const watch: Watch = {
    before: async () => void seen.push('ask'),
    after: ({ kind, code, retryAfter }) => void seen.push([kind, code, retryAfter].filter(Boolean).join(' ')),
  };
  const { client } = await world(
    (_asked, count) =>
      count === 1 ? { body: bundle(['a']) } : { status: 429, headers: { 'retry-after': '3' } },
    { watch },
  );
  await client.searchAll('Appointment', {}, signal);
  await failureOf(client.searchAll('Appointment', {}, signal));
  expect(seen).toEqual(['ask', 'ok', 'ask', 'throttle FHIR_THROTTLED 3000']);
});
