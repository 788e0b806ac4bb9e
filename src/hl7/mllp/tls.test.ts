import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { buildAck } from '../index.ts';
import { createMllpClient, createMllpServer, frame } from './index.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

// A certificate for this test alone, made here so that no key is kept in the project (X.509 v3 in DER, P-256).
const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Uint8Array.from([tag, ...length]), body]);
};
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const name = (common: string): Buffer =>
  der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(common)))));

function certificate(
  subject: string,
  issuer: string,
  key: KeyObject,
  signer: KeyObject,
  authority: boolean,
): string {
  const algorithm = der(0x30, oid('2a8648ce3d040302'));
  const time = (text: string): Buffer => der(0x18, Buffer.from(text));
  const alternative = der(0x30, der(0x87, Uint8Array.of(127, 0, 0, 1)), der(0x82, Buffer.from('localhost')));
  const extension = authority
    ? der(
        0x30,
        oid('551d13'),
        der(0x01, Uint8Array.of(255)),
        der(0x04, der(0x30, der(0x01, Uint8Array.of(255)))),
      )
    : der(0x30, oid('551d11'), der(0x04, alternative));
  const serial = createHash('sha256').update(subject).digest().subarray(0, 8);
  serial[0] = 1;
  const body = der(
    0x30,
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, serial),
    algorithm,
    name(issuer),
    der(0x30, time('20200101000000Z'), time('20990101000000Z')),
    name(subject),
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, extension)),
  );
  const signature = der(0x03, Uint8Array.of(0), sign('sha256', body, signer));
  const text = der(0x30, body, algorithm, signature).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
}

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const authority = pair();
const ca = certificate('Test Authority', 'Test Authority', authority.publicKey, authority.privateKey, true);
function identity(subject: string): { key: string; cert: string } {
  const { publicKey, privateKey } = pair();
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: certificate(subject, 'Test Authority', publicKey, authority.privateKey, false),
  };
}

const message = Buffer.from('MSH|^~\\&|A|B|C|D|20260131||ADT^A01|1|P|2.5\r');

async function serve(mutual: boolean) {
  const names: (string | undefined)[] = [];
  const server = createMllpServer({
    port: 0,
    tls: { ...identity('engine'), ca, requestCert: mutual, rejectUnauthorized: mutual },
    onFrame: (bytes, peer) => {
      names.push(peer.certificateName);
      return buildAck(bytes, { code: 'AA', controlId: 'x', time: '20260131' });
    },
  });
  open.push({ close: () => server.close({ deadlineMs: 50 }) });
  return { server, names, port: (await server.listen()).port };
}

describe('MLLP over TLS', () => {
  it('carries a message to a server the client knows', async () => {
    const { port, names } = await serve(false);
    const client = createMllpClient({ host: '127.0.0.1', port, tls: { ca } });
    open.push(client);
    expect(await client.send(message)).toMatchObject({ kind: 'ack', code: 'AA' });
    expect(names).toEqual([undefined]);
  });

  it('sends nothing to a server it does not know', async () => {
    const { port, server } = await serve(false);
    const client = createMllpClient({ host: '127.0.0.1', port, tls: {} });
    open.push(client);
    expect(await client.send(message)).toMatchObject({ kind: 'unreachable', outcome: 'not-sent' });
    expect(server.counters.frames).toBe(0);
  });

  it('ends its connections when it closes', async () => {
    const { port, server } = await serve(false);
    const client = createMllpClient({ host: '127.0.0.1', port, tls: { ca } });
    open.push(client);
    await client.send(message);
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

  it('tells the name in the certificate of the sender', async () => {
    const { port, names } = await serve(true);
    const client = createMllpClient({ host: '127.0.0.1', port, tls: { ca, ...identity('hospital-a') } });
    open.push(client);
    expect((await client.send(message)).kind).toBe('ack');
    expect(names).toEqual(['hospital-a']);
  });

  it('takes nothing from a sender without a certificate', async () => {
    const { port, server } = await serve(true);
    const client = createMllpClient({ host: '127.0.0.1', port, tls: { ca } });
    open.push(client);
    // In TLS 1.3 the client may begin before the server's refusal arrives, so what it knows is less than not-sent.
    expect((await client.send(message)).outcome).not.toBe('answered');
    expect(server.counters.frames).toBe(0);
    expect(server.counters.tlsErrors).toBe(1);
  });
});
