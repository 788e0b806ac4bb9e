import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { buildAck } from '../ack.ts';
import { peek } from '../header.ts';
import { testAuthority } from '../mllp/certificate.fixture.ts';
import {
  createHl7HttpClient,
  createHl7HttpServer,
  type Hl7HttpClientOptions,
  type Hl7HttpPeer,
  type Hl7HttpServerOptions,
} from './index.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const hl7 = (id: string | number, charset = ''): Buffer =>
  Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|${id}|P|2.5||||||${charset}\rPID|1\r`);
const ack = (bytes: Uint8Array, code: 'AA' | 'AE' | 'AR' = 'AA'): Uint8Array =>
  buildAck(bytes, { code, controlId: 'x', time: '20260131' });

async function serve(options: Partial<Hl7HttpServerOptions> = {}) {
  const seen: Hl7HttpPeer[] = [];
  const errors: unknown[] = [];
  const server = createHl7HttpServer({
    port: 0,
    onError: (error) => errors.push(error),
    onMessage: (bytes, peer) => {
      seen.push(peer);
      return ack(bytes);
    },
    ...options,
  });
  open.push(() => server.close({ deadlineMs: 20 }));
  const { port } = await server.listen();
  return { port, seen, errors, url: `http://127.0.0.1:${port}/adt` };
}

function client(url: string, options: Partial<Hl7HttpClientOptions> = {}) {
  const made = createHl7HttpClient({ url, ...options });
  open.push(() => made.close());
  return made;
}

/** A receiver that answers whatever the test says. */
async function receiver(answer: (response: ServerResponse, body: Buffer) => void): Promise<string> {
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => answer(response, Buffer.concat(chunks)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as { port: number }).port}/`;
}

describe('HL7 over HTTP', () => {
  it('carries a message and its acknowledgement, with the character set of MSH-18', async () => {
    const { url, seen } = await serve();
    const sender = client(url, { authorization: 'Basic eDp5' });
    expect(await sender.send(hl7(1))).toMatchObject({ kind: 'ack', code: 'AA', controlId: '1' });
    await sender.send(hl7(2, '8859/1'));
    await sender.send(hl7(3, 'ODD'));
    expect(seen.map(({ charset }) => charset)).toEqual(['UTF-8', 'ISO-8859-1', undefined]);
    expect(seen[0]).toMatchObject({ path: '/adt', authorization: 'Basic eDp5', remoteAddress: '127.0.0.1' });
  });

  it('says AE and AR with status 200: the transport did its part', async () => {
    const statuses: (number | undefined)[] = [];
    const { url, port } = await serve({ onMessage: (bytes) => ack(bytes, 'AR') });
    expect(await client(url).send(hl7(1))).toMatchObject({ kind: 'ack', code: 'AR' });
    const asked = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': 'x-application/hl7-v2+er7' },
    });
    asked.end(hl7(2));
    const [response] = await once(asked, 'response');
    statuses.push(response.statusCode);
    response.resume();
    expect(statuses).toEqual([200]);
    expect(response.headers['content-type']).toBe('application/hl7-v2; charset=UTF-8');
  });

  it.each([
    ['GET', 'application/hl7-v2', 405],
    ['POST', 'text/plain', 415],
    ['POST', 'application/hl7-v2+xml', 415],
    ['POST', undefined, 415],
  ])('answers %s of %s with %i', async (method, contentType, status) => {
    const { port, seen } = await serve();
    const asked = request({
      port,
      host: '127.0.0.1',
      method,
      headers: contentType === undefined ? {} : { 'content-type': contentType },
    });
    asked.end(method === 'GET' ? undefined : hl7(1));
    const [response] = await once(asked, 'response');
    response.resume();
    expect(response.statusCode).toBe(status);
    expect(seen).toEqual([]);
  });

  it('takes no message that is too large, declared or not', async () => {
    const { url, port, seen } = await serve({ maxBytes: 1_000 });
    const large = Buffer.concat([hl7(1), Buffer.alloc(5_000, 'x')]);
    expect(await client(url).send(large)).toMatchObject({
      kind: 'refused',
      outcome: 'not-sent',
      status: 413,
    });
    const asked = request({
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': 'application/hl7-v2' },
    });
    asked.on('error', () => undefined);
    asked.write(large.subarray(0, 600));
    asked.write(large.subarray(600));
    asked.end();
    const [response] = await once(asked, 'response');
    response.resume();
    expect(response.statusCode).toBe(413);
    expect(seen).toEqual([]);
  });

  it('promises nothing when nothing was kept, and nothing when the handler fails', async () => {
    const { url, errors } = await serve({
      onMessage: (bytes) => {
        if (peek(bytes).controlId === '2') throw new Error('full');
        return 'close';
      },
    });
    const sender = client(url);
    expect(await sender.send(hl7(1))).toMatchObject({
      kind: 'junk',
      outcome: 'unknown',
      reason: expect.stringMatching(/503/),
    });
    expect(await sender.send(hl7(2))).toMatchObject({
      kind: 'junk',
      outcome: 'unknown',
      reason: expect.stringMatching(/500/),
    });
    expect(errors).toHaveLength(1);
    const silent = await serve({ onMessage: () => null });
    expect(await client(silent.url).send(hl7(1))).toMatchObject({ kind: 'junk', outcome: 'unknown' });
  });

  it('turns away who may not send, before reading', async () => {
    const { url, seen } = await serve({ authorize: ({ authorization }) => authorization === 'Bearer right' });
    expect(await client(url).send(hl7(1))).toMatchObject({ kind: 'refused', status: 401 });
    expect(seen).toEqual([]);
    expect(await client(url, { authorization: 'Bearer right' }).send(hl7(1))).toMatchObject({ kind: 'ack' });
  });

  it('ends a request that is not whole in time', async () => {
    const { port, seen } = await serve({ requestTimeoutMs: 50 });
    const socket = connect(port, '127.0.0.1');
    open.push(() => socket.destroy());
    socket.write(
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/hl7-v2\r\nContent-Length: 100\r\n\r\nMSH|',
    );
    socket.resume();
    await once(socket, 'close');
    expect(seen).toEqual([]);
  });
});

describe('an acknowledgement over HTTP', () => {
  const hl7Type = { 'content-type': 'application/hl7-v2' };

  it('counts whatever its status, but only for its own message', async () => {
    const url = await receiver((response, body) => {
      const id = peek(body).controlId;
      if (id === '1') response.writeHead(500, hl7Type).end(ack(body, 'AE'));
      else if (id === '2') response.writeHead(200, hl7Type).end(ack(hl7('other')));
      else if (id === '3') response.writeHead(200, hl7Type).end('OK');
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<p>AA</p>');
    });
    const sender = client(url);
    expect(await sender.send(hl7(1))).toMatchObject({ kind: 'ack', code: 'AE' });
    expect(await sender.send(hl7(2))).toMatchObject({
      kind: 'mismatch',
      outcome: 'unknown',
      expected: '2',
      got: 'other',
    });
    expect(await sender.send(hl7(3))).toMatchObject({ kind: 'junk', outcome: 'unknown' });
    expect(await sender.send(hl7(4))).toMatchObject({
      kind: 'junk',
      outcome: 'unknown',
      reason: expect.stringMatching(/no HL7/),
    });
  });

  it('that is late, cut, endless or lost leaves the outcome unknown', async () => {
    const url = await receiver((response, body) => {
      const id = peek(body).controlId;
      if (id === '1') return;
      if (id === '2') response.writeHead(200, { ...hl7Type, 'content-length': 1_000 }).write(ack(body));
      if (id === '2') setImmediate(() => response.destroy());
      if (id === '3')
        response.writeHead(200, hl7Type).end(Buffer.concat([ack(body), Buffer.alloc(9_000, 'x')]));
      if (id === '4') response.destroy();
    });
    const sender = client(url, { responseTimeoutMs: 100, maxBytes: 2_000 });
    expect(await sender.send(hl7(1))).toEqual({ kind: 'timeout', outcome: 'unknown', afterMs: 100 });
    expect(await sender.send(hl7(2))).toMatchObject({ kind: 'closed', outcome: 'unknown' });
    expect(await sender.send(hl7(3))).toMatchObject({
      kind: 'junk',
      outcome: 'unknown',
      reason: expect.stringMatching(/larger than 2000/),
    });
    expect(await sender.send(hl7(4))).toMatchObject({ kind: 'closed', outcome: 'unknown' });
  });

  it('is not waited for when nothing could be sent', async () => {
    const { port } = await serve();
    for (const close of open.splice(0)) await close();
    expect(await client(`http://127.0.0.1:${port}/`).send(hl7(1))).toMatchObject({
      kind: 'unreachable',
      outcome: 'not-sent',
    });
    expect(await client('http://127.0.0.1:1/').send(Buffer.from('x'))).toMatchObject({ kind: 'unsendable' });
    expect(await client('http://127.0.0.1:1/').send(Buffer.from('MSH|^~\\&|A\r'))).toMatchObject({
      kind: 'unsendable',
    });
    expect(() => createHl7HttpClient({ url: 'ftp://x/' })).toThrow(RangeError);
  });
});

