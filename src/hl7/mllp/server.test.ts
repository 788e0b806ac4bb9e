import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { buildAck, peek } from '../index.ts';
import {
  createMllpServer,
  type FrameEvent,
  frame,
  type MllpPeer,
  type MllpServer,
  type MllpServerOptions,
} from './index.ts';
import { accept, byHand, hl7, Sender } from './sender.fixture.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

function dial(port: number): Sender {
  const sender = new Sender(port);
  open.push({ close: () => sender.socket.destroy() });
  return sender;
}

async function start(
  options: Partial<MllpServerOptions> = {},
): Promise<{ server: MllpServer; port: number }> {
  const server = createMllpServer({ port: 0, onFrame: accept, ...options });
  const { port } = await server.listen();
  open.push({ close: () => server.close({ deadlineMs: 50 }) });
  return { server, port };
}

describe('frames', () => {
  it('are answered one after the other', async () => {
    const { server, port } = await start();
    const sender = dial(port);
    for (const id of ['1', '2', '3']) {
      sender.write(frame(hl7(id)));
      expect(await sender.take(1)).toEqual([id]);
    }
    expect(server.counters).toMatchObject({
      connections: 1,
      accepted: 1,
      frames: 3,
      replies: 3,
      garbageBytes: 0,
    });
  });

  it('may come three in one chunk', async () => {
    const { port } = await start();
    const sender = dial(port);
    sender.write(frame(hl7(1)), frame(hl7(2)), frame(hl7(3)));
    expect(await sender.take(3)).toEqual(['1', '2', '3']);
  });

  it('may come byte by byte', async () => {
    const { port } = await start();
    const sender = dial(port);
    for (const byte of frame(hl7(1))) sender.socket.write(Uint8Array.of(byte));
    expect(await sender.take(1)).toEqual(['1']);
  });

  it('are found among garbage, line ends and broken frames, which are counted', async () => {
    const noise: string[] = [];
    const { server, port } = await start({ onGarbage: ({ kind, bytes }) => noise.push(`${kind} ${bytes}`) });
    const sender = dial(port);
    sender.write('junk', frame(hl7(1)), '\r\n', 'more junk', frame(hl7(2)), '\x0bbroken', frame(hl7(3)));
    expect(await sender.take(3)).toEqual(['1', '2', '3']);
    expect(noise).toEqual(['garbage 4', 'garbage 9', 'broken 6']);
    expect(server.counters).toMatchObject({ garbageBytes: 13, lineEndBytes: 2, brokenFrames: 1, frames: 3 });
  });

  it('beyond the limit are refused, and the next one is read', async () => {
    const heads: string[] = [];
    const { server, port } = await start({
      maxFrameBytes: 1_000,
      onTooLarge: ({ head }) => {
        heads.push(peek(head).controlId);
        return buildAck(head, { code: 'AR', controlId: 'x', time: '', text: 'too large' });
      },
    });
    const sender = dial(port);
    sender.write(
      frame(hl7(1)),
      frame(Buffer.concat([hl7('big'), Buffer.alloc(200_000, 'x')])),
      frame(hl7(3)),
    );
    expect(await sender.take(3)).toEqual(['1', 'big', '3']);
    expect(heads).toEqual(['big']);
    expect(server.counters).toMatchObject({ frames: 2, oversizeFrames: 1 });
  });

  it('beyond the limit get no answer when nobody gives one', async () => {
    const { port } = await start({ maxFrameBytes: 1_000 });
    const sender = dial(port);
    sender.write(frame(Buffer.alloc(5_000, 'x')), frame(hl7(2)));
    expect(await sender.take(1)).toEqual(['2']);
  });

  it('are answered after the sender has ended its side', async () => {
    const { port } = await start({
      onFrame: (bytes) =>
        new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(accept(bytes))))),
    });
    const sender = dial(port);
    sender.socket.end(Buffer.concat([frame(hl7(1)), frame(hl7(2)).subarray(0, -1)]));
    expect(await sender.take(2)).toEqual(['1', '2']);
    await sender.until(() => sender.ended);
  });

  it('without their 0D are taken when nothing follows', async () => {
    const { port } = await start({ midFrameTimeoutMs: 20 });
    const sender = dial(port);
    sender.write(frame(hl7(1)).subarray(0, -1));
    expect(await sender.take(1)).toEqual(['1']);
    sender.write('\r', frame(hl7(2)));
    expect(await sender.take(1)).toEqual(['2']);
  });
});

