import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFhirClient, type FhirResource } from '../../fhir/index.ts';
import { Failure, type Json, systemClock } from '../../std/index.ts';
import { callContext, type TestContext, testContext } from '../context.fixture.ts';
import { type Acting, create, kinds, openWebServices, update, upsert, type WritingRules } from './index.ts';
import type { Routes } from './route.ts';

const kind = (type: string) => kinds.find((one) => one.type === type) as (typeof kinds)[number];

/** A FHIR server of the plainest sort, with a say in what becomes of each write. */
interface Partner {
  readonly records: Map<string, FhirResource>;
  readonly requests: string[];
  readonly url: string;
  /** Of the next POSTs and PUTs, in their order; left out: fine. */
  readonly fates: ('fine' | 'lose answer' | 'refuse' | '503' | 'before commit' | 'html' | 'no location')[];
  hide: (resource: FhirResource) => boolean;
  close(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function startPartner(): Promise<Partner> {
  const records = new Map<string, FhirResource>();
  const requests: string[] = [];
  const fates: Partner['fates'] = [];
  let made = 0;
  const server: Server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    const [, type = '', id] = url.pathname.split('/');
    requests.push(`${request.method} ${url.pathname}`);
    const json = (status: number, body: unknown, headers = {}): void => {
      response.writeHead(status, { 'content-type': 'application/fhir+json', ...headers });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    if (request.method === 'GET' && id !== undefined) {
      const found = records.get(`${type}/${id}`);
      return json(
        found ? 200 : 404,
        found ?? { resourceType: 'OperationOutcome', issue: [{ severity: 'fatal', code: 'not-found' }] },
      );
    }
    if (request.method === 'GET') {
      const identifier = url.searchParams.get('identifier')?.replaceAll('\\', '');
      const entry = [...records.values()]
        .filter((one) => one.resourceType === type && !partner.hide(one))
        .filter((one) => {
          const list = (one.identifier ?? []) as { system: string; value: string }[];
          return (
            identifier === undefined || list.some(({ system, value }) => `${system}|${value}` === identifier)
          );
        })
        .map((resource) => ({ fullUrl: `x/${resource.id}`, resource, search: { mode: 'match' } }));
      return json(200, { resourceType: 'Bundle', type: 'searchset', total: entry.length, entry });
    }
    const resource = JSON.parse(await bodyOf(request)) as FhirResource;
    const fate = fates.shift() ?? 'fine';
    if (fate === 'refuse')
      return json(400, { resourceType: 'OperationOutcome', issue: [{ severity: 'fatal', code: 'x' }] });
    if (fate === 'before commit') return void request.socket.destroy();
    const given = id ?? `e${++made}`;
    records.set(`${type}/${given}`, { ...resource, id: given });
    if (fate === 'lose answer') return void request.socket.destroy();
    if (fate === '503') return json(503, undefined);
    if (fate === 'html')
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>');
    json(
      id === undefined ? 201 : 200,
      undefined,
      fate === 'no location' ? {} : { location: `${type}/${given}` },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const partner: Partner = {
    records,
    requests,
    fates,
    hide: () => false,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return partner;
}

const person = (id: string, more: Record<string, unknown> = {}): FhirResource => ({
  resourceType: 'Patient',
  id,
  active: true,
  identifier: [{ system: 'urn:mrn', value: '203713' }],
  name: [{ family: 'Ödegård', given: ['Camila'] }],
  birthDate: '1987-09-12',
  gender: 'female',
  ...more,
});

const pulse = (more: Record<string, unknown> = {}): Json => ({
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  effectiveDateTime: '2026-01-05T10:00:00Z',
  valueQuantity: { value: 72, unit: '/min' },
  ...more,
});

let partner: Partner;
let context: TestContext;
let close: () => Promise<void>;
let now = 0;

beforeEach(async () => {
  partner = await startPartner();
  partner.records.set('Patient/p1', person('p1'));
  now = 1_790_000_000_000;
  const clock = { ...systemClock, now: () => now };
  context = await testContext({ clock });
  context.ledger.now = () => now;
});
afterEach(async () => {
  await close();
  await partner.close();
});

interface Other {
  rules?: Partial<WritingRules>;
  routes?: Routes;
  key?: string;
  timeZone?: string;
}

function acting(more: Other = {}): Acting {
  const client = createFhirClient({ baseUrl: partner.url, clock: systemClock });
  const web = openWebServices(systemClock);
  close = async () => void (await Promise.all([client.close(), web.close()]));
  const every = new Set(['Patient', 'Observation', 'DocumentReference', 'Appointment', 'Encounter']);
  return {
    client,
    stu3: () => client,
    web,
    context,
    about: callContext({ idempotencyKey: more.key ?? 'd1.file' }),
    routes: more.routes ?? {},
    timeZone: more.timeZone ?? 'UTC',
    rules: {
      ...{ creates: every, updates: every, settle: 60_000, isThere: () => false },
      ...{ conditional: new Set<string>(), versions: new Set<string>(), matches: new Set<string>() },
      leftOut: new Set(['59204']),
      prepare: (_, resource) => resource,
      ...more.rules,
    },
  };
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    (value) => value,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

const made = (type: string): FhirResource[] =>
  [...partner.records.values()].filter((one) => one.resourceType === type);
const file = (means: Acting, args: Record<string, unknown> = {}): Promise<Json> =>
  create(kind('Observation'), { resource: pulse(), patient: 'Patient/p1', ...args } as Json, means);

describe('a create', () => {
  test('is on disk before it goes out, reads its patient first, and remembers what it gave', async () => {
    const means = acting();
    expect(await file(means)).toEqual({
      id: 'e1',
      reference: 'Observation/e1',
      outcome: 'created',
      route: 'fhir',
    });
    expect(context.ledger.moves).toEqual(['planned', 'planned -> sending', 'sending -> done']);
    expect(partner.requests).toEqual(['GET /Patient/p1', 'POST /Observation']);
    expect(made('Observation')[0]?.subject).toEqual({ reference: 'Patient/p1' });
    // The engine died before it could remember the answer.
    expect(await file(means)).toMatchObject({ id: 'e1' });
    expect(partner.requests).toHaveLength(2);
  });

  test.each(['lose answer', '503', 'html', 'no location'] as const)(
    'whose answer says nothing (%s) is found, not made again',
    async (fate) => {
      partner.fates.push(fate);
      const means = acting();
      const failure = await failureOf(file(means));
      expect(failure).toMatchObject({ kind: 'unknown-outcome', retry: { again: true } });
      expect(await file(means)).toMatchObject({ id: 'e1', outcome: 'found' });
      expect(made('Observation')).toHaveLength(1);
    },
  );

  test('that got lost on its way is looked for twice, a settle time apart, and then made', async () => {
    partner.fates.push('before commit');
    const means = acting();
    await failureOf(file(means));
    for (const [at, code] of [
      [2_000, 'WRITE_SETTLING'],
      [50_000, 'WRITE_SETTLING'],
    ] as const) {
      now = 1_790_000_000_000 + at;
      expect(await failureOf(file(means))).toMatchObject({ code, retry: { again: true, alone: true } });
    }
    now = 1_790_000_000_000 + 61_000;
    expect(await file(means)).toMatchObject({ id: 'e1', outcome: 'created' });
    expect(partner.requests.filter((one) => one.startsWith('POST'))).toHaveLength(2);
  });

  test('that the flow would map otherwise by now is looked for as it went out', async () => {
    partner.fates.push('lose answer');
    const means = acting();
    await failureOf(file(means));
    expect(await file(means, { resource: pulse({ valueQuantity: { value: 73 } }) })).toMatchObject({
      id: 'e1',
    });
  });

  test('after a crash at any step goes on from what the ledger says', async () => {
    const means = acting();
    const { ledger } = context;
    // Before anything went out.
    const { sending } = ledger;
    ledger.sending = () => Promise.reject(new Error('killed'));
    await expect(file(means)).rejects.toThrow('killed');
    ledger.sending = sending;
    // After it went out, before the answer was written down.
    const { done } = ledger;
    ledger.done = () => Promise.reject(new Error('killed'));
    await expect(file(means)).rejects.toThrow('killed');
    ledger.done = done;
    expect(await file(means)).toMatchObject({ id: 'e1', outcome: 'found' });
    expect(made('Observation')).toHaveLength(1);
  });

  test('that is refused may be corrected and tried again', async () => {
    partner.fates.push('refuse');
    const means = acting();
    expect(await failureOf(file(means))).toMatchObject({ code: 'FHIR_INVALID' });
    expect(context.ledger.moves.at(-1)).toBe('sending -> refused');
    expect(await file(means, { resource: pulse({ valueQuantity: { value: 80 } }) })).toMatchObject({
      id: 'e1',
    });
  });

  test('of two deliveries for one record makes one: the second waits, and then finds it', async () => {
    partner.fates.push('lose answer');
    await failureOf(file(acting()));
    expect(await failureOf(file(acting({ key: 'd2.file' })))).toMatchObject({ code: 'WRITE_BUSY' });
    await file(acting());
    expect(await file(acting({ key: 'd2.file' }))).toMatchObject({ id: 'e1', outcome: 'found' });
    expect(made('Observation')).toHaveLength(1);
  });

  test('that cannot be looked for, or of which the server may hide a part, waits for a person', async () => {
    partner.fates.push('before commit');
    const document = {
      type: { coding: [{ system: 'http://loinc.org', code: '11506-3' }] },
      status: 'current',
    };
    const means = acting();
    const note = () =>
      create(kind('DocumentReference'), { resource: document, patient: 'p1' } as Json, means);
    await failureOf(note());
    partner.records.set('DocumentReference/x', {
      ...{ resourceType: 'DocumentReference', id: 'x', subject: { reference: 'Patient/p1' } },
      ...document,
    });
    // One of its kind is there, but its text cannot be compared.
    expect(await failureOf(note())).toMatchObject({
      code: 'WRITE_DIFFERS',
      kind: 'unknown-outcome',
      retry: { again: false, held: true },
    });
  });

  test('with two notes of one kind in one visit finds its own by its text', async () => {
    const note = (text: string): Json =>
      ({
        resourceType: 'DocumentReference',
        type: { coding: [{ system: 'http://loinc.org', code: '11506-3' }] },
        content: [{ attachment: { contentType: 'text/plain', data: Buffer.from(text).toString('base64') } }],
      }) as Json;
    const html = (text: string) =>
      ({
        resourceType: 'Binary',
        contentType: 'text/html',
        data: Buffer.from(`<html><body><p>${text}</p>&nbsp;</body></html>`).toString('base64'),
      }) as FhirResource;
    partner.fates.push('lose answer');
    const means = acting();
    const make = () =>
      create(kind('DocumentReference'), { resource: note('She said: 2 < 3.'), patient: 'p1' } as Json, means);
    await failureOf(make());
    // As Epic gives them back: in Binaries of HTML.
    for (const [id, text] of [
      ['e1', 'She said: 2 &lt; 3.'],
      ['e2', 'Another note.'],
    ] as const) {
      const { content: _, ...rest } = note('') as Record<string, Json>;
      partner.records.set(`Binary/b${id}`, { ...html(text), id: `b${id}` });
      partner.records.set(`DocumentReference/${id}`, {
        ...rest,
        resourceType: 'DocumentReference',
        id,
        subject: { reference: 'Patient/p1' },
        content: [{ attachment: { contentType: 'text/html', url: `Binary/b${id}` } }],
      });
    }
    expect(await make()).toMatchObject({ id: 'e1', outcome: 'found' });
  });
});

describe('the wrong patient', () => {
  const merged = person('p1', {
    active: false,
    link: [{ other: { reference: 'Patient/p2' }, type: 'replaced-by' }],
  });

  test.each([
    ['was merged in between', merged],
    ['has another birth date', person('p1', { birthDate: '1987-09-13' })],
    ['has another sex', person('p1', { gender: 'male' })],
    ['has lost the number', person('p1', { identifier: [{ system: 'urn:mrn', value: '9' }] })],
  ])('who %s gets nothing', async (_, theirs) => {
    partner.records.set('Patient/p1', theirs);
    const failure = await failureOf(file(acting(), { patient: person('p1') }));
    expect(failure).toMatchObject({ code: 'WRITE_PATIENT', kind: 'conflict', retry: { held: true } });
    expect(made('Observation')).toEqual([]);
  });

  test('a merge that was taken back again in between changes nothing', async () => {
    partner.records.set('Patient/p1', merged);
    const means = acting();
    await failureOf(file(means, { patient: person('p1') }));
    partner.records.set('Patient/p1', person('p1'));
    expect(await file(means, { patient: person('p1') })).toMatchObject({ id: 'e1' });
  });

  test('an id that was merged away, or is not there, gets nothing', async () => {
    const failure = await failureOf(file(acting(), { patient: 'Patient/gone' }));
    expect(failure.code).toBe('WRITE_PATIENT');
    expect(made('Observation')).toEqual([]);
  });

  test('a resource that names another patient than the step is refused before anything is planned', async () => {
    const resource = pulse({ subject: { reference: 'Patient/p2' } });
    expect(await failureOf(file(acting(), { resource }))).toMatchObject({ code: 'WRITE_ARGUMENTS' });
    expect(context.ledger.moves).toEqual([]);
  });

  const enter = (resource: Record<string, unknown>, means = acting()) =>
    upsert(
      kind('Patient'),
      { resource: { ...person(''), id: undefined, ...resource } } as unknown as Json,
      means,
    );

  test('two patients with one number: none is picked', async () => {
    partner.records.set('Patient/p2', person('p2'));
    expect(await failureOf(enter({}))).toMatchObject({
      code: 'WRITE_SEVERAL',
      kind: 'conflict',
      retry: { held: true },
    });
  });

  test.each([
    ['birthDate', { birthDate: '1987-09-13' }],
    ['gender', { gender: 'male' }],
    // A twin with the number of the other: birth date and sex agree.
    ['name', { name: [{ family: 'Ödegård', given: ['Carmen'] }] }],
  ])('the number leads to somebody with another %s: held', async (what, more) => {
    const failure = await failureOf(enter(more));
    expect(failure).toMatchObject({ code: 'WRITE_DIFFERS', at: { path: what }, retry: { held: true } });
    expect(made('Patient')).toHaveLength(1);
  });

  test('a twin without a number is a person of their own; a namesake without anything more is held', async () => {
    const home = [{ line: ['1 Main St'], city: 'Larkfield', postalCode: '12345' }];
    partner.records.set('Patient/p1', person('p1', { address: home }));
    const twin = { identifier: undefined, address: home, name: [{ family: 'Ödegård', given: ['Carmen'] }] };
    expect(await enter(twin)).toMatchObject({ outcome: 'created' });
    const same = { identifier: undefined, address: home, telecom: undefined };
    expect(await enter(same, acting({ key: 'd3' }))).toMatchObject({ id: 'p1' });
    expect(await failureOf(enter({ identifier: undefined }, acting({ key: 'd2' })))).toMatchObject({
      code: 'WRITE_DIFFERS',
    });
    context.ledger.entries.clear();
    // Servers add a postal code of their own: street and city then tell as much.
    const [{ postalCode: _, ...noCode } = {}] = home;
    const shorter = { identifier: undefined, telecom: undefined, address: [noCode] };
    expect(await enter(shorter, acting({ key: 'd4' }))).toMatchObject({ id: 'p1' });
    const elsewhere = { ...shorter, address: [{ ...noCode, city: 'Port Amity' }] };
    expect(await failureOf(enter(elsewhere, acting({ key: 'd5' })))).toMatchObject({ code: 'WRITE_DIFFERS' });
  });

  test('what a server matched by itself is compared with what was meant', async () => {
    const means = acting({ rules: { matches: new Set(['Patient']) } });
    const { create: post } = means.client;
    // Match-or-create that matched somebody else.
    means.client.create = async (...args) => ({ ...(await post(...args)), id: 'p1' });
    const other = { ...person(''), id: undefined, birthDate: '1990-01-01' };
    const failure = await failureOf(create(kind('Patient'), { resource: other } as unknown as Json, means));
    expect(failure).toMatchObject({
      code: 'WRITE_DIFFERS',
      at: { path: 'birthDate' },
      retry: { held: true },
    });
    expect(context.ledger.moves.at(-1)).toBe('sending -> unknown');
  });
});

describe('an upsert and an update', () => {
  test('leave alone what is as it should be, change what is not, and make what is not there', async () => {
    const means = acting();
    const visit = (more = {}): Json => ({
      class: { code: 'AMB' },
      period: { start: '2026-01-05T10:00:00Z' },
      identifier: [{ system: 'urn:csn', value: '77' }],
      ...more,
    });
    const put = (resource: Json, key: string) =>
      upsert(kind('Encounter'), { resource, patient: 'p1' } as Json, {
        ...means,
        about: callContext({ idempotencyKey: key }),
      });
    expect(await put(visit(), 'a')).toMatchObject({ id: 'e1', outcome: 'created' });
    expect(await put(visit(), 'b')).toMatchObject({ id: 'e1', outcome: 'unchanged' });
    expect(await put(visit({ status: 'finished' }), 'c')).toMatchObject({ id: 'e1', outcome: 'updated' });
    expect(made('Encounter')).toMatchObject([{ status: 'finished', class: { code: 'AMB' } }]);
    const fixed = { ...means, rules: { ...means.rules, updates: new Set<string>() } };
    const about = callContext({ idempotencyKey: 'd' });
    const differing = { resource: visit({ status: 'cancelled' }), patient: 'p1' } as Json;
    expect(await upsert(kind('Encounter'), differing, { ...fixed, about })).toMatchObject({
      outcome: 'differs',
      resource: { differs: ['status'] },
    });
  });

  test('an evening visit is known by its day at the hospital, not by the day that it is in Greenwich by then', async () => {
    const of = (id: string, day: string): FhirResource => ({
      ...{ resourceType: 'Encounter', id, status: 'in-progress', class: { code: 'AMB' } },
      ...{ subject: { reference: 'Patient/p1' }, period: { start: day, end: day } },
    });
    // Epic gives office visits as days.
    partner.records.set('Encounter/today', of('today', '2026-01-05'));
    partner.records.set('Encounter/earlier', of('earlier', '2026-01-02'));
    const arrive = (start: string, key: string) =>
      upsert(
        kind('Encounter'),
        { resource: { class: { code: 'AMB' }, period: { start } }, patient: 'p1' } as Json,
        acting({ timeZone: 'America/Chicago', key }),
      );
    expect(await arrive('2026-01-06T01:30:00Z', 'a')).toMatchObject({ id: 'today', outcome: 'unchanged' });
    expect(await arrive('2026-01-02T23:59:59-06:00', 'b')).toMatchObject({ id: 'earlier' });
    expect(await arrive('2026-01-05T04:00:00Z', 'c')).toMatchObject({ id: 'e1', outcome: 'created' });
    expect(await arrive('2026-01-06T06:00:00Z', 'd')).toMatchObject({ id: 'e2', outcome: 'created' });
  });

  test('an update whose answer was lost is looked at before it is sent again', async () => {
    partner.records.set('Observation/o1', {
      ...(pulse() as object),
      resourceType: 'Observation',
      id: 'o1',
      subject: { reference: 'Patient/p1' },
    });
    partner.fates.push('lose answer');
    const means = acting();
    const change = () =>
      update(
        kind('Observation'),
        { id: 'o1', patient: 'p1', resource: pulse({ status: 'amended' }) } as Json,
        means,
      );
    await failureOf(change());
    expect(await change()).toMatchObject({ id: 'o1', outcome: 'updated' });
    expect(partner.requests.filter((one) => one.startsWith('PUT'))).toHaveLength(1);
  });

  test('what belongs to somebody else is not changed', async () => {
    partner.records.set('Observation/o1', {
      ...(pulse() as object),
      resourceType: 'Observation',
      id: 'o1',
      subject: { reference: 'Patient/p9' },
    });
    const means = acting();
    const args = { id: 'o1', patient: 'p1', resource: pulse({ status: 'amended' }) } as Json;
    expect(await failureOf(update(kind('Observation'), args, means))).toMatchObject({
      code: 'WRITE_NOT_MINE',
    });
    expect(partner.requests.filter((one) => one.startsWith('PUT'))).toEqual([]);
  });
});