describe('HL7 over HTTPS', () => {
  const authority = testAuthority();
  const { ca } = authority;
  const engine = authority.issue({ subject: 'engine' });
  const hospital = authority.issue({ subject: 'hospital' });

  it('goes to the pinned endpoint, and to no other', async () => {
    const { port, seen } = await serve({ tls: engine });
    const url = `https://127.0.0.1:${port}/`;
    for (const tls of [{ ca }, { pins: [engine.fingerprint] }])
      expect(await client(url, { tls }).send(hl7(1))).toMatchObject({ kind: 'ack' });
    const before = seen.length;
    for (const [tls, sentence] of [
      [{ pins: [hospital.fingerprint] }, /none of those that are pinned/],
      [{ ca: testAuthority().ca }, /not from an authority/],
      [{ ca, servername: 'lab.example' }, /for another name/],
    ] as const)
      expect(await client(url, { tls }).send(hl7(1))).toMatchObject({
        kind: 'unreachable',
        outcome: 'not-sent',
        reason: expect.stringMatching(sentence),
      });
    expect(seen).toHaveLength(before);
  });

  it('hears only the clients it is for', async () => {
    const { port, seen, errors } = await serve({ tls: { ...engine, pins: [hospital.fingerprint] } });
    const url = `https://127.0.0.1:${port}/`;
    expect(await client(url, { tls: { ca, ...hospital } }).send(hl7(1))).toMatchObject({ kind: 'ack' });
    expect((await client(url, { tls: { ca } }).send(hl7(1))).outcome).not.toBe('answered');
    expect((await client(url, { tls: { ca, ...engine } }).send(hl7(1))).outcome).not.toBe('answered');
    expect(seen).toHaveLength(1);
    expect(errors.map((error) => (error as Error).message)).toEqual([
      expect.stringContaining('it shows no certificate'),
      expect.stringContaining('none of those that are pinned'),
    ]);
  });
});
