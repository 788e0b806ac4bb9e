import { once } from 'node:events';
import { createServer as createPlainServer } from 'node:net';
import { type ConnectionOptions, connect, createServer, type TlsOptions } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { buildAck } from '../ack.ts';
import { testAuthority } from './certificate.fixture.ts';
import {
  createMllpClient,
  createMllpServer,
  frame,
  type MllpClientTls,
  type MllpServerTls,
  type SendResult,
  TlsRefusal,
  tlsTrouble,
} from './index.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const authority = testAuthority();
const { ca } = authority;
const engine = authority.issue({ subject: 'engine' });
const hospital = authority.issue({ subject: 'hospital-a' });
const message = Buffer.from('MSH|^~\\&|A|B|C|D|20260131||ADT^A01|1|P|2.5\r');

async function serve(tls: Partial<MllpServerTls> = {}) {
  const seen: { name: string | undefined; fingerprint: string | undefined }[] = [];
  const errors: unknown[] = [];
  const server = createMllpServer({
    port: 0,
    tls: { ...engine, ...tls },
    onError: (error) => errors.push(error),
    onFrame: (bytes, peer) => {
      seen.push({ name: peer.certificateName, fingerprint: peer.certificateFingerprint });
      return buildAck(bytes, { code: 'AA', controlId: 'x', time: '20260131' });
    },
  });
  open.push({ close: () => server.close({ deadlineMs: 50 }) });
  return { server, seen, errors, port: (await server.listen()).port };
}

async function send(port: number, tls: MllpClientTls, host = '127.0.0.1'): Promise<SendResult> {
  const client = createMllpClient({ host, port, tls });
  open.push(client);
  return client.send(message);
}

/** A receiver of no interest but for how it does TLS. */
async function odd(options: TlsOptions): Promise<number> {
  const server = createServer({ ...engine, ...options });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return (server.address() as { port: number }).port;
}

describe('MLLP over TLS', () => {
  it('carries a message to a server the client knows', async () => {
    const { port, seen } = await serve();
    expect(await send(port, { ca })).toMatchObject({ kind: 'ack', code: 'AA' });
    expect(seen).toEqual([{ name: undefined, fingerprint: undefined }]);
  });

  it('ends its connections when it closes', async () => {
    const { port, server } = await serve();
    await send(port, { ca });
    // A sender that never ends its side keeps its connection until the deadline.
    const stubborn = connect({ host: '127.0.0.1', port, ca, allowHalfOpen: true } as ConnectionOptions);
    open.push({ close: () => stubborn.destroy() });
    stubborn.on('error', () => stubborn.destroy());
    stubborn.write(frame(message));
    await once(stubborn, 'data');
    expect(server.counters.connections).toBe(2);
    await server.close({ deadlineMs: 10 });
    expect(server.counters.connections).toBe(0);
  });

  it('tells the name and the fingerprint of the certificate of the sender', async () => {
    const { port, seen } = await serve({ ca, requestCert: true });
    expect((await send(port, { ca, ...hospital })).kind).toBe('ack');
    expect(seen).toEqual([{ name: 'hospital-a', fingerprint: hospital.fingerprint }]);
  });

  it('tells no name of a certificate that was not proved', async () => {
    const stranger = testAuthority('Somebody').issue({ subject: 'hospital-a' });
    const { port, seen } = await serve({ ca, requestCert: true, rejectUnauthorized: false });
    expect((await send(port, { ca, ...stranger })).kind).toBe('ack');
    expect(seen).toEqual([{ name: undefined, fingerprint: undefined }]);
  });
});

/** Nothing was sent, and why is said in one sentence of what happened and one of what to do. */
function refused(result: SendResult, port: number, text: string, fix: RegExp, host = '127.0.0.1'): void {
  expect(result).toMatchObject({ kind: 'unreachable', outcome: 'not-sent' });
  const { reason } = result as Extract<SendResult, { kind: 'unreachable' }>;
  expect(reason).toMatch(new RegExp(`^${host} port ${port}: ${text}\\. `));
  expect(reason).toMatch(fix);
}

