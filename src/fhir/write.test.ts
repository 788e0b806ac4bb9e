/** Writing: what a yes gives, and what everything else means for a write that may have happened. */
import { afterEach, describe, expect, it } from 'vitest';
import { Failure, systemClock } from '../std/index.ts';
import { createFhirClient } from './client.ts';
import { usualLimits } from './http.ts';
import { type RunMemory, rememberingReads } from './run-memory.ts';
import { type Answer, type Asked, serve } from './server.fixture.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const { signal } = new AbortController();
const note = { resourceType: 'DocumentReference', status: 'current' };

async function world(answer: (asked: Asked, count: number) => Answer, limits = usualLimits) {
  const server = await serve(answer);
  const told: string[] = [];
  const client = createFhirClient({
    baseUrl: `${server.origin}/R4`,
    clock: systemClock,
    limits,
    watch: { before: async () => undefined, after: ({ kind }) => void told.push(kind) },
  });
  open.push(client.close, server.close);
  return { server, client, told };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('a write that is answered', () => {
  it('takes the id from a relative Location and an empty body, as Epic answers', async () => {
    const { server, client } = await world(() => ({
      status: 201,
      headers: { location: 'DocumentReference/eZ.9-x' },
    }));
    const written = await client.create('DocumentReference', note, { signal });
    expect(written).toMatchObject({ status: 201, id: 'eZ.9-x', resource: undefined });
    expect(server.asked[0]).toMatchObject({ method: 'POST', url: '/R4/DocumentReference' });
    expect(server.asked[0]?.headers).toMatchObject({
      accept: 'application/fhir+json',
      'content-type': 'application/fhir+json',
    });
    expect(server.asked[0]?.headers['if-none-exist']).toBeUndefined();
    expect(JSON.parse(String(server.asked[0]?.body))).toEqual(note);
  });

  it('takes it from an absolute Location with a version, from another host too, or from the body', async () => {
    const answers: Answer[] = [
      {
        status: 201,
        headers: { location: 'https://inside.example/fhir/DocumentReference/7/_history/3', etag: 'W/"3"' },
      },
      { status: 200, body: { ...note, id: '8' } },
    ];
    const { server, client } = await world((_asked, count) => answers[count - 1] as Answer);
    const first = await client.create('DocumentReference', note, {
      signal,
      ifNoneExist: 'identifier=urn:x|7',
    });
    expect(first).toMatchObject({ id: '7', version: '3' });
    expect(server.asked[0]?.headers['if-none-exist']).toBe('identifier=urn:x|7');
    const second = await client.update('DocumentReference', '8', note, {
      signal,
      ifMatch: '3',
      representation: true,
    });
    expect(second).toMatchObject({ status: 200, id: '8', resource: { id: '8' } });
    expect(server.asked[1]).toMatchObject({ method: 'PUT', url: '/R4/DocumentReference/8' });
    expect(server.asked[1]?.headers).toMatchObject({ 'if-match': 'W/"3"', prefer: 'return=representation' });
  });

  it('runs an operation, and does not take a path for one', async () => {
    const { server, client } = await world(() => ({ body: { resourceType: 'Bundle', type: 'searchset' } }));
    const found = await client.operation('Appointment/$find', { effect: false, signal });
    expect(found.resource?.resourceType).toBe('Bundle');
    expect(server.asked[0]).toMatchObject({ method: 'POST', url: '/R4/Appointment/$find' });
    for (const path of ['../admin/$x', 'Patient/../$match', 'Patient', 'Patient/$match?x=1']) {
      expect((await failureOf(client.operation(path, { effect: false, signal }))).code).toBe('FHIR_BAD_ID');
    }
  });

  it('signs in again once after a 401, which says that nothing was done', async () => {
    const server = await serve((asked) =>
      asked.headers.authorization === 'Bearer new'
        ? { status: 201, headers: { location: 'Patient/1' } }
        : { status: 401, body: '""' },
    );
    const texts = ['old', 'new'];
    const client = createFhirClient({
      baseUrl: server.origin,
      clock: systemClock,
      tokens: {
        get: async () => texts[0] as string,
        invalidate: () => void texts.shift(),
        granted: () => undefined,
      },
    });
    open.push(client.close, server.close);
    expect((await client.create('Patient', { resourceType: 'Patient' }, { signal })).id).toBe('1');
    expect(server.asked).toHaveLength(2);
  });
});

describe('a write whose outcome nobody can say is never taken for a refusal', () => {
  const cases: readonly (readonly [string, Answer])[] = [
    ['the connection is closed before the answer', 'hang up'],
    ['silence', 'silence'],
    ['500', { status: 500, body: 'oops' }],
    ['502 of a gateway', { status: 502, body: '<html>Bad gateway</html>' }],
    ['503 without a time: the gateway lost the server', { status: 503 }],
    ['504', { status: 504 }],
    ['an HTML page as success', { status: 200, body: '<!doctype html><html>Please sign in</html>' }],
  ];
  it.each(cases)('%s', async (_name, answer) => {
    const { client, server } = await world(() => answer, { ...usualLimits, answer: 150 });
    const failure = await failureOf(client.create('DocumentReference', note, { signal }));
    expect(failure).toMatchObject({ code: 'FHIR_WRITE_UNKNOWN', kind: 'unknown-outcome' });
    expect(server.asked).toHaveLength(1);
  });

  it.each([
    ['refused for what it says', { status: 422, body: { resourceType: 'OperationOutcome' } }, 'validation'],
    ['told when to come again', { status: 503, headers: { 'retry-after': '3' } }, 'throttle'],
    ['too fast', { status: 429 }, 'throttle'],
    ['somebody was first', { status: 412 }, 'conflict'],
  ] as const)('but a refusal is one: %s', async (_name, answer, kind) => {
    const { client } = await world(() => answer as Answer);
    expect((await failureOf(client.create('DocumentReference', note, { signal }))).kind).toBe(kind);
  });

  it('and what never left is unreachable', async () => {
    const { server, client } = await world(() => ({}));
    await server.close();
    expect((await failureOf(client.create('DocumentReference', note, { signal }))).kind).toBe('unreachable');
  });
});

describe('reads of one run', () => {
  it('are asked for once, and again after a write; failures are not kept', async () => {
    let patients = 0;
    const { server, client } = await world(({ method, url }) => {
      if (method === 'POST') return { status: 201, headers: { location: 'DocumentReference/1' } };
      if (url.includes('gone')) return { status: 404, body: { resourceType: 'OperationOutcome' } };
      patients += 1;
      return { body: { resourceType: 'Patient', id: 'p', n: patients } };
    });
    const memory: RunMemory = new Map();
    const run = rememberingReads(client, memory);
    const reads = await Promise.all([run.read('Patient', 'p', signal), run.read('Patient', 'p', signal)]);
    expect(reads.map((one) => one.n)).toEqual([1, 1]);
    await failureOf(run.read('Patient', 'gone', signal));
    await failureOf(run.read('Patient', 'gone', signal));
    expect(server.asked).toHaveLength(3);
    await run.create('DocumentReference', note, { signal });
    expect((await run.read('Patient', 'p', signal)).n).toBe(2);
    // Another run knows nothing of it, nor does the client itself.
    expect((await rememberingReads(client, new Map()).read('Patient', 'p', signal)).n).toBe(3);
    expect((await client.read('Patient', 'p', signal)).n).toBe(4);
  });
});
