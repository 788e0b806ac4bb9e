import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildAck,
  createMllpClient,
  createMllpServer,
  frame,
  type MllpServer,
  parseAck,
} from '../../hl7/index.ts';
import { Failure } from '../../std/index.ts';
import { callContext, never, testContext, testReceiver } from '../context.fixture.ts';
import type { CallContext, Connection, Inbound, Verdict } from '../contract.ts';
import { mllp } from './index.ts';

const at = { site: 'mercy', connection: 'adt' };
const T = Date.UTC(2026, 10, 21, 12, 0, 5);

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const adt = (id: string, more = ''): Buffer =>
  Buffer.from(
    `MSH|^~\\&|EPIC|MERCY|APP|CARE|20261121120000||ADT^A08^ADT_A01|${id}|P|2.5.1|||AL|NE||UNICODE UTF-8\rPID|1||7^^^EPI^MR\r${more}`,
  );

const accepted = (_inbound: Inbound): Verdict => ({ kind: 'accepted', messageId: '41', receivedAt: T });

async function receiving(
  verdict: (inbound: Inbound) => Verdict | Promise<Verdict> = accepted,
  listen: object = {},
  record: object = {},
) {
  const context = await testContext();
  const connection = mllp.open(
    mllp.parse({ connector: 'mllp', listen: { port: 0, ...listen }, ...record }, at),
    context,
  );
  const receiver = testReceiver(verdict);
  const listening = await connection.listen?.(receiver);
  if (listening === undefined) throw new Error('it does not listen');
  const port = Number(listening.address.split(':').at(-1));
  open.push(connection.close);
  return { context, connection, receiver, listening, port };
}