describe('answers', () => {
  it('leave in the order of their frames, whatever the order they are ready in', async () => {
    const hand = byHand();
    const { port } = await start({ onFrame: hand.onFrame });
    const sender = dial(port);
    sender.write(frame(hl7(1)), frame(hl7(2)), frame(hl7(3)));
    await hand.until(3);
    expect(hand.waiting.map(({ id }) => id)).toEqual(['1', '2', '3']);
    for (const i of [2, 0, 1]) hand.waiting[i]?.reply(accept(hl7(hand.waiting[i]?.id ?? '')));
    expect(await sender.take(3)).toEqual(['1', '2', '3']);
  });

  it('that are ready together arrive together', async () => {
    const hand = byHand();
    const { server, port } = await start({ onFrame: hand.onFrame });
    const sender = dial(port);
    sender.write(...Array.from({ length: 20 }, (_, i) => frame(hl7(i))));
    await hand.until(20);
    for (const { id, reply } of hand.waiting) reply(accept(hl7(id)));
    expect(await sender.take(20)).toHaveLength(20);
    expect(sender.chunks).toHaveLength(1);
    expect(server.counters.replies).toBe(20);
  });

  it('may be none', async () => {
    const { port } = await start({
      onFrame: (bytes) => (peek(bytes).controlId === '1' ? null : accept(bytes)),
    });
    const sender = dial(port);
    sender.write(frame(hl7(1)), frame(hl7(2)));
    expect(await sender.take(1)).toEqual(['2']);
  });

  it('stop at the frame whose answer is the end of the connection', async () => {
    const hand = byHand();
    const { server, port } = await start({ onFrame: hand.onFrame });
    const sender = dial(port);
    sender.write(frame(hl7(1)), frame(hl7(2)), frame(hl7(3)));
    await hand.until(3);
    hand.waiting[2]?.reply(accept(hl7(3)));
    hand.waiting[0]?.reply(accept(hl7(1)));
    hand.waiting[1]?.reply('close');
    await sender.until(() => sender.ended);
    expect(sender.answers).toEqual(['1']);
    expect(server.counters.replies).toBe(1);
  });

  it('are never given to a frame whose handler failed', async () => {
    const errors: unknown[] = [];
    const { server, port } = await start({
      onFrame: (bytes) => {
        if (peek(bytes).controlId === 'sync') throw new Error('sync');
        return Promise.reject(new Error('async'));
      },
      onError: (error) => errors.push((error as Error).message),
    });
    for (const id of ['sync', 'async']) {
      const sender = dial(port);
      sender.write(frame(hl7(id)));
      await sender.until(() => sender.ended);
      expect(sender.answers).toEqual([]);
    }
    expect(errors).toEqual(['sync', 'async']);
    expect(server.counters.handlerErrors).toBe(2);
  });

  it('of a handler that answers at once to a chunk of ten thousand frames do not fill the stack', async () => {
    const { port } = await start({ onFrame: () => Buffer.from('ok') });
    const sender = dial(port);
    sender.write(Buffer.from('\x0ba\x1c\r'.repeat(10_000), 'latin1'));
    expect(await sender.take(10_000)).toHaveLength(10_000);
  });
});

describe('back-pressure', () => {
  it('hands out no more frames of a connection than may be unanswered', async () => {
    const hand = byHand();
    const { port } = await start({ onFrame: hand.onFrame, maxUnanswered: 2 });
    const sender = dial(port);
    sender.write(...[1, 2, 3, 4, 5].map((id) => frame(hl7(id))));
    const other = dial(port);
    other.write(frame(hl7('other')));
    await hand.until(3);
    expect(hand.waiting.map(({ id }) => id).sort()).toEqual(['1', '2', 'other']);
    for (let i = 0; i < 6; i += 1) {
      await hand.until(i + 1);
      const { id, reply } = hand.waiting[i] as (typeof hand.waiting)[number];
      reply(accept(hl7(id)));
    }
    expect(await sender.take(5)).toEqual(['1', '2', '3', '4', '5']);
    expect(await other.take(1)).toEqual(['other']);
  });

  it('hands out no frame while paused, not even one that came before', async () => {
    const hand = byHand();
    const { server, port } = await start({ onFrame: hand.onFrame, maxUnanswered: 1 });
    const sender = dial(port);
    sender.write(frame(hl7(1)), frame(hl7(2)));
    await hand.until(1);
    server.pause();
    hand.waiting[0]?.reply(accept(hl7(1)));
    expect(await sender.take(1)).toEqual(['1']);
    expect(hand.waiting).toHaveLength(1);
    server.resume();
    await hand.until(2);
    hand.waiting[1]?.reply(accept(hl7(2)));
    expect(await sender.take(1)).toEqual(['2']);
  });

  it('stops reading all sockets while paused, and loses nothing', async () => {
    const { server, port } = await start();
    const sender = dial(port);
    sender.write(frame(hl7(0)));
    await sender.take(1);
    server.pause();
    expect(server.paused).toBe(true);
    // More than the buffers of the kernel and of the stream hold: what is not read must stay with the sender.
    const large = Array.from({ length: 40 }, (_, i) =>
      frame(Buffer.concat([hl7(i + 1), Buffer.alloc(500_000, 'x')])),
    );
    const late = dial(port);
    late.write(frame(hl7('late')));
    const written = new Promise<void>((resolve) => {
      sender.socket.write(Buffer.concat(large), () => resolve());
    });
    await once(late.socket, 'ready');
    for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(server.counters.frames).toBe(1);
    expect(sender.socket.writableLength).toBeGreaterThan(1_000_000);
    server.resume();
    expect(server.paused).toBe(false);
    await written;
    expect(await sender.take(40)).toEqual(large.map((_, i) => String(i + 1)));
    expect(await late.take(1)).toEqual(['late']);
  });
});