describe('a client sends nothing', () => {
  it('to a server of another authority', async () => {
    const { port, server } = await serve();
    const other = testAuthority('Another').ca;
    const text = 'its certificate is not from an authority that is trusted here';
    refused(await send(port, { ca: other }), port, text, /Give the authority that issued it as ca/);
    refused(await send(port, {}), port, text, /as ca/);
    expect(server.counters.frames).toBe(0);
  });

  it('to a server whose certificate has expired, or is not valid yet', async () => {
    const now = Date.now();
    const expired = authority.issue({ subject: 'engine', to: now - 60_000 });
    const { port, server } = await serve(expired);
    refused(await send(port, { ca }), port, 'its certificate has expired', /renew its certificate/);
    // A pin says who, not when.
    refused(await send(port, { pins: [expired.fingerprint] }), port, 'its certificate has expired', /renew/);
    expect(server.counters.frames).toBe(0);
    const early = await serve(authority.issue({ subject: 'engine', from: now + 3_600_000 }));
    refused(await send(early.port, { ca }), early.port, 'its certificate is not valid yet', /clocks/);
  });

  it('to a server with another name', async () => {
    const { port, server } = await serve(authority.issue({ subject: 'lab', names: ['lab.example'] }));
    refused(await send(port, { ca }), port, 'its certificate is for another name', /servername/);
    refused(
      await send(port, { ca }, 'localhost'),
      port,
      'its certificate is for another name',
      /host/,
      'localhost',
    );
    expect(server.counters.frames).toBe(0);
    expect(await send(port, { ca, servername: 'lab.example' })).toMatchObject({ kind: 'ack' });
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('to a server that speaks %s only', async (version) => {
    const ciphers = 'DEFAULT@SECLEVEL=0';
    const port = await odd({ minVersion: version, maxVersion: version, ciphers });
    const text = 'it offers no TLS version from 1.2 on';
    refused(await send(port, { ca, ciphers }), port, text, /TLS 1\.2 or 1\.3 switched on/);
    // Not even when it is asked to.
    refused(await send(port, { ca, ciphers, minVersion: 'TLSv1' }), port, text, /switched on/);
  });

  it('to a server whose certificate is not the one that is pinned', async () => {
    const { port, server } = await serve();
    const pins = [hospital.fingerprint];
    const text = 'its certificate is none of those that are pinned';
    refused(await send(port, { ca, pins }), port, text, /by another way than this connection/);
    refused(await send(port, { pins }), port, text, /pin the new/);
    expect(server.counters.frames).toBe(0);
  });

  it('to one that is pinned but of another authority than the one that is asked for', async () => {
    const { port } = await serve();
    const other = testAuthority('Another').ca;
    const result = await send(port, { ca: other, pins: [engine.fingerprint] });
    refused(result, port, 'its certificate is not from an authority that is trusted here', /as ca/);
  });

  it('but does to one that is pinned, self-made or not, however the fingerprint is written', async () => {
    const { port } = await serve();
    for (const pin of [engine.fingerprint, engine.fingerprint.replaceAll(':', '').toLowerCase()])
      expect(await send(port, { pins: [hospital.fingerprint, pin] })).toMatchObject({ kind: 'ack' });
    expect(await send(port, { ca, pins: [engine.fingerprint] })).toMatchObject({ kind: 'ack' });
  });

  it('to a port without TLS', async () => {
    const got: Buffer[] = [];
    const onFrame = (bytes: Uint8Array): null => {
      got.push(Buffer.from(bytes));
      return null;
    };
    const plain = createMllpServer({ port: 0, midFrameTimeoutMs: 50, onFrame });
    open.push({ close: () => plain.close({ deadlineMs: 50 }) });
    const { port } = await plain.listen();
    const chatty = createPlainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    chatty.listen(0, '127.0.0.1');
    await once(chatty, 'listening');
    open.push(chatty);
    const other = (chatty.address() as { port: number }).port;
    refused(await send(other, { ca }), other, 'it does not speak TLS', /Check the port/);
    const client = createMllpClient({ host: '127.0.0.1', port, tls: { ca }, connectTimeoutMs: 50 });
    open.push(client);
    expect(await client.send(message)).toMatchObject({ kind: 'unreachable', outcome: 'not-sent' });
    // The random bytes of a TLS hello may look like a frame, one time in fifty; the message must not be in it.
    expect(Buffer.concat(got).includes('MSH|')).toBe(false);
  });

  it('with a key that does not belong to its certificate, and says whose fault it is', async () => {
    const { port } = await serve();
    const mixed = { ca, key: hospital.key, cert: engine.cert };
    refused(
      await send(port, mixed),
      port,
      'the key or certificate of this side cannot be used',
      /belong together/,
    );
    refused(
      await send(port, { ca, key: 'no key', cert: engine.cert }),
      port,
      'the key or certificate .*',
      /PEM/,
    );
  });

  it('with a pin that is none', async () => {
    const { port } = await serve();
    for (const pins of [[], ['AB:CD'], [''.padEnd(64, 'g')]])
      expect(await send(port, { pins })).toMatchObject({
        outcome: 'not-sent',
        reason: expect.stringMatching(/pin/),
      });
    expect(() => createMllpServer({ port: 0, tls: { ...engine, pins: ['x'] }, onFrame: () => null })).toThrow(
      RangeError,
    );
  });
});

describe('a server hears nothing', () => {
  async function unheard(
    tls: Partial<MllpServerTls>,
    client: MllpClientTls,
    sentence: RegExp,
    host?: string,
  ): Promise<SendResult> {
    const { port, server, errors } = await serve(tls);
    const result = await send(port, client, host);
    // In TLS 1.3 the client may begin before the server's refusal arrives, so what it knows is less than not-sent.
    expect(result.outcome).not.toBe('answered');
    expect(server.counters.frames).toBe(0);
    expect(server.counters.tlsErrors).toBe(1);
    expect(errors).toHaveLength(1);
    expect((errors[0] as Error).message).toMatch(/^The client at \S+: /);
    expect((errors[0] as Error).message).toMatch(sentence);
    return result;
  }
  const mutual = { ca, requestCert: true };

  it('of a sender without a certificate', async () => {
    await unheard(
      mutual,
      { ca },
      /it shows no certificate, and one is asked for\. Have the other side set up/,
    );
    await unheard({ pins: [hospital.fingerprint] }, { ca }, /it shows no certificate/);
  });

  it('of a sender of another authority', async () => {
    const stranger = testAuthority('Another').issue({ subject: 'hospital-a' });
    await unheard(mutual, { ca, ...stranger }, /not from an authority that is trusted here/);
    await unheard(
      { ...mutual, names: ['hospital-a'], rejectUnauthorized: false },
      { ca, ...stranger },
      /authority/,
    );
    await unheard(mutual, { ca, ...stranger, maxVersion: 'TLSv1.2' }, /authority/);
  });

  it('of a sender whose certificate has expired', async () => {
    const expired = authority.issue({ subject: 'hospital-a', to: Date.now() - 60_000 });
    await unheard(mutual, { ca, ...expired }, /its certificate has expired\. Have the other side renew/);
    await unheard({ pins: [expired.fingerprint] }, { ca, ...expired }, /its certificate has expired/);
  });

  it('of a sender with another name than the endpoint is for', async () => {
    const names = ['hospital-b', 'hospital-c.example'];
    await unheard({ ...mutual, names }, { ca, ...hospital }, /its certificate is for another name/);
    for (const wish of [{ subject: 'hospital-b' }, { subject: 'x', names: ['hospital-c.example'] }]) {
      const { port } = await serve({ ...mutual, names });
      expect(await send(port, { ca, ...authority.issue(wish) })).toMatchObject({ kind: 'ack' });
    }
  });

  it('of a sender whose certificate is not pinned to the endpoint', async () => {
    const other = authority.issue({ subject: 'hospital-a', from: 0 });
    for (const tls of [{ pins: [hospital.fingerprint] }, { ...mutual, pins: [hospital.fingerprint] }]) {
      await unheard(tls, { ca, ...other }, /none of those that are pinned/);
      const { port, seen } = await serve(tls);
      expect(await send(port, { ca, ...hospital })).toMatchObject({ kind: 'ack' });
      expect(seen).toEqual([{ name: 'hospital-a', fingerprint: hospital.fingerprint }]);
    }
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('of a sender that speaks %s only', async (version) => {
    const ciphers = 'DEFAULT@SECLEVEL=0';
    const { port, server, errors } = await serve({ ciphers, minVersion: 'TLSv1' });
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca,
      ciphers,
      minVersion: version,
      maxVersion: version,
    });
    const [error] = (await once(socket, 'error').catch((reason: unknown) => [reason])) as [Error];
    expect(tlsTrouble(error)).toMatchObject({ kind: 'version' });
    expect(server.counters).toMatchObject({ frames: 0, tlsErrors: 1 });
    expect(errors[0]).toBeInstanceOf(TlsRefusal);
    expect((errors[0] as TlsRefusal).trouble.kind).toBe('version');
  });

  it('of a sender without TLS', async () => {
    const { port, server, errors } = await serve();
    const client = createMllpClient({ host: '127.0.0.1', port });
    open.push(client);
    expect((await client.send(message)).outcome).toBe('unknown');
    expect(server.counters.frames).toBe(0);
    expect((errors[0] as Error).message).toMatch(/it does not speak TLS\. Check the port/);
  });
});

it('has nothing to say of what is no trouble of TLS', () => {
  expect(tlsTrouble(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))).toBeUndefined();
  expect(tlsTrouble(new Error('x'))).toBeUndefined();
  expect(tlsTrouble(Object.assign(new Error('odd'), { code: 'ERR_SSL_ODD' }))).toMatchObject({
    kind: 'other',
    text: 'TLS failed (ERR_SSL_ODD)',
  });
});
