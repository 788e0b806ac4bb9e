/** What servers and the gateways in front of them really answer: each has a kind, a code in the table, and never ends the process. */
import { afterEach, describe, expect, it } from 'vitest';
import { Failure, systemClock } from '../std/index.ts';
import { createFhirClient, type FhirClientOptions } from './client.ts';
import { fhirFailures } from './failures.ts';
import { usualLimits } from './http.ts';
import { type Answer, type Asked, serve } from './server.fixture.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});
const { signal } = new AbortController();
const JSON_TYPE = { 'content-type': 'application/fhir+json' };
const MARK = 'Zebrawood';

async function world(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer>,
  more: Partial<FhirClientOptions> = {},
) {
  const server = await serve(answer);
  const client = createFhirClient({ baseUrl: `${server.origin}/R4`, clock: systemClock, ...more });
  open.push(client.close, server.close);
  return { server, client };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

/** Epic's envelope. */
const outcome = (...codes: readonly (readonly [code: string, severity: string])[]) => ({
  resourceType: 'OperationOutcome',
  issue: codes.map(([code, severity]) => ({
    severity,
    code: 'processing',
    details: {
      coding: [{ system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.657369', code, display: `Said about ${MARK}` }],
      text: `Said about ${MARK}`,
    },
    diagnostics: MARK,
    location: ['/f:name'],
  })),
});

const xml = (code: string): string =>
  `<?xml version="1.0"?><OperationOutcome xmlns="http://hl7.org/fhir"><issue><severity value="fatal"/><code value="not-found"/><details><coding><code value="${code}"/><display value="${MARK}"/></coding></details></issue></OperationOutcome>`;
const html = `<!DOCTYPE html><html><body>Sign in, ${MARK}</body></html>`;

describe('the error registry, at each status that was seen', () => {
  /** Fatal ones of the registry, with the status they came with where that is known. */
  const registry: readonly (readonly [status: number, code: string, kind: string])[] = [
    [400, '4100', 'validation'],
    [404, '4102', 'validation'],
    [410, '4103', 'validation'],
    [400, '4104', 'validation'],
    [400, '4110', 'validation'],
    [400, '4111', 'validation'],
    [400, '4112', 'validation'],
    [400, '4115', 'validation'],
    [400, '4116', 'validation'],
    [403, '4118', 'config'],
    [400, '4127', 'validation'],
    [400, '59102', 'validation'],
    [400, '59105', 'validation'],
    [400, '59108', 'validation'],
    [400, '59111', 'validation'],
    [400, '59141', 'validation'],
    [400, '59144', 'validation'],
    [400, '59159', 'validation'],
    [500, '59177', 'rejected'],
    [400, '59187', 'validation'],
    [400, '59188', 'validation'],
    [400, '59189', 'validation'],
    [400, '40000', 'validation'],
    [403, '4130', 'config'],
    [403, '4131', 'config'],
    [429, '4135', 'throttle'],
    [404, '59008', 'validation'],
    [422, '59012', 'validation'],
    [400, '59013', 'validation'],
    [400, '59138', 'validation'],
  ];
  it.each(registry)('%s with %s', async (status, code, kind) => {
    const { client } = await world(() => ({
      status,
      headers: JSON_TYPE,
      // What is only remarked may stand before what is fatal.
      body: outcome(['59100', 'information'], [code, 'fatal']),
    }));
    const failure = await failureOf(client.searchAll('Patient', { family: MARK }, signal));
    expect(failure.kind).toBe(kind);
    expect(Object.keys(fhirFailures)).toContain(failure.code);
    // Every code is named, fatal ones first; what the server wrote about a person is in the sealed detail alone.
    expect(failure.message).toContain(`${code}, 59100`);
    expect(JSON.stringify(failure)).not.toContain(MARK);
    expect(failure.detail).toContain(MARK);
  });

  it('and the same without a body, with HTML, with XML, with half a JSON, at every status', async () => {
    const bodies = [
      '',
      '""',
      html,
      xml('59008'),
      '{"resourceType":"Operation',
      '[1,2',
      'plain words',
      '\u0000\u0001',
    ];
    const answers = [
      400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 415, 422, 428, 429, 500, 501, 502, 503, 504, 511,
    ].flatMap((status) => bodies.map((body) => ({ status, body })));
    const { client } = await world((_asked, count) => answers[count - 1] as Answer);
    for (const { status } of answers) {
      const failure = await failureOf(client.read('Patient', 'p', signal));
      expect([status, failure.kind]).not.toEqual([status, 'defect']);
      expect(Object.keys(fhirFailures)).toContain(failure.code);
      expect(JSON.stringify(failure)).not.toContain(MARK);
    }
  });
});

describe('XML where JSON was asked for', () => {
  it('is asked for once more with _format, which is then kept; a next link is not changed until it must be', async () => {
    const page = (next?: string) => ({
      resourceType: 'Bundle',
      link: next === undefined ? [] : [{ relation: 'next', url: next }],
      entry: [{ resource: { resourceType: 'Patient', id: 'p' } }],
    });
    const { server, client } = await world(({ url }) => {
      if (!url.includes('_format=json')) return { body: '<Bundle xmlns="http://hl7.org/fhir"/>' };
      return { body: url.includes('sessionID') ? page() : page('/R4/Patient?sessionID=1') };
    });
    expect((await client.searchAll('Patient', { _id: 'p' }, signal)).entries).toHaveLength(2);
    await client.searchAll('Patient', { _id: 'p' }, signal);
    expect(server.asked.map(({ url }) => url)).toEqual([
      '/R4/Patient?_id=p',
      '/R4/Patient?_id=p&_format=json',
      '/R4/Patient?sessionID=1',
      '/R4/Patient?sessionID=1&_format=json',
      '/R4/Patient?_id=p&_format=json',
      '/R4/Patient?sessionID=1',
      '/R4/Patient?sessionID=1&_format=json',
    ]);
  });

  it('to the end is what the site has to mend', async () => {
    const { client } = await world(() => ({
      body: '<Patient xmlns="http://hl7.org/fhir"><id value="p"/></Patient>',
    }));
    expect(await failureOf(client.read('Patient', 'p', signal))).toMatchObject({
      code: 'FHIR_XML',
      kind: 'config',
    });
  });
});

describe('a result that is strange, and whole', () => {
  it('a bundle without entries, with entries that are nothing, and without links', async () => {
    for (const body of [
      { resourceType: 'Bundle', type: 'searchset', total: 0 },
      { resourceType: 'Bundle', entry: null, link: 'x' },
      {
        resourceType: 'Bundle',
        entry: [null, {}, { resource: null }, { resource: 'text' }, { search: {} }, 7],
      },
    ]) {
      const { client } = await world(() => ({ headers: JSON_TYPE, body }));
      expect((await client.searchAll('Patient', { _id: 'p' }, signal)).entries).toEqual([]);
    }
  });

  it('ids of 64 characters and more, and dates without a zone, stay as they are', async () => {
    const id = `O${'aB.-9'.repeat(13)}`.slice(0, 64);
    const text = `{"resourceType":"Appointment","id":"${id}","start":"2026-03-01T09:30:00","minutesDuration":1.50}`;
    const { server, client } = await world(({ url }) =>
      url.includes('?')
        ? { body: `{"resourceType":"Bundle","entry":[{"resource":${text}}]}` }
        : { body: text },
    );
    expect(id).toHaveLength(64);
    const resource = await client.read('Appointment', id, signal);
    expect([resource.id, resource.start]).toEqual([id, '2026-03-01T09:30:00']);
    const found = await client.searchAll('Appointment', { date: 'ge2026-03-01' }, signal);
    expect(Buffer.from(found.entries[0]?.bytes ?? []).toString()).toBe(text);
    expect(server.asked[0]?.url).toBe(`/R4/Appointment/${id}`);
    await client.read('Appointment', `${id}${id}`, signal);
  });

  it('a reference to an id that is not there', async () => {
    const { client } = await world(() => ({ status: 404, body: outcome(['59008', 'fatal']) }));
    expect(await failureOf(client.read('Practitioner', 'gone', signal))).toMatchObject({
      code: 'FHIR_NOT_FOUND',
      kind: 'validation',
    });
  });
});

describe('a server that ignores what it was asked for', () => {
  const visit = (id: string, patient: string, more: object = {}) => ({
    resource: {
      resourceType: 'Encounter',
      id,
      subject: { reference: `Patient/${patient}` },
      period: { start: '2026-03-10T08:00:00', end: '2026-03-10T09:00:00' },
      ...more,
    },
  });

  it('does not make us take what does not fit; what cannot be judged stays', async () => {
    const entry = [
      visit('fits', 'p1'),
      visit('another patient', 'p2'),
      visit('another time', 'p1', { period: { start: '2025-01-01', end: '2025-01-02' } }),
      visit('still there', 'p1', { period: { start: '2026-01-01' } }),
      visit('no time', 'p1', { period: undefined }),
      visit('another status', 'p1', { status: 'finished' }),
      // Local time at the server: the day before in ours.
      visit('edge', 'p1', {
        period: { start: '2026-03-01T00:10:00+13:00', end: '2026-03-01T00:20:00+13:00' },
      }),
      { resource: { resourceType: 'Patient', id: 'p2' }, search: { mode: 'include' } },
    ];
    const { client } = await world(() => ({ body: { resourceType: 'Bundle', entry } }));
    const found = await client.searchAll(
      'Encounter',
      { patient: 'p1', date: ['ge2026-03-01', 'le2026-03-31'], status: 'in-progress,arrived', type: 'x' },
      signal,
    );
    expect(found.entries.map(({ resource }) => resource.id)).toEqual([
      'fits',
      'still there',
      'no time',
      'edge',
      'p2',
    ]);
    expect([found.strays, [...found.ignored].sort()]).toEqual([3, ['date', 'patient', 'status']]);
  });

  it('says so in its self link, if it is honest', async () => {
    const link = (url: string) => [{ relation: 'self', url }];
    const answers = [
      '/R4/Encounter?subject=Patient/p1',
      '/R4/Encounter?patient=p1&foo=1',
      '/R4/Encounter?sessionID=7',
      'no',
    ];
    const { client } = await world((_asked, count) => ({
      body: { resourceType: 'Bundle', link: link(answers[count - 1] ?? '') },
    }));
    const ignored: (readonly string[])[] = [];
    for (const _answer of answers) {
      ignored.push(
        (await client.searchAll('Encounter', { patient: 'p1', foo: '1', _count: '50' }, signal)).ignored,
      );
    }
    // A link that repeats nothing of the question says nothing of it.
    expect(ignored).toEqual([['foo'], [], [], []]);
  });
});

describe('a Binary', () => {
  const megabytes = (count: number): Buffer => Buffer.alloc(count * 1024 * 1024, 7);
  const stream = async (bytes: AsyncIterable<Uint8Array>): Promise<number> => {
    let size = 0;
    for await (const piece of bytes) size += piece.length;
    return size;
  };

  it('of 50 MB comes in pieces, and is never held as a whole', async () => {
    const body = megabytes(50).toString('latin1');
    const { client, server } = await world(() => ({ headers: { 'content-type': 'application/pdf' }, body }));
    const before = process.memoryUsage().arrayBuffers;
    const binary = await client.binary('b1', { signal, contentType: 'application/pdf' });
    expect(binary.contentType).toBe('application/pdf');
    let size = 0;
    let most = 0;
    for await (const piece of binary.bytes) {
      size += piece.length;
      most = Math.max(most, piece.length);
    }
    expect(size).toBe(50 * 1024 * 1024);
    expect(most).toBeLessThan(2 * 1024 * 1024);
    expect(server.asked[0]?.headers.accept).toBe('application/pdf');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 * 1024);
  });

  it('past the limit is broken off, told as too large, and the next read is fine', async () => {
    const { client } = await world(({ url }) =>
      url.includes('b1')
        ? { body: megabytes(3).toString('latin1') }
        : { body: { resourceType: 'Patient', id: 'p' } },
    );
    const binary = await client.binary('b1', { signal, limit: 1024 * 1024 });
    expect(await failureOf(stream(binary.bytes))).toMatchObject({ code: 'FHIR_TOO_LARGE', kind: 'config' });
    // A little more is more.
    const close = await client.binary('b1', { signal, limit: 3 * 1024 * 1024 - 1 });
    expect((await failureOf(stream(close.bytes))).code).toBe('FHIR_TOO_LARGE');
    expect(await stream((await client.binary('b1', { signal, limit: 3 * 1024 * 1024 })).bytes)).toBe(
      3 * 1024 * 1024,
    );
    expect((await client.read('Patient', 'p', signal)).id).toBe('p');
  });

  it('inside a resource is taken out of it; a refusal and a reset are as with any read', async () => {
    const data = Buffer.from('a note').toString('base64');
    const answers: Answer[] = [
      { headers: JSON_TYPE, body: { resourceType: 'Binary', contentType: 'text/plain', data } },
      { status: 404, body: outcome(['59008', 'fatal']) },
      'hang up',
      { status: 429, headers: { 'retry-after': '7' } },
    ];
    const { client } = await world((_asked, count) => answers[count - 1] as Answer);
    const binary = await client.binary('b1', { signal });
    expect([binary.contentType, await stream(binary.bytes)]).toEqual(['text/plain', 6]);
    expect((await failureOf(client.binary('b2', { signal }))).code).toBe('FHIR_NOT_FOUND');
    expect((await failureOf(client.binary('b3', { signal }))).code).toBe('FHIR_RESET');
    expect((await failureOf(client.binary('b4', { signal }))).retry).toEqual({ again: true, after: 7_000 });
    expect((await failureOf(client.binary('../b', { signal }))).code).toBe('FHIR_BAD_ID');
  });
});

describe('told to slow down', () => {
  it.each([
    ['in seconds', { 'retry-after': '12' }, 12_000],
    [
      'by a date, on the server’s own clock',
      { date: 'Sat, 21 Nov 2026 12:00:00 GMT', 'retry-after': 'Sat, 21 Nov 2026 12:00:30 GMT' },
      30_000,
    ],
    ['without a time', {}, undefined],
    ['in words nobody can read', { 'retry-after': 'soon' }, undefined],
  ] as const)('%s', async (_name, headers, after) => {
    const told: (number | undefined)[] = [];
    const { client } = await world(() => ({ status: 503, headers: { ...headers }, body: html }), {
      limits: usualLimits,
      watch: { before: async () => undefined, after: ({ retryAfter }) => void told.push(retryAfter) },
    });
    const failure = await failureOf(client.read('Patient', 'p', signal));
    expect([failure.kind, told]).toEqual(['throttle', [after]]);
  });
});
