import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, type Asked, serve } from '../../fhir/server.fixture.ts';
import { Failure, manualClock } from '../../std/index.ts';
import { callContext, never, type TestContext, testContext, testReceiver } from '../context.fixture.ts';
import type { CallContext, Connection, HttpRequest, Verdict } from '../contract.ts';
import { signatureHeaders, webhook } from './index.ts';

const at = { site: 'mercy', connection: 'care-app' };
const SECRET = `whsec_${Buffer.from('a secret of the two sides').toString('base64')}`;
const NOON = Date.UTC(2026, 10, 21, 12);

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function world(
  answer: (asked: Asked, count: number) => Answer | Promise<Answer>,
  record: Record<string, unknown> = {},
) {
  const server = await serve(answer);
  const context = await testContext({ clock: manualClock(NOON) });
  context.secretTexts.set('care-app', SECRET);
  const connection = webhook.open(
    webhook.parse(
      { connector: 'webhook', url: `${server.origin}/hooks/in`, secret: 'care-app', ...record },
      at,
    ),
    context,
  );
  open.push(server.close, connection.close);
  return { server, context, connection };
}

const call = (connection: Connection, name: string, args: unknown, about: Partial<CallContext> = {}) =>
  connection.call?.({ do: name, args: args as never }, callContext(about));

