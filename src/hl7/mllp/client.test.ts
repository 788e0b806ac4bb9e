import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { buildAck, peek } from '../index.ts';
import { createMllpClient, createMllpServer, frame, type MllpClientOptions } from './index.ts';
import { type Behave, receiverThat } from './receiver.fixture.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const hl7 = (id: string | number): Buffer =>
  Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|${id}|P|2.5\rPID|1\r`);
const ack = (id: string, code: 'AA' | 'AE' | 'CA' = 'AA'): Uint8Array =>
  buildAck(hl7(id), { code, controlId: 'x', time: '20260131', text: code === 'AE' ? 'no such patient' : '' });

async function receiver(behave: Behave) {
  const made = await receiverThat(behave);
  open.push(made);
  return made;
}

function client(port: number, options: Partial<MllpClientOptions> = {}) {
  const made = createMllpClient({ host: '127.0.0.1', port, ...options });
  open.push(made);
  return made;
}

describe('a send', () => {
  it('ends with what the receiver said, on one connection', async () => {
    const { port } = await receiver((id, socket) => socket.write(frame(ack(id, id === '2' ? 'AE' : 'AA'))));
    const sender = client(port);
    expect(sender.connected).toBe(false);
    expect(await sender.send(hl7(1))).toMatchObject({
      kind: 'ack',
      outcome: 'answered',
      code: 'AA',
      controlId: '1',
    });
    expect(await sender.send(hl7(2))).toMatchObject({
      kind: 'ack',
      code: 'AE',
      text: 'no such patient',
      errors: [{ code: '207' }],
    });
    expect(sender.connected).toBe(true);
    expect(sender.counters).toMatchObject({ connects: 1, sent: 2, acks: 2, unsolicited: 0 });
  });

  it('waits for the one before it', async () => {
    const answers: (() => void)[] = [];
    const { port, received } = await receiver((id, socket) => {
      answers.push(() => socket.write(frame(ack(id))));
      if (answers.length === 1) setImmediate(() => answers[0]?.());
      else answers.at(-1)?.();
    });
    const results = await Promise.all([1, 2, 3].map((id) => client(port).send(hl7(id))));
    expect(results.map(({ kind }) => kind)).toEqual(['ack', 'ack', 'ack']);
    const one = client(port);
    received.length = 0;
    const inOrder = [4, 5, 6].map((id) => one.send(hl7(id)));
    await Promise.all(inOrder);
    expect(received).toEqual(['4', '5', '6']);
    expect(one.counters).toMatchObject({ connects: 1, acks: 3 });
  });

  it('takes an answer in pieces, after line ends and garbage, and without its 0D', async () => {
    const { port } = await receiver((id, socket) => {
      if (id === '1') for (const byte of frame(ack(id))) socket.write(Uint8Array.of(byte));
      else if (id === '2')
        socket.write(Buffer.concat([Buffer.from('\r\njunk'), frame(ack(id)), Buffer.from('\r\n')]));
      else socket.write(frame(ack(id)).subarray(0, -1));
    });
    const sender = client(port);
    expect((await sender.send(hl7(1))).kind).toBe('ack');
    expect((await sender.send(hl7(2))).kind).toBe('ack');
    expect((await sender.send(hl7(3))).kind).toBe('ack');
    expect(sender.counters).toMatchObject({ connects: 1, garbageBytes: 4 });
  });

  it('is not ended by the acknowledgement of another message', async () => {
    const { port } = await receiver((id, socket, connection) =>
      socket.write(frame(ack(connection === 1 ? 'other' : id))),
    );
    const sender = client(port);
    expect(await sender.send(hl7(1))).toMatchObject({
      kind: 'mismatch',
      outcome: 'unknown',
      expected: '1',
      got: 'other',
    });
    expect(sender.connected).toBe(false);
    expect((await sender.send(hl7(1))).kind).toBe('ack');
    expect(sender.counters).toMatchObject({ connects: 2, acks: 1 });
  });

  it.each([
    ['words', 'OK', 'The bytes do not begin with an MSH segment.'],
    ['nothing', '', 'There are no bytes.'],
    ['a message without MSA', hl7(1).toString(), 'The answer has no MSA segment.'],
    ['an empty MSA', 'MSH|^~\\&|A\rMSA\r', 'The answer has no MSA segment.'],
  ])('is not ended by %s', async (_, answer, reason) => {
    const { port } = await receiver((_id, socket) => socket.write(frame(Buffer.from(answer))));
    const sender = client(port);
    expect(await sender.send(hl7(1))).toMatchObject({ kind: 'junk', outcome: 'unknown', reason });
    expect(sender.connected).toBe(false);
  });

  it('is not ended by an answer that is too large', async () => {
    const { port } = await receiver((id, socket) =>
      socket.write(frame(Buffer.concat([ack(id), Buffer.alloc(5_000)]))),
    );
    expect(await client(port, { maxFrameBytes: 1_000 }).send(hl7(1))).toMatchObject({
      kind: 'junk',
      outcome: 'unknown',
      reason: 'The answer is larger than 1000 bytes.',
    });
  });

  it('times out, and an answer that comes late is never the answer to the next message', async () => {
    const late: (() => void)[] = [];
    const { port } = await receiver((id, socket) => {
      if (id === 'slow') late.push(() => socket.write(frame(ack('next'))));
      else {
        for (const answer of late) answer();
        socket.write(frame(ack(id, 'AE')));
      }
    });
    const sender = client(port, { responseTimeoutMs: 30 });
    expect(await sender.send(hl7('slow'))).toEqual({ kind: 'timeout', outcome: 'unknown', afterMs: 30 });
    expect(sender.connected).toBe(false);
    expect(await sender.send(hl7('next'))).toMatchObject({ kind: 'ack', code: 'AE' });
    expect(sender.counters.connects).toBe(2);
  });

  it('times out also when it was sent while the time of an earlier one was running', async () => {
    const { port } = await receiver((id, socket) => {
      // Most of the time that an answer may take has passed: the next one is sent before it ends.
      if (id === 'late') setTimeout(() => socket.write(frame(ack(id))), 100);
    });
    const sender = client(port, { responseTimeoutMs: 150 });
    expect(await sender.send(hl7('late'))).toMatchObject({ kind: 'ack' });
    expect(await sender.send(hl7('never'))).toMatchObject({ kind: 'timeout' });
  });

  it('is not ended by what was said before it was asked', async () => {
    const sockets: Socket[] = [];
    const { port } = await receiver((id, socket) => {
      sockets.push(socket);
      socket.write(frame(ack(id)));
    });
    const sender = client(port);
    await sender.send(hl7(1));
    // An acknowledgement of the message to come, as a confused receiver might send it.
    sockets[0]?.write(frame(ack('2', 'AE')));
    while (sender.connected) await new Promise((resolve) => setImmediate(resolve));
    expect(sender.counters.unsolicited).toBe(1);
    expect(await sender.send(hl7(2))).toMatchObject({ kind: 'ack', code: 'AA' });
    expect(sender.counters.connects).toBe(2);
  });

  it('is not ended twice by two answers in one chunk', async () => {
    const { port } = await receiver((id, socket) =>
      socket.write(Buffer.concat([frame(ack(id)), frame(ack('2'))])),
    );
    const sender = client(port);
    expect((await sender.send(hl7(1))).kind).toBe('ack');
    expect(sender.connected).toBe(false);
    expect(sender.counters.unsolicited).toBe(1);
  });

  it('has an unknown outcome when the connection ends before the answer', async () => {
    const ways: Behave[] = [
      (_id, socket) => socket.end(),
      (_id, socket) => socket.destroy(),
      (_id, socket) => socket.resetAndDestroy(),
      (id, socket) => socket.end(frame(ack(id)).subarray(0, 20)),
    ];
    for (const way of ways) {
      const { port } = await receiver(way);
      expect(await client(port).send(hl7(1))).toMatchObject({ kind: 'closed', outcome: 'unknown' });
    }
  });

  it('reconnects when the receiver has closed the connection in between', async () => {
    const { port } = await receiver((id, socket) => socket.end(frame(ack(id))));
    const sender = client(port);
    expect((await sender.send(hl7(1))).kind).toBe('ack');
    while (sender.connected) await new Promise((resolve) => setImmediate(resolve));
    expect((await sender.send(hl7(2))).kind).toBe('ack');
    expect(sender.counters.connects).toBe(2);
  });
});

describe('nothing is sent', () => {
  it('when nobody listens', async () => {
    const { port } = await receiver(() => undefined);
    for (const each of open.splice(0)) await each.close();
    expect(await client(port).send(hl7(1))).toMatchObject({
      kind: 'unreachable',
      outcome: 'not-sent',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('when no TLS is spoken there', async () => {
    const quiet = createServer((socket) => socket.on('error', () => socket.destroy()));
    quiet.listen(0, '127.0.0.1');
    await once(quiet, 'listening');
    open.push(quiet);
    const { port } = quiet.address() as { port: number };
    const sender = client(port, { tls: {}, connectTimeoutMs: 30 });
    expect(await sender.send(hl7(1))).toEqual({
      kind: 'unreachable',
      outcome: 'not-sent',
      reason: `no connection to 127.0.0.1 port ${port} within 30 ms`,
    });
  });

  it.each([
    ['of bytes that are no message', Buffer.from('hello'), /not a message/],
    ['of a message without control id', Buffer.from('MSH|^~\\&|A\r'), /MSH-10 is empty/],
    ['of a message with a framing byte', Buffer.concat([hl7(1), Buffer.from([0x1c])]), /framing byte/],
  ])('%s', async (_, bytes, reason) => {
    expect(await client(1).send(bytes)).toEqual({
      kind: 'unsendable',
      outcome: 'not-sent',
      reason: expect.stringMatching(reason),
    });
  });

  it('but any bytes go out where a tool asks for that, and an answer for another message still does not count', async () => {
    const { port } = await receiver((id, socket) =>
      socket.write(
        frame(buildAck(Buffer.from('hello'), { code: 'AR', controlId: 'x', time: '2026', text: id || 'no' })),
      ),
    );
    const tool = client(port, { anyBytes: true });
    expect(await tool.send(Buffer.from('hello'))).toMatchObject({ kind: 'ack', code: 'AR', controlId: '' });
    expect(await tool.send(hl7(5))).toMatchObject({ kind: 'mismatch', expected: '5', got: '' });
  });

  it('after close; what was under way has an unknown outcome', async () => {
    let arrived: () => void = () => undefined;
    const got = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const { port } = await receiver(() => arrived());
    const sender = client(port);
    const first = sender.send(hl7(1));
    const second = sender.send(hl7(2));
    await got;
    await sender.close();
    expect(await first).toEqual({ kind: 'closed', outcome: 'unknown', reason: 'the client was closed' });
    expect(await second).toEqual({
      kind: 'unreachable',
      outcome: 'not-sent',
      reason: 'the client was closed',
    });
    expect((await sender.send(hl7(3))).outcome).toBe('not-sent');
  });
});

describe('client and server together', () => {
  it('carry a thousand messages over several connections in order', async () => {
    const received = new Map<number, string[]>();
    const server = createMllpServer({
      port: 0,
      onFrame: async (bytes, peer) => {
        received.set(peer.id, [...(received.get(peer.id) ?? []), peek(bytes).controlId]);
        return buildAck(bytes, { code: 'CA', controlId: 'x', time: '20260131' });
      },
    });
    const { port } = await server.listen();
    open.push(server);
    const ids = Array.from({ length: 250 }, (_, i) => String(i));
    const senders = [1, 2, 3, 4].map(() => client(port));
    const results = await Promise.all(senders.flatMap((sender) => ids.map((id) => sender.send(hl7(id)))));
    expect(results.every((result) => result.kind === 'ack' && result.code === 'CA')).toBe(true);
    expect([...received.values()]).toEqual([ids, ids, ids, ids]);
    for (const sender of senders) await sender.close();
  });
});