/** A sender on a plain socket: writes bytes, and gives all that came back when the other side ends or after so many. */
async function dial(
  port: number,
): Promise<{ socket: Socket; frames: (count: number) => Promise<Buffer[]>; ended: Promise<Buffer> }> {
  const socket = connect({ host: '127.0.0.1', port });
  open.push(() => socket.destroy());
  let bytes = Buffer.alloc(0);
  const waiting: { count: number; resolve: (frames: Buffer[]) => void }[] = [];
  const split = (): Buffer[] =>
    bytes
      .toString('latin1')
      .split('\x1c\r')
      .slice(0, -1)
      .map((each) => Buffer.from(each.slice(1), 'latin1'));
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (const each of [...waiting]) if (split().length >= each.count) each.resolve(split());
  });
  const ended = new Promise<Buffer>((resolve) => {
    socket.once('close', () => resolve(bytes));
    socket.on('error', () => undefined);
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return {
    socket,
    ended,
    frames: (count) =>
      new Promise((resolve) => {
        if (split().length >= count) resolve(split());
        else waiting.push({ count, resolve });
      }),
  };
}

describe('receiving', () => {
  it('answers only when the message is kept', async () => {
    let keep: (() => void) | undefined;
    const kept = new Promise<void>((resolve) => {
      keep = resolve;
    });
    let asked: (() => void) | undefined;
    const received = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { port, receiver } = await receiving(async (inbound) => {
      asked?.();
      await kept;
      return accepted(inbound);
    });
    const sender = await dial(port);
    sender.socket.write(frame(adt('MSG1')));
    await received;
    expect(sender.socket.bytesRead).toBe(0);
    keep?.();
    const [ack] = await sender.frames(1);
    expect(parseAck(ack ?? Buffer.alloc(0))).toMatchObject({ code: 'AA', controlId: 'MSG1' });
    expect(receiver.received[0]).toMatchObject({
      format: 'hl7',
      door: 'feed',
      type: 'ADT^A08',
      key: 'MSG1',
      sender: 'EPIC|MERCY',
      flags: [],
    });
    expect(Buffer.from(receiver.received[0]?.bytes ?? []).equals(adt('MSG1'))).toBe(true);
  });

  it('gives a repeat the very same bytes', async () => {
    let count = 0;
    const { port } = await receiving(() => ({
      kind: count++ === 0 ? 'accepted' : 'duplicate',
      messageId: '41',
      receivedAt: T,
    }));
    const sender = await dial(port);
    sender.socket.write(frame(adt('MSG1')));
    await sender.frames(1);
    sender.socket.write(frame(adt('MSG1')));
    const [first, second] = await sender.frames(2);
    expect(first?.toString('latin1')).toContain('20261121120005+0000');
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  it('ends the connection without a word when the message could not be kept', async () => {
    const failure = new Failure({ code: 'STORE_FULL', kind: 'unreachable', message: 'full', fix: 'free it' });
    const { port } = await receiving(() => ({ kind: 'not kept', failure }));
    const sender = await dial(port);
    sender.socket.write(frame(adt('MSG1')));
    expect((await sender.ended).length).toBe(0);
  });

  it('rejects what has no usable header, or one that this connection does not take', async () => {
    const rejected = (inbound: Inbound): Verdict => ({
      kind: 'rejected',
      messageId: '42',
      receivedAt: T,
      reason: inbound.refused ?? 'not refused',
    });
    const { port, receiver } = await receiving(rejected, {
      types: ['ADT^*'],
      processingIds: ['P'],
      versions: ['2.5.1'],
    });
    const sender = await dial(port);
    const test = Buffer.from(adt('T1').toString().replace('|P|2.5.1|', '|T|2.5.1|'));
    const old = Buffer.from(adt('T2').toString().replace('|P|2.5.1|', '|P|2.3|'));
    const untyped = Buffer.from(adt('T3').toString().replace('ADT^A08^ADT_A01', ''));
    for (const message of [Buffer.from('PID|1||7\r'), test, old, untyped])
      sender.socket.write(frame(message));
    const answers = (await sender.frames(4)).map((bytes) => parseAck(bytes));
    expect(answers).toEqual(answers.map(() => expect.objectContaining({ code: 'AR' })));
    expect(receiver.received.map((inbound) => inbound.refused)).toEqual([
      expect.stringContaining('MSH'),
      'MSH-11 is none of P.',
      'MSH-12 is none of 2.5.1.',
      'MSH-9 is none of ADT^*.',
    ]);
    expect(receiver.received[0]?.key).toBeNull();
  });

  it('never acknowledges an acknowledgement', async () => {
    const { port, receiver } = await receiving();
    const sender = await dial(port);
    sender.socket.write(frame(buildAck(adt('X'), { code: 'AA', controlId: 'Y', time: new Date(T) })));
    sender.socket.write(frame(adt('MSG2')));
    const answers = await sender.frames(1);
    expect(parseAck(answers[0] ?? Buffer.alloc(0))).toMatchObject({ controlId: 'MSG2' });
    expect(answers).toHaveLength(1);
    expect(receiver.received).toHaveLength(2);
  });

  it('counts what is no message, and tells a sender whose message is too large', async () => {
    const { port, receiver } = await receiving(accepted, {}, { maxFrame: 2_048 });
    const sender = await dial(port);
    sender.socket.write('GET / HTTP/1.1\r\n');
    sender.socket.write(frame(adt('MSG1')));
    sender.socket.write(Buffer.concat([Buffer.from([0x0b]), adt('CUT')]));
    sender.socket.write(frame(adt('BIG', `OBX|1|TX|||${'x'.repeat(10_000)}\r`)));
    sender.socket.write(frame(adt('MSG2')));
    const answers = (await sender.frames(3)).map((bytes) => parseAck(bytes));
    expect(answers).toEqual([
      expect.objectContaining({ code: 'AA', controlId: 'MSG1' }),
      expect.objectContaining({ code: 'AR', controlId: 'BIG', text: expect.stringContaining('2048 bytes') }),
      expect.objectContaining({ code: 'AA', controlId: 'MSG2' }),
    ]);
    expect(receiver.received.map((inbound) => inbound.key)).toEqual(['MSG1', 'MSG2']);
    expect(receiver.noises.map(({ kind }) => kind)).toEqual(['garbage', 'broken-frame', 'too-large']);
  });

  it('flags a character set that the bytes do not keep to', async () => {
    const { port, receiver } = await receiving();
    const sender = await dial(port);
    sender.socket.write(frame(Buffer.concat([adt('MSG1'), Buffer.from('NTE|1||caf\xe9\r', 'latin1')])));
    await sender.frames(1);
    expect(receiver.received[0]?.flags).toEqual(['charset-wrong']);
  });

  it('stops reading while paused, and goes on where it was', async () => {
    const { port, receiver, listening } = await receiving();
    const sender = await dial(port);
    sender.socket.write(frame(adt('MSG1')));
    await sender.frames(1);
    listening.pause();
    sender.socket.write(frame(adt('MSG2')));
    // Another connection's message is not read either; only resuming brings both.
    const other = await dial(port);
    other.socket.write(frame(adt('MSG3')));
    expect(receiver.received).toHaveLength(1);
    listening.resume();
    await Promise.all([sender.frames(2), other.frames(1)]);
    expect(receiver.received.map((inbound) => inbound.key).sort()).toEqual(['MSG1', 'MSG2', 'MSG3']);
  });

  it('turns away who is not among its peers', async () => {
    const { port, receiver, context } = await receiving(accepted, { peers: ['10.1.2.3'] });
    const sender = await dial(port);
    sender.socket.write(frame(adt('MSG1')));
    expect((await sender.ended).length).toBe(0);
    expect(receiver.received).toEqual([]);
    expect(context.logged.join()).toContain('127.0.0.1');
  });

  it('says which port is taken, and what to do', async () => {
    const { port } = await receiving();
    const context = await testContext();
    const second = mllp.open(mllp.parse({ connector: 'mllp', listen: { port } }, at), context);
    open.push(second.close);
    const failure = await failureOf(second.listen?.(testReceiver(accepted)));
    expect(failure).toMatchObject({ code: 'MLLP_PORT', kind: 'config' });
    expect(failure.message).toContain(String(port));
    expect(failure.fix).toContain('another port');
    expect(await second.test(never)).toEqual([expect.objectContaining({ check: 'listen', ok: false })]);
  });
});

async function failureOf(work: Promise<unknown> | undefined): Promise<Failure> {
  const error = await Promise.resolve(work).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Failure);
  return error as Failure;
}

describe('sending', () => {
  const send = (
    connection: Connection,
    bytes: Uint8Array,
    args: unknown = null,
    more: Partial<CallContext> = {},
  ) =>
    connection.call?.(
      { do: 'send', args: args as never },
      callContext({ message: { id: '1', bytes, format: 'hl7' }, ...more }),
    );

  async function sender(port: number, record: object = {}) {
    const context = await testContext();
    const connection = mllp.open(
      mllp.parse({ connector: 'mllp', send: { host: '127.0.0.1', port }, ...record }, at),
      context,
    );
    open.push(connection.close);
    return { context, connection };
  }
  async function receiverThat(
    onFrame: (bytes: Uint8Array, count: number) => Uint8Array | null | 'close',
  ): Promise<{ port: number; got: string[]; server: MllpServer }> {
    const got: string[] = [];
    const server = createMllpServer({
      port: 0,
      onFrame(bytes) {
        got.push(Buffer.from(bytes).toString('latin1'));
        return onFrame(bytes, got.length);
      },
    });
    open.push(() => server.close({ deadlineMs: 100 }));
    return { ...(await server.listen()), got, server };
  }
  const ack = (bytes: Uint8Array, code: 'AA' | 'CA' | 'AE' | 'AR' | 'CE' | 'CR', text = '') =>
    buildAck(bytes, { code, controlId: 'A1', time: new Date(T), text });

  it('passes the message on byte for byte, over one connection', async () => {
    const { port, got, server } = await receiverThat((bytes) => ack(bytes, 'AA'));
    const { connection, context } = await sender(port);
    expect(await send(connection, adt('MSG1'))).toEqual({ code: 'AA', controlId: 'MSG1', text: '' });
    await Promise.all([send(connection, adt('MSG2')), send(connection, adt('MSG3'))]);
    expect(got).toEqual(['MSG1', 'MSG2', 'MSG3'].map((id) => adt(id).toString('latin1')));
    expect(server.counters.accepted).toBe(1);
    expect(context.outcomes.map(({ kind }) => kind)).toEqual(['ok', 'ok', 'ok']);
  });

  it('sends a body in the character set that it declares', async () => {
    const { port, got } = await receiverThat((bytes) => ack(bytes, 'CA'));
    const { connection } = await sender(port);
    const body = adt('MSG1', 'NTE|1||café\r').toString().replace('UNICODE UTF-8', '8859/1');
    await send(connection, adt('X'), { body });
    expect(got[0]).toContain('caf\xe9\r');
    const failure = await failureOf(send(connection, adt('X'), { body: body.replace('é', 'ł') }));
    expect(failure).toMatchObject({ code: 'MLLP_UNSENDABLE', kind: 'validation' });
    expect(failure.message).not.toMatch(/0142/i);
  });

  it.each([
    ['AE', 'MLLP_REFUSED', false],
    ['CE', 'MLLP_REFUSED', false],
    ['AR', 'MLLP_REJECTED', true],
    ['CR', 'MLLP_REJECTED', true],
  ] as const)('takes %s for %s', async (code, failureCode, again) => {
    const { port } = await receiverThat((bytes) => ack(bytes, code, 'Zebra is unknown'));
    const { connection, context } = await sender(port);
    const failure = await failureOf(send(connection, adt('MSG1')));
    expect(failure).toMatchObject({ code: failureCode, retry: { again } });
    expect(JSON.stringify(failure)).not.toContain('Zebra');
    expect(failure.detail).toContain('Zebra');
    expect(context.outcomes).toEqual([expect.objectContaining({ code: failureCode })]);
  });

  it.each([
    ['for another message', (_bytes: Uint8Array) => ack(adt('OTHER'), 'AA'), 'MLLP_ACK_MISMATCH'],
    ['that is none', () => Buffer.from('HTTP/1.1 400 Bad Request'), 'MLLP_ACK_JUNK'],
    ['that never comes', () => null, 'MLLP_NO_ACK'],
    ['lost with the connection', () => 'close' as const, 'MLLP_CLOSED'],
  ])(
    'never credits an acknowledgement %s, and sends again under the same control id',
    async (_name, first, code) => {
      const { port, got } = await receiverThat((bytes, count) =>
        count === 1 ? first(bytes) : ack(bytes, 'AA'),
      );
      const { connection } = await sender(port, { ackTimeout: '100ms' });
      const failure = await failureOf(send(connection, adt('MSG1')));
      expect(failure).toMatchObject({ code, kind: 'unknown-outcome', retry: { again: true } });
      expect(await send(connection, adt('MSG1'))).toMatchObject({ code: 'AA', controlId: 'MSG1' });
      expect(got[1]).toBe(got[0]);
    },
  );

  it('has sent nothing when nobody is there, or when there is nothing to send', async () => {
    const gone = createServer();
    const port = await new Promise<number>((resolve) =>
      gone.listen(0, '127.0.0.1', () => resolve((gone.address() as { port: number }).port)),
    );
    await new Promise((resolve) => gone.close(resolve));
    const { connection } = await sender(port);
    expect(await failureOf(send(connection, adt('MSG1')))).toMatchObject({
      code: 'MLLP_UNREACHABLE',
      kind: 'unreachable',
    });
    expect(
      await failureOf(
        send(connection, Buffer.from('{}'), null, {
          message: { id: '1', bytes: Buffer.from('{}'), format: 'json' },
        }),
      ),
    ).toMatchObject({ code: 'MLLP_UNSENDABLE' });
    expect(await failureOf(send(connection, adt('')))).toMatchObject({ code: 'MLLP_UNSENDABLE' });
    expect(await connection.test(never)).toEqual([expect.objectContaining({ check: 'route', ok: false })]);
    const { connection: deaf } = await receiving();
    // It only receives: there is nothing for a flow to call.
    expect(deaf.call).toBeUndefined();
    expect(await deaf.test(never)).toEqual([expect.objectContaining({ check: 'listen', ok: true })]);
  });

  it('speaks with its own receiving side', async () => {
    const { port, receiver } = await receiving();
    const { connection } = await sender(port);
    expect(await connection.test(never)).toEqual([expect.objectContaining({ check: 'route', ok: true })]);
    expect(await send(connection, adt('MSG1'))).toMatchObject({ code: 'AA' });
    expect(receiver.received).toHaveLength(1);
    const direct = createMllpClient({ host: '127.0.0.1', port });
    open.push(() => direct.close());
    expect(await direct.send(adt('MSG2'))).toMatchObject({ kind: 'ack', code: 'AA' });
  });
});

it('says what is wrong with a record', () => {
  const refusal = (record: object): string => {
    try {
      mllp.parse({ connector: 'mllp', ...record }, at);
      return 'taken';
    } catch (error) {
      expect(error).toMatchObject({ code: 'MLLP_CONFIG', kind: 'config' });
      return (error as Error).message;
    }
  };
  expect(refusal({})).toContain('give listen');
  expect(refusal({ listen: { prot: 6661 } })).toContain('did you mean "port"?');
  expect(refusal({ listen: { port: 99_999 } })).toContain('connections.adt.listen.port');
  expect(refusal({ send: { host: 'h', port: 1 } })).toBe('taken');
});