async function failureOf(work: Promise<unknown> | undefined): Promise<Failure> {
  const error = await Promise.resolve(work).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('sending', () => {
  it('signs what it sends, under the key of the step', async () => {
    const { server, connection, context } = await world(() => ({ status: 200, body: { id: 17 } }));
    expect(
      await call(connection, 'send', { body: { mrn: '7', name: 'Ä' } }, { idempotencyKey: 'd9.notify' }),
    ).toEqual({ id: 17 });
    const [asked] = server.asked;
    expect(asked).toMatchObject({ method: 'POST', url: '/hooks/in' });
    expect(asked?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': 'd9.notify',
      'webhook-id': 'd9.notify',
      'webhook-timestamp': String(NOON / 1000),
    });
    const expected = createHmac('sha256', 'a secret of the two sides')
      .update(`d9.notify.${NOON / 1000}.`)
      .update(asked?.body ?? '')
      .digest('base64');
    expect(asked?.headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(asked?.headers['suture-possible-duplicate']).toBeUndefined();
    expect(asked?.body.toString()).toBe('{"mrn":"7","name":"Ä"}');
    expect(context.outcomes).toEqual([expect.objectContaining({ kind: 'ok' })]);
  });

  it('says when it may have been sent before', async () => {
    const { server, connection } = await world(() => ({ status: 204 }));
    expect(await call(connection, 'send', { body: 1 }, { possibleDuplicate: true })).toBeNull();
    expect(server.asked[0]?.headers['suture-possible-duplicate']).toBe('true');
  });

  it('passes the message on byte for byte when the step gives no body', async () => {
    const { server, connection } = await world(() => ({ status: 202 }));
    const bytes = Buffer.from('MSH|^~\\&|A|B\rPID|1||\xe9\r', 'latin1');
    await call(connection, 'send', null, { message: { id: '1', bytes, format: 'hl7' } });
    expect(server.asked[0]?.headers['content-type']).toBe('x-application/hl7-v2+er7');
    expect(server.asked[0]?.body.equals(bytes)).toBe(true);
  });

  it('takes a path below the url and nothing outside of it', async () => {
    const { server, connection } = await world(() => ({ status: 200 }));
    await call(connection, 'send', { path: '/a b/c?d#e', method: 'PATCH', body: {} });
    expect(server.asked[0]).toMatchObject({ method: 'PATCH', url: '/hooks/in/a%20b/c%3Fd%23e' });
    for (const path of ['../admin', '..', '%2e%2e/admin', 'x/../../../admin', '\\..\\..\\admin']) {
      expect((await failureOf(call(connection, 'send', { path, body: {} }))).code).toBe('WEBHOOK_ARGUMENTS');
    }
    await call(connection, 'send', { path: '//evil.example/x', body: {} });
    await call(connection, 'send', { path: 'http://evil.example/x', body: {} });
    expect(server.asked.map(({ url }) => url)).toEqual([
      '/hooks/in/a%20b/c%3Fd%23e',
      '/hooks/in/evil.example/x',
      '/hooks/in/http://evil.example/x',
    ]);
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await serve(() => ({ body: 'stolen' }));
    open.push(elsewhere.close);
    const { connection } = await world(() => ({
      status: 307,
      headers: { location: `${elsewhere.origin}/x` },
    }));
    expect(await failureOf(call(connection, 'send', { body: 1 }))).toMatchObject({
      code: 'WEBHOOK_REDIRECTED',
      kind: 'config',
    });
    expect(elsewhere.asked).toEqual([]);
  });
});

describe('finding, creating, updating', () => {
  it('asks and gives matches, whatever form they have', async () => {
    const answers = [[{ id: 1 }, { id: 2 }], { matches: [{ id: 3 }] }, { id: 4 }, []];
    const { server, connection } = await world((_asked, count) => ({ body: answers[count - 1] }));
    const ask = () =>
      call(connection, 'find', { path: 'people', query: { mrn: '7&8', active: true, none: null } });
    expect(await ask()).toEqual({ matches: [{ id: 1 }, { id: 2 }] });
    expect(await ask()).toEqual({ matches: [{ id: 3 }] });
    expect(await ask()).toEqual({ matches: [{ id: 4 }] });
    expect(await ask()).toEqual({ matches: [] });
    expect(server.asked[0]).toMatchObject({ method: 'GET', url: '/hooks/in/people?mrn=7%268&active=true' });
  });

  it('takes 404 for no match', async () => {
    const { connection, context } = await world(() => ({ status: 404, body: 'no' }));
    expect(await call(connection, 'find', { path: 'people' })).toEqual({ matches: [] });
    expect(context.outcomes).toEqual([expect.objectContaining({ kind: 'ok' })]);
  });

  it('gives what was made', async () => {
    const { server, connection } = await world(({ method }) => ({ status: 201, body: { method } }));
    expect(await call(connection, 'create', { path: 'visits', body: { csn: '1' } })).toEqual({
      method: 'POST',
    });
    expect(await call(connection, 'update', { path: 'visits/1', body: { csn: '1' } })).toEqual({
      method: 'PUT',
    });
    expect(server.asked.map(({ url }) => url)).toEqual(['/hooks/in/visits', '/hooks/in/visits/1']);
    expect(await failureOf(call(connection, 'remove', {}))).toMatchObject({
      code: 'WEBHOOK_CAPABILITY_UNKNOWN',
    });
  });
});

describe('what is not a yes', () => {
  const cases: [string, Answer, object][] = [
    [
      '400',
      { status: 400, body: 'Zebra is no name' },
      { code: 'WEBHOOK_REFUSED', kind: 'validation', retry: { again: false } },
    ],
    ['404', { status: 404 }, { code: 'WEBHOOK_REFUSED' }],
    ['410', { status: 410 }, { code: 'WEBHOOK_REFUSED' }],
    ['422', { status: 422 }, { code: 'WEBHOOK_REFUSED' }],
    ['401', { status: 401 }, { code: 'WEBHOOK_UNAUTHORIZED', kind: 'auth' }],
    ['403', { status: 403 }, { code: 'WEBHOOK_FORBIDDEN', kind: 'config' }],
    ['408', { status: 408 }, { code: 'WEBHOOK_NOT_NOW', kind: 'rejected' }],
    ['409', { status: 409 }, { code: 'WEBHOOK_CONFLICT', kind: 'conflict' }],
    [
      '429',
      { status: 429, headers: { 'retry-after': '7' } },
      { code: 'WEBHOOK_THROTTLED', retry: { again: true, after: 7_000 } },
    ],
    ['503', { status: 503 }, { code: 'WEBHOOK_THROTTLED', kind: 'throttle' }],
    ['500', { status: 500 }, { code: 'WEBHOOK_FAILED', kind: 'rejected', retry: { again: true } }],
    [
      'a lost answer',
      'hang up',
      { code: 'WEBHOOK_UNKNOWN', kind: 'unknown-outcome', retry: { again: true } },
    ],
  ];
  it.each(cases)('%s', async (_name, answer, expected) => {
    const { connection, context } = await world(() => answer);
    const failure = await failureOf(call(connection, 'send', { body: { name: 'Zebra' } }));
    expect(failure).toMatchObject(expected);
    expect(JSON.stringify(failure)).not.toContain('Zebra');
    expect(context.outcomes).toEqual([expect.objectContaining({ kind: failure.kind, code: failure.code })]);
  });

  it('keeps the answer for the sealed history', async () => {
    const { connection } = await world(() => ({ status: 422, body: { error: 'Zebra' } }));
    expect((await failureOf(call(connection, 'send', { body: 1 }))).detail).toBe('{"error":"Zebra"}');
  });

  it('a lost answer to a question is asked again without a doubt', async () => {
    const { connection } = await world(() => 'hang up');
    expect(await failureOf(call(connection, 'find', {}))).toMatchObject({
      code: 'WEBHOOK_TIMEOUT',
      kind: 'timeout',
    });
  });

  it('nobody there: nothing was sent', async () => {
    const { connection, server } = await world(() => ({}));
    await server.close();
    expect(await failureOf(call(connection, 'send', { body: 1 }))).toMatchObject({
      code: 'WEBHOOK_UNREACHABLE',
      kind: 'unreachable',
    });
  });

  it('silence is an unknown outcome', async () => {
    const server = await serve(() => 'silence');
    const context = await testContext();
    context.secretTexts.set('care-app', SECRET);
    const connection = webhook.open(
      webhook.parse({ connector: 'webhook', url: server.origin, secret: 'care-app', timeout: '50ms' }, at),
      context,
    );
    open.push(server.close, connection.close);
    expect(await failureOf(call(connection, 'send', { body: 1 }))).toMatchObject({ code: 'WEBHOOK_UNKNOWN' });
  });

  it('an answer without end costs no memory: passing on is done, a lookup is not', async () => {
    const { connection } = await world(() => ({ body: JSON.stringify('x'.repeat(5_000)) }), {
      maxBody: 1_024,
    });
    expect(await call(connection, 'send', { body: 1 })).toBeNull();
    expect((await failureOf(call(connection, 'find', {}))).code).toBe('WEBHOOK_ANSWER');
  });
});

describe('receiving', () => {
  const accepted: Verdict = { kind: 'accepted', messageId: '41', receivedAt: NOON };

  async function hook(verdict: Verdict = accepted, record: Record<string, unknown> = {}) {
    const { connection, context } = await world(() => ({}), { accepts: true, ...record });
    const receiver = testReceiver(() => verdict);
    const knock = (request: Partial<HttpRequest>) =>
      connection.http?.(
        { method: 'POST', path: '/orders', headers: {}, body: new Uint8Array(), ...request },
        receiver,
      );
    return { connection, context, receiver, knock };
  }
  const signed = (
    body: Uint8Array,
    more: { id?: string; now?: number; secret?: string } = {},
  ): Record<string, string> => ({
    'content-type': 'application/json',
    ...signatureHeaders(more.secret ?? SECRET, more.id ?? 'msg_1', more.now ?? NOON, body),
  });
  const body = Buffer.from('{ "order": 1.50 }');

  it('keeps the bytes as they came and answers when they are kept', async () => {
    const { receiver, knock } = await hook();
    const answer = await knock({ headers: signed(body), body });
    expect(answer).toMatchObject({ status: 202, body: '{"messageId":"41"}' });
    expect(receiver.received[0]).toMatchObject({
      format: 'json',
      door: 'webhook',
      type: 'orders',
      key: 'msg_1',
    });
    expect(Buffer.from(receiver.received[0]?.bytes ?? []).equals(body)).toBe(true);
  });

  it('gives a repeat the same answer', async () => {
    const { knock } = await hook({ kind: 'duplicate', messageId: '41', receivedAt: NOON });
    expect(await knock({ headers: signed(body), body })).toMatchObject({
      status: 202,
      body: '{"messageId":"41"}',
    });
  });

  it('asks to come again when it could not be kept', async () => {
    const failure = new Failure({ code: 'STORE_FULL', kind: 'unreachable', message: 'full', fix: 'free it' });
    const { knock } = await hook({ kind: 'not kept', failure });
    expect(await knock({ headers: signed(body), body })).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
    });
  });

  it('believes no one without a signature that fits', async () => {
    const { receiver, knock, context } = await hook();
    const forged: [string, Record<string, string>, Uint8Array][] = [
      ['none', {}, body],
      ['of another secret', signed(body, { secret: 'other' }), body],
      ['of another body', signed(body), Buffer.from('{ "order": 9.99 }')],
      ['of another id', { ...signed(body), 'webhook-id': 'msg_2' }, body],
      ['of another time', { ...signed(body), 'webhook-timestamp': String(NOON / 1000 + 1) }, body],
      ['cut short', { ...signed(body), 'webhook-signature': 'v1,AAAA' }, body],
      [
        'of another kind',
        {
          ...signed(body),
          'webhook-signature': signed(body)['webhook-signature']?.replace('v1,', 'v2,') ?? '',
        },
        body,
      ],
      ['six minutes old', signed(body, { now: NOON - 360_000 }), body],
      ['from the future', signed(body, { now: NOON + 360_000 }), body],
    ];
    for (const [name, headers, bytes] of forged) {
      expect(await knock({ headers, body: bytes }), name).toMatchObject({ status: 401 });
    }
    expect(receiver.received).toEqual([]);
    context.secretTexts.clear();
    expect(await knock({ headers: signed(body), body })).toMatchObject({ status: 503 });
    expect(receiver.received).toEqual([]);
  });

  it('takes one of several signatures, as when a secret is changed', async () => {
    const { knock } = await hook();
    const headers = signed(body);
    const other = signed(body, { secret: 'old' })['webhook-signature'];
    expect(
      await knock({
        headers: { ...headers, 'webhook-signature': `${other} ${headers['webhook-signature']}` },
        body,
      }),
    ).toMatchObject({ status: 202 });
  });

  it('keeps text as text, and refuses what is labelled JSON and is none', async () => {
    const { receiver, knock } = await hook();
    const text = Buffer.from('A|B|C');
    await knock({ headers: { ...signed(text), 'content-type': 'text/plain' }, body: text });
    expect(receiver.received[0]).toMatchObject({ format: 'text' });
    expect(receiver.received[0]).not.toHaveProperty('refused');
    await knock({ headers: signed(text), body: text });
    expect(receiver.received[1]?.refused).toContain('not JSON');
    const rejecting = await hook({
      kind: 'rejected',
      messageId: '42',
      receivedAt: NOON,
      reason: 'The body is not JSON.',
    });
    expect(await rejecting.knock({ headers: signed(text), body: text })).toMatchObject({ status: 422 });
  });

  it('takes nothing that is too large, no other method, and nothing at all unless told', async () => {
    const { receiver, knock } = await hook(accepted, { maxBody: 1_024 });
    const large = Buffer.alloc(1_025, 32);
    expect(await knock({ headers: signed(large), body: large })).toMatchObject({ status: 413 });
    expect(await knock({ method: 'GET', headers: signed(body), body })).toMatchObject({ status: 405 });
    const { connection: closed } = await world(() => ({}), { accepts: false });
    expect(closed.http).toBeUndefined();
    expect(receiver.received).toEqual([]);
  });
});