describe('time limits', () => {
  it('end a connection whose frame stays open', async () => {
    const noise: FrameEvent[] = [];
    const { server, port } = await start({ midFrameTimeoutMs: 20, onGarbage: (event) => noise.push(event) });
    const sender = dial(port);
    sender.write(frame(hl7(1)), '\x0bMSH|');
    await sender.until(() => sender.ended);
    expect(sender.answers).toEqual(['1']);
    expect(noise).toEqual([{ kind: 'broken', bytes: 4 }]);
    expect(server.counters.midFrameTimeouts).toBe(1);
  });

  it('end an idle connection, but not one that waits for its answer', async () => {
    const hand = byHand();
    const { server, port } = await start({ idleTimeoutMs: 20, onFrame: hand.onFrame });
    const idle = dial(port);
    const busy = dial(port);
    busy.write(frame(hl7(1)));
    await idle.until(() => idle.ended);
    await hand.until(1);
    // The second one connects when the first has timed out, so the time of the busy one is over before its own is.
    const second = dial(port);
    await second.until(() => second.ended);
    expect(server.counters.idleTimeouts).toBe(2);
    hand.waiting[0]?.reply(accept(hl7(1)));
    expect(await busy.take(1)).toEqual(['1']);
  });
});

describe('a server', () => {
  it('tells who is connected', async () => {
    const events: string[] = [];
    const peers: MllpPeer[] = [];
    const { server, port } = await start({
      onConnection: (peer) => {
        peers.push(peer);
        events.push(`open ${peer.id}`);
      },
      onDisconnect: (peer) => events.push(`closed ${peer.id}`),
    });
    const sender = dial(port);
    sender.write(frame(hl7(1)));
    await sender.take(1);
    expect(peers[0]).toMatchObject({
      id: 1,
      remoteAddress: '127.0.0.1',
      localPort: port,
      certificateName: undefined,
    });
    expect(server.peers).toHaveLength(1);
    peers[0]?.destroy();
    await sender.until(() => sender.ended);
    expect(events).toEqual(['open 1', 'closed 1']);
    expect(server.counters).toMatchObject({ connections: 0, accepted: 1 });
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    open.push(other);
    const { port } = other.address() as { port: number };
    const server = createMllpServer({ port, onFrame: accept });
    await expect(server.listen()).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: `MLLP cannot listen on 127.0.0.1 port ${port}: another program listens there already: stop it, or choose another port`,
    });
  });

  it('answers what it has taken before it closes, and takes no more', async () => {
    const hand = byHand();
    const { server, port } = await start({ onFrame: hand.onFrame, maxUnanswered: 1 });
    const sender = dial(port);
    const idle = dial(port);
    sender.write(frame(hl7(1)), frame(hl7(2)));
    await hand.until(1);
    const closed = server.close({ deadlineMs: 5_000 });
    await idle.until(() => idle.ended);
    idle.socket.destroy();
    sender.write(frame(hl7(3)));
    hand.waiting[0]?.reply(accept(hl7(1)));
    await sender.until(() => sender.ended);
    sender.socket.destroy();
    await closed;
    expect(sender.answers).toEqual(['1']);
    expect(hand.waiting).toHaveLength(1);
    const refused = connect(port, '127.0.0.1');
    await expect(once(refused, 'connect')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('cuts what is not answered at the deadline', async () => {
    const hand = byHand();
    const { server, port } = await start({ onFrame: hand.onFrame });
    const sender = dial(port);
    sender.write(frame(hl7(1)));
    await hand.until(1);
    await server.close({ deadlineMs: 10 });
    await sender.until(() => sender.ended);
    expect(sender.answers).toEqual([]);
    expect(server.counters.connections).toBe(0);
    hand.waiting[0]?.reply(accept(hl7(1)));
  });

  it('takes no more connections than it may', async () => {
    const { server, port } = await start({ maxConnections: 1 });
    const first = dial(port);
    first.write(frame(hl7(1)));
    await first.take(1);
    const second = dial(port);
    await second.until(() => second.ended);
    expect(server.counters.accepted).toBe(1);
  });
});
