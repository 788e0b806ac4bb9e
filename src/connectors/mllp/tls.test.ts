import { afterEach, describe, expect, it } from 'vitest';
import { createMllpClient } from '../../hl7/index.ts';
import { testAuthority } from '../../hl7/mllp/certificate.fixture.ts';
import { callContext, never, testContext, testReceiver } from '../context.fixture.ts';
import type { Connection } from '../contract.ts';
import { mllp } from './index.ts';
import { accepted, adt, at, closeAll, failureOf, open, refusal } from './mllp.fixture.ts';

const authority = testAuthority();
const engine = authority.issue({ subject: 'engine' });
const hospital = authority.issue({ subject: 'hospital-a' });
const stranger = testAuthority('Another').issue({ subject: 'hospital-a' });
const secrets = {
  'our-key': engine.key,
  'our-cert': engine.cert,
  'hospital-key': hospital.key,
  'hospital-cert': hospital.cert,
  'stranger-key': stranger.key,
  'stranger-cert': stranger.cert,
};

afterEach(closeAll);

async function connection(record: object) {
  const context = await testContext();
  for (const [name, text] of Object.entries(secrets)) context.secretTexts.set(name, text);
  const opened = mllp.open(mllp.parse({ connector: 'mllp', ...record }, at), context);
  open.push(opened.close);
  return { opened, context };
}

async function receiving(tls: object) {
  const { opened, context } = await connection({ listen: { port: 0, tls } });
  const receiver = testReceiver(accepted);
  const listening = await opened.listen?.(receiver);
  return { port: Number(listening?.address.split(':').at(-1)), receiver, context };
}

const send = (opened: Connection, id = 'MSG1') =>
  opened.call?.(
    { do: 'send', args: null },
    callContext({ message: { id: '1', bytes: adt(id), format: 'hl7' } }),
  ) as Promise<unknown>;

async function sending(port: number, tls: object) {
  return await connection({ send: { host: '127.0.0.1', port, tls } });
}

const ours = { key: 'our-key', cert: 'our-cert' };
const theirs = { key: 'hospital-key', cert: 'hospital-cert' };