describe('the record', () => {
  const refusal = (record: object): string => {
    try {
      webhook.parse({ connector: 'webhook', secret: 's', ...record }, at);
      return 'taken';
    } catch (error) {
      return (error as Error).message;
    }
  };
  it('names what is wrong', () => {
    expect(refusal({ url: 'https://a.example', timeut: '1s' })).toContain('did you mean "timeout"?');
    expect(refusal({ url: 'http://a.example' })).toContain('plainHttp');
    expect(refusal({ url: 'ftp://a.example' })).toContain('connections.care-app.url');
    expect(refusal({ url: 'https://user:pass@a.example' })).not.toContain('pass@');
    expect(refusal({})).toContain('accepts: true');
    expect(refusal({ accepts: true })).toBe('taken');
  });
});

it('tests the secret and the way, and changes nothing', async () => {
  const { connection, server, context } = await world(() => ({ status: 405 }));
  const checks = async (): Promise<string[]> =>
    (await connection.test(never)).map(({ check, ok, failure }) => `${check}: ${ok ? 'ok' : failure?.code}`);
  expect(await checks()).toEqual(['secret: ok', 'route: ok']);
  expect(server.asked.map(({ method }) => method)).toEqual(['HEAD']);
  (context as TestContext).secretTexts.clear();
  await server.close();
  expect(await checks()).toEqual(['secret: SECRET_MISSING', 'route: WEBHOOK_UNREACHABLE']);
});
