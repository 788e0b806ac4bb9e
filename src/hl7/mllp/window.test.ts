import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type AckCode, buildAck } from '../ack.ts';
import { peek } from '../header.ts';
import {
  commitAck,
  commitNak,
  createMllpClient,
  createMllpServer,
  frame,
  type MllpClient,
  type MllpClientOptions,
  type Reply,
  type SendResult,
} from './index.ts';
import { type Behave, receiverThat } from './receiver.fixture.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const hl7 = (id: string | number, asks = '|||'): Buffer =>
  Buffer.from(`MSH|^~\\&|A|B|C|D|20260131||ADT^A01|${id}|P|2.5${asks}\rPID|1\r`);
const ack = (id: string | number, code: AckCode = 'AA'): Uint8Array =>
  buildAck(hl7(id), { code, controlId: 'x', time: '20260131' });
const enhanced = '|||AL|AL';

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

const kinds = (results: readonly SendResult[]): string[] =>
  results.map((result) => (result.kind === 'ack' ? `${result.code} ${result.controlId}` : result.kind));

describe('a window of several messages', () => {
  it('is filled and not more, and its answers count in any order, each for its own message', async () => {
    const waiting: string[] = [];
    const { port, received: ids } = await receiver((id, socket) => {
      waiting.push(id);
      if (waiting.length < 3) return;
      // Turned round, and each with its own code.
      for (const each of waiting.splice(0).reverse())
        socket.write(frame(ack(each, each === '2' ? 'AE' : 'AA')));
    });
    const sender = client(port, { window: 3 });
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map((id) => sender.send(hl7(id))));
    expect(kinds(results)).toEqual(['AA 1', 'AE 2', 'AA 3', 'AA 4', 'AA 5', 'AA 6']);
    expect(ids).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(sender.counters).toMatchObject({ connects: 1, acks: 6 });
  });

  it('never holds two messages with one control id', async () => {
    const { port } = await receiver((id, socket) => setImmediate(() => socket.write(frame(ack(id)))));
    const sender = client(port, { window: 4 });
    expect(kinds(await Promise.all([sender.send(hl7(7)), sender.send(hl7(7)), sender.send(hl7(8))]))).toEqual(
      ['AA 7', 'AA 7', 'AA 8'],
    );
    expect(sender.counters.unsolicited).toBe(0);
  });

  it('ends as a whole, unknown, when an answer is for none of it', async () => {
    let count = 0;
    const { port } = await receiver((_id, socket) => {
      count += 1;
      if (count === 3) socket.write(Buffer.concat([frame(ack(2)), frame(ack('stranger')), frame(ack(1))]));
    });
    const sender = client(port, { window: 3 });
    const results = await Promise.all([1, 2, 3].map((id) => sender.send(hl7(id))));
    expect(kinds(results)).toEqual(['mismatch', 'AA 2', 'closed']);
    expect(results.map(({ outcome }) => outcome)).toEqual(['unknown', 'answered', 'unknown']);
    expect(sender.connected).toBe(false);
  });

  it('ends as a whole when one answer does not come in time', async () => {
    const { port } = await receiver((id, socket) => void (id === '2' && socket.write(frame(ack(id)))));
    const sender = client(port, { window: 3, responseTimeoutMs: 50 });
    const results = await Promise.all([1, 2, 3].map((id) => sender.send(hl7(id))));
    expect(kinds(results)).toEqual(['timeout', 'AA 2', 'closed']);
  });

  it('credits no answer that began before its message was sent', async () => {
    const { port } = await receiver((id, socket) => {
      const early = frame(ack(2));
      // The answer to 1, and the beginning of an answer to a message that has not been sent yet.
      if (id === '1') socket.write(Buffer.concat([frame(ack(1, 'CA')), early.subarray(0, 10)]));
      else socket.write(early.subarray(10));
    });
    // The application's answer to 1 may still come, so the connection stays.
    const sender = client(port);
    expect(kinds([await sender.send(hl7(1, enhanced)), await sender.send(hl7(2))])).toEqual([
      'CA 1',
      'mismatch',
    ]);
    expect(sender.connected).toBe(false);
  });

  it('credits no answer whose control id may have been cut', async () => {
    let count = 0;
    const { port } = await receiver((_id, socket) => {
      count += 1;
      if (count === 2) socket.write(frame(Buffer.from('MSH|^~\\&|A\rMSA|AA|M1')));
    });
    const sender = client(port, { window: 2 });
    const results = await Promise.all([sender.send(hl7('M1')), sender.send(hl7('M12'))]);
    expect(results.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown']);
  });

  it('sends nothing more while the receiver does not read', async () => {
    const { port, sockets } = await receiver(() => undefined);
    const sender = client(port, { window: 100 });
    await sender.connect();
    while (sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    sockets[0]?.pause();
    const large = (id: number): Buffer => Buffer.concat([hl7(id), Buffer.alloc(2_000_000, 'x')]);
    const results = Array.from({ length: 40 }, (_, id) => sender.send(large(id)));
    expect(sender.counters.sent).toBeLessThan(20);
    await sender.close();
    const ended = kinds(await Promise.all(results));
    expect(ended.filter((kind) => kind === 'unreachable').length).toBeGreaterThan(20);
  });
});

describe('an application acknowledgement behind its CA', () => {
  it('is told apart from the answer to the next message', async () => {
    const later: [string, AckCode][] = [];
    const { port } = await receiver((id, socket) => {
      if (id === '1') socket.write(Buffer.concat([frame(ack(1, 'CA')), frame(ack(1, 'AE'))]));
      else socket.write(frame(ack(id)));
    });
    const sender = client(port, { onApplicationAck: ({ controlId, code }) => later.push([controlId, code]) });
    expect(kinds([await sender.send(hl7(1, enhanced)), await sender.send(hl7(2))])).toEqual(['CA 1', 'AA 2']);
    expect(later).toEqual([['1', 'AE']]);
    expect(sender.counters).toMatchObject({ connects: 1, applicationAcks: 1, unsolicited: 0 });
  });

  it('counts once, and only where it was asked for', async () => {
    const { port } = await receiver((id, socket) => {
      if (id === 'twice') socket.write(Buffer.concat([frame(ack(id, 'CA')), frame(ack(id)), frame(ack(id))]));
      else socket.write(Buffer.concat([frame(ack(id, 'CA')), frame(ack(id))]));
    });
    const sender = client(port);
    await sender.send(hl7('twice', enhanced));
    while (sender.connected) await new Promise((resolve) => setImmediate(resolve));
    expect(sender.counters).toMatchObject({ applicationAcks: 1, unsolicited: 1 });
    await sender.send(hl7('unasked', '|||AL|NE'));
    while (sender.connected) await new Promise((resolve) => setImmediate(resolve));
    expect(sender.counters).toMatchObject({ applicationAcks: 1, unsolicited: 2 });
  });

  it('may lead to another message, which what was said before cannot answer', async () => {
    const { port } = await receiver((id, socket) => {
      if (id === '1') socket.write(Buffer.concat([frame(ack(1, 'CA')), frame(ack(1)), frame(ack(2))]));
      else socket.write(frame(ack(id, 'AE')));
    });
    const { promise, resolve } = Promise.withResolvers<SendResult>();
    const sender: MllpClient = client(port, {
      onApplicationAck: () => void sender.send(hl7(2)).then(resolve),
    });
    await sender.send(hl7(1, enhanced));
    // On a connection of its own, from the receiver's own mouth.
    expect(kinds([await promise])).toEqual(['AE 2']);
    expect(sender.counters).toMatchObject({ connects: 2, unsolicited: 1 });
  });

  it('leaves a server as a frame of its own', async () => {
    const server = createMllpServer({
      port: 0,
      onFrame: (bytes): Reply => [
        buildAck(bytes, { code: 'CA', controlId: 'a', time: '' }),
        buildAck(bytes, { code: 'AA', controlId: 'b', time: '' }),
      ],
    });
    open.push({ close: () => server.close({ deadlineMs: 20 }) });
    const { port } = await server.listen();
    const later: string[] = [];
    const sender = client(port, { onApplicationAck: ({ code }) => later.push(code) });
    expect(kinds([await sender.send(hl7(1, enhanced)), await sender.send(hl7(2, enhanced))])).toEqual([
      'CA 1',
      'CA 2',
    ]);
    await sender.send(hl7(3, enhanced));
    expect(later.length).toBeGreaterThanOrEqual(2);
    expect(server.counters.replies).toBe(6);
  });
});

describe('MLLP release 2', () => {
  const commits: Record<string, Reply> = { yes: commitAck, no: commitNak };

  it('answers with commit blocks, one message at a time', async () => {
    const got: string[] = [];
    const server = createMllpServer({
      port: 0,
      onFrame: (bytes) => {
        got.push(peek(bytes).controlId);
        return commits[peek(bytes).controlId] ?? null;
      },
    });
    open.push({ close: () => server.close({ deadlineMs: 20 }) });
    const { port } = await server.listen();
    const sender = client(port, { release: 2, window: 8 });
    const results = await Promise.all([
      sender.send(hl7('yes')),
      sender.send(hl7('no')),
      sender.send(hl7('yes')),
    ]);
    expect(kinds(results)).toEqual(['CA yes', 'CR no', 'CA yes']);
    expect(Buffer.from((results[0] as { bytes: Uint8Array }).bytes)).toEqual(Buffer.from([0x06]));
    expect(Buffer.from(frame(commitAck))).toEqual(Buffer.from([0x0b, 0x06, 0x1c, 0x0d]));
    expect(Buffer.from(frame(commitNak))).toEqual(Buffer.from([0x0b, 0x15, 0x1c, 0x0d]));
    expect(got).toEqual(['yes', 'no', 'yes']);
  });

  it('sends no second message before the first is answered, whatever the window', async () => {
    const underWay: string[] = [];
    const { port } = await receiver((id, socket) => {
      underWay.push(id);
      setImmediate(() => {
        socket.write(frame(underWay.length === 1 ? commitAck : commitNak));
        underWay.length = 0;
      });
    });
    const sender = client(port, { release: 2, window: 8 });
    const results = await Promise.all([1, 2, 3].map((id) => sender.send(hl7(id))));
    expect(kinds(results)).toEqual(['CA 1', 'CA 2', 'CA 3']);
  });

  it.each([
    ['an HL7 acknowledgement', ack(1)],
    ['another byte', Uint8Array.of(0x07)],
    ['two bytes', Uint8Array.of(0x06, 0x06)],
    ['no byte', new Uint8Array()],
  ])('does not take %s for a commit', async (_, answer) => {
    const { port } = await receiver((_id, socket) => socket.write(frame(answer)));
    const sender = client(port, { release: 2 });
    expect(await sender.send(hl7(1))).toMatchObject({ kind: 'junk', outcome: 'unknown' });
    expect(sender.connected).toBe(false);
  });

  it('does not take a second commit for the next message', async () => {
    const { port, received: ids } = await receiver((_id, socket) =>
      socket.write(Buffer.concat([frame(commitAck), frame(commitAck)])),
    );
    const sender = client(port, { release: 2 });
    expect(kinds([await sender.send(hl7(1)), await sender.send(hl7(2))])).toEqual(['CA 1', 'CA 2']);
    // Each on a connection of its own: the one that said too much was dropped.
    expect(sender.counters).toMatchObject({ connects: 2, unsolicited: 2 });
    expect(ids).toEqual(['1', '2']);
  });

  it('is not what release 1 takes for an answer', async () => {
    const { port } = await receiver((_id, socket) => socket.write(frame(commitAck)));
    expect(await client(port).send(hl7(1))).toMatchObject({ kind: 'junk', outcome: 'unknown' });
  });
});

describe('connecting again', () => {
  it('waits longer after each failure, by chance, and tries at once the first time', async () => {
    const { port } = await receiver(() => undefined);
    for (const each of open.splice(0)) await each.close();
    const asked: number[] = [];
    const pauses: number[] = [];
    const random = (): number => {
      asked.push(asked.length);
      return 0;
    };
    const sender = client(port, { random, reconnect: { firstMs: 20, capMs: 40 } });
    for (let i = 0; i < 5; i += 1) {
      const before = performance.now();
      expect((await sender.send(hl7(i))).kind).toBe('unreachable');
      pauses.push(performance.now() - before);
    }
    // Not before the first and the second attempt; then a tenth of 20, 40 and 40 ms at least.
    expect(asked).toHaveLength(3);
    expect(pauses[2]).toBeGreaterThanOrEqual(1);
    expect(pauses[4]).toBeGreaterThanOrEqual(3);
  });

  it('tells all that wait when there is no way, and can be stopped while it pauses', async () => {
    const { port } = await receiver(() => undefined);
    for (const each of open.splice(0)) await each.close();
    const sender = client(port, { random: () => 0.999, reconnect: { firstMs: 1_000_000, capMs: 1_000_000 } });
    const results = await Promise.all([1, 2, 3].map((id) => sender.send(hl7(id))));
    expect(kinds(results)).toEqual(['unreachable', 'unreachable', 'unreachable']);
    await sender.send(hl7(4));
    const paused = sender.send(hl7(5));
    await sender.close();
    expect(await paused).toMatchObject({ kind: 'unreachable', reason: 'the client was closed' });
    expect(await sender.connect()).toMatchObject({ kind: 'unreachable' });
  });

  it('happens without a pause after a connection that brought answers', async () => {
    const { port } = await receiver((id, socket) => socket.end(frame(ack(id))));
    const sender = client(port, { reconnect: { firstMs: 1_000_000 } });
    for (const id of [1, 2, 3, 4]) {
      expect((await sender.send(hl7(id))).kind).toBe('ack');
      while (sender.connected) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(sender.counters.connects).toBe(4);
  });

  it('can be tried without sending', async () => {
    const { port, received: ids } = await receiver(() => undefined);
    const sender = client(port);
    expect(await sender.connect()).toBeUndefined();
    expect(await sender.connect()).toBeUndefined();
    expect(sender.connected).toBe(true);
    expect(ids).toEqual([]);
  });
});

// The kernel shows which timer runs on a socket: 02 is the keep-alive timer (Linux, Documentation/networking/proc_net_tcp).
describe.skipIf(!existsSync('/proc/net/tcp'))('a connection whose other side has gone in silence', () => {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
  const timers = (local: number, remote: number): string[] =>
    readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((row) => row[1]?.endsWith(`:${hex(local)}`) && row[2]?.endsWith(`:${hex(remote)}`))
      .map((row) => row[5]?.slice(0, 2) ?? '');

  it.each([
    [60_000, '02'],
    [0, '00'],
  ])('is found out by TCP keep-alive of %i ms on both sides', async (keepAliveMs, timer) => {
    const server = createMllpServer({
      port: 0,
      keepAliveMs,
      onFrame: (bytes) => buildAck(bytes, { code: 'AA', controlId: 'x', time: '' }),
    });
    open.push({ close: () => server.close({ deadlineMs: 20 }) });
    const { port } = await server.listen();
    await client(port, { keepAliveMs }).send(hl7(1));
    const [peer] = server.peers;
    const far = peer?.remotePort ?? 0;
    expect([timers(port, far), timers(far, port)]).toEqual([[timer], [timer]]);
  });
});
