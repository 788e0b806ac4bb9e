import { afterEach, describe, expect, it } from 'vitest';
import { buildAck, frame, parseAck, peek } from '../../hl7/index.ts';
import { Failure } from '../../std/index.ts';
import { never, testContext, testReceiver } from '../context.fixture.ts';
import type { Inbound, Verdict } from '../contract.ts';
import { mllp } from './index.ts';
import {
  accepted,
  adt,
  at,
  closeAll,
  dial,
  failureOf,
  open,
  receiving,
  send,
  sender,
  T,
} from './mllp.fixture.ts';

afterEach(closeAll);

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

  describe('answers as MSH-15 and MSH-16 ask, where the record says so', () => {
    const asAsked = { acknowledge: 'as asked' } as const;
    const rejected = (): Verdict => ({ kind: 'rejected', messageId: '42', receivedAt: T, reason: 'no' });
    const asking = (accept: string, application: string, id = 'E1'): Buffer =>
      Buffer.from(adt(id).toString().replace('|2.5.1||||||', `|2.5.1|||${accept}|${application}||`));
    /** What came back before the answer to a last message in original mode. */
    async function codes(port: number, message: Buffer): Promise<string[]> {
      const sender = await dial(port);
      sender.socket.write(Buffer.concat([frame(message), frame(adt('LAST'))]));
      for (let count = 1; ; count += 1) {
        const read = (await sender.frames(count)).map((bytes) => parseAck(bytes));
        const said = read.map((each) => (each.kind === 'ack' ? each : undefined));
        if (said.at(-1)?.controlId !== 'LAST') continue;
        return said.slice(0, -1).map((each) => `${each?.code} ${each?.controlId}`);
      }
    }

    it.each([
      ['AL', 'NE', ['CA E1'], ['CR E1']],
      ['AL', 'AL', ['CA E1', 'AA E1'], ['CR E1']],
      ['NE', 'AL', ['AA E1'], ['AR E1']],
      ['NE', 'NE', [], []],
      ['ER', 'NE', [], ['CR E1']],
      ['SU', 'SU', ['CA E1', 'AA E1'], []],
      ['', '', ['AA E1'], ['AR E1']],
    ])('%s and %s', async (accept, application, kept, refused) => {
      expect(await codes((await receiving(accepted, asAsked)).port, asking(accept, application))).toEqual(
        kept,
      );
      expect(await codes((await receiving(rejected, asAsked)).port, asking(accept, application))).toEqual(
        refused,
      );
    });

    it('with ids of their own for the two, the same for a repeat', async () => {
      const { port } = await receiving(accepted, asAsked);
      const sender = await dial(port);
      sender.socket.write(frame(asking('AL', 'AL')));
      await sender.frames(2);
      sender.socket.write(frame(asking('AL', 'AL')));
      const frames = await sender.frames(4);
      expect(frames.slice(0, 2).map((bytes) => peek(bytes).controlId)).toEqual(['41', '41.2']);
      expect(Buffer.concat(frames.slice(2)).equals(Buffer.concat(frames.slice(0, 2)))).toBe(true);
    });

    it('and with one AA where it does not', async () => {
      const { port } = await receiving();
      expect(await codes(port, asking('AL', 'AL'))).toEqual(['AA E1']);
    });

    it('with a commit block and nothing else over release 2, for whatever came', async () => {
      const { port } = await receiving((inbound) => (inbound.key === 'NO' ? rejected() : accepted(inbound)), {
        release: 2,
      });
      const { connection } = await sender(port, {}, { release: 2 });
      expect(await send(connection, asking('AL', 'AL'))).toEqual({ code: 'CA', controlId: 'E1', text: '' });
      expect(await failureOf(send(connection, adt('NO')))).toMatchObject({ code: 'MLLP_REJECTED' });
      const acknowledgement = Buffer.from(
        buildAck(adt('X'), { code: 'AA', controlId: 'Y', time: new Date(T) }),
      );
      expect(await send(connection, acknowledgement)).toMatchObject({ code: 'CA' });
    });

    it('also when the message is too large', async () => {
      const { port } = await receiving(accepted, asAsked, { maxFrame: 2_048 });
      const large = Buffer.concat([asking('AL', 'NE'), Buffer.alloc(5_000, 'x')]);
      expect(await codes(port, large)).toEqual(['CR E1']);
      expect(await codes(port, Buffer.concat([asking('NE', 'NE'), Buffer.alloc(5_000, 'x')]))).toEqual([]);
    });
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