describe('a connection over mutual TLS', () => {
  const clients = { ca: authority.ca, pins: [hospital.fingerprint], names: ['hospital-a'] };

  it('carries messages between both ends, each held to its certificate', async () => {
    const { port, receiver } = await receiving({ ...ours, clients });
    const { opened, context } = await sending(port, {
      ca: authority.ca,
      pins: [engine.fingerprint],
      ...theirs,
    });
    expect(await opened.test(never)).toEqual([
      { check: 'route', ok: true, text: `127.0.0.1 port ${port} takes connections over TLS.` },
    ]);
    expect(receiver.received).toEqual([]);
    for (const id of ['MSG1', 'MSG2'])
      expect(await send(opened, id)).toMatchObject({ code: 'AA', controlId: id });
    expect(receiver.received.map(({ key }) => key)).toEqual(['MSG1', 'MSG2']);
    expect(context.outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok']);
  });

  it('hears no stranger, and tells the log who was refused and what to do', async () => {
    const { port, receiver, context } = await receiving({ ...ours, clients });
    const strange = { key: 'stranger-key', cert: 'stranger-cert' };
    for (const tls of [
      { ca: authority.ca },
      { ca: authority.ca, ...strange },
      { ca: authority.ca, ...ours },
    ]) {
      const { opened } = await sending(port, tls);
      expect(['MLLP_CLOSED', 'MLLP_TLS', 'MLLP_UNREACHABLE']).toContain((await failureOf(send(opened))).code);
    }
    const plain = createMllpClient({ host: '127.0.0.1', port });
    open.push(() => plain.close());
    expect((await plain.send(adt('P'))).outcome).not.toBe('answered');
    expect(receiver.received).toEqual([]);
    const logged = context.logged.join('\n');
    for (const text of [
      'it shows no certificate',
      'not from an authority',
      'none of those that are pinned',
      'does not speak TLS',
    ])
      expect(logged).toContain(text);
    expect(logged).toContain('The client at 127.0.0.1: ');
  });
});

it('an authority for clients alone is enough to ask for their certificates', async () => {
  const { port, receiver } = await receiving({ ...ours, clients: { ca: authority.ca } });
  const { opened: nobody } = await sending(port, { ca: authority.ca });
  await failureOf(send(nobody));
  expect(receiver.received).toEqual([]);
  const { opened } = await sending(port, { ca: authority.ca, ...theirs });
  expect(await send(opened)).toMatchObject({ code: 'AA' });
});

describe('a connection that sends over TLS', () => {
  it.each([
    ['to another authority', { ca: testAuthority('Another').ca }, /not from an authority/, /as ca/],
    ['to another name', { ca: authority.ca, servername: 'lab.example' }, /for another name/, /servername/],
    [
      'to another certificate',
      { pins: [hospital.fingerprint] },
      /none of those that are pinned/,
      /pin the new/,
    ],
  ])('sends nothing %s, and says so in the words of an interface analyst', async (_, tls, message, fix) => {
    const { port, receiver } = await receiving(ours);
    const { opened } = await sending(port, tls);
    const failure = await failureOf(send(opened));
    expect(failure).toMatchObject({ code: 'MLLP_TLS', kind: 'config' });
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(new RegExp(`^127\\.0\\.0\\.1 port ${port}: `));
    expect(failure.fix).toMatch(fix);
    expect(await opened.test(never)).toEqual([
      expect.objectContaining({ ok: false, failure: expect.anything() }),
    ]);
    expect(receiver.received).toEqual([]);
  });

  it('waits for no secret that is missing, and finds it once it is set', async () => {
    const { port } = await receiving(ours);
    const { opened, context } = await sending(port, { ca: 'their-ca' });
    expect(await failureOf(send(opened))).toMatchObject({ code: 'SECRET_MISSING', kind: 'config' });
    expect(await opened.test(never)).toEqual([expect.objectContaining({ ok: false })]);
    context.secretTexts.set('their-ca', authority.ca);
    expect(await send(opened)).toMatchObject({ code: 'AA' });
  });
});

describe('asked what it is', () => {
  const DAY = 86_400_000;
  const until = (day: string) => authority.issue({ subject: 'engine', to: Date.parse(`${day}T00:00:00Z`) });

  it('says which certificate ends first, the receiver’s or our own, and sends no message', async () => {
    const lasting = await receiving({ ...ours, clients: { ca: authority.ca } });
    const short = until('2031-05-01');
    const listening = await connection({
      listen: { port: 0, tls: { key: 'our-key', cert: short.cert } },
    });
    const observe = ({ opened }: { opened: Connection }) => opened.observe?.(never);
    expect(await observe(listening)).toMatchObject({
      certificate: {
        from: 'our own listener',
        validTo: '2031-05-01T00:00:00Z',
        issuer: 'Test Authority',
      },
    });
    const { port } = lasting;
    const to = (tls: object) => sending(port, { ca: authority.ca, ...tls });
    expect(await observe(await to(theirs))).toMatchObject({ certificate: { from: `127.0.0.1:${port}` } });
    const mine = await to({ key: 'short-key', cert: short.cert });
    mine.context.secretTexts.set('short-key', short.key);
    expect(await observe(mine)).toMatchObject({
      certificate: { from: 'our own sender' },
    });
    expect(lasting.receiver.received).toEqual([]);
  });

  it('says nothing where nobody answers or nothing is encrypted', async () => {
    const { port } = await receiving(ours);
    await closeAll();
    const gone = await sending(port, { ca: authority.ca });
    expect(await gone.opened.observe?.(never)).toEqual({});
    const plain = await connection({ send: { host: '127.0.0.1', port } });
    expect(plain.opened.observe).toBeUndefined();
  });

  it('reads dates of one that has ended', async () => {
    const ended = authority.issue({ subject: 'engine', to: Date.now() - DAY });
    const { opened, context } = await connection({
      listen: { port: 0, tls: { key: 'k', cert: ended.cert } },
    });
    context.secretTexts.set('k', ended.key);
    const { certificate } = (await opened.observe?.(never)) ?? {};
    expect(Date.parse(certificate?.validTo ?? '')).toBeLessThan(Date.now());
  });
});

describe('a record', () => {
  const out = { host: 'h', port: 1 };

  it('says what is wrong with its tls part, and never repeats a key', () => {
    expect(refusal({ listen: { port: 1, tls: {} } })).toContain('listen.tls.key');
    expect(refusal({ listen: { port: 1, tls: { ...ours, clients: {} } } })).toContain('give ca');
    const inline = refusal({ listen: { port: 1, tls: { ...ours, key: engine.key } } });
    expect(inline).toContain('the name of a secret');
    expect(inline).not.toContain('PRIVATE KEY');
    expect(refusal({ send: { ...out, tls: { pins: ['AB'] } } })).toContain('64 hexadecimal digits');
    expect(refusal({ send: { ...out, tls: { key: 'k' } } })).toContain('key and cert go together');
    expect(refusal({ send: { ...out, release: 2, window: 4 } })).toContain('leave window out');
    expect(refusal({ send: { ...out, tls: {} } })).toBe('taken');
  });

  it('with a key that does not fit its certificate does not listen', async () => {
    const { opened } = await connection({
      listen: { port: 0, tls: { key: 'our-key', cert: 'hospital-cert' } },
    });
    expect(await failureOf(opened.listen?.(testReceiver(accepted)))).toMatchObject({
      code: 'MLLP_TLS',
      kind: 'config',
    });
  });
});
