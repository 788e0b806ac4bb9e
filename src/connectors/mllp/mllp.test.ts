import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildAck,
  createMllpClient,
  createMllpServer,
  type MllpServer,
  type Reply,
} from '../../hl7/index.ts';
import { never } from '../context.fixture.ts';
import {
  accepted,
  adt,
  closeAll,
  failureOf,
  open,
  receiving,
  refusal,
  send,
  sender,
  T,
} from './mllp.fixture.ts';

afterEach(closeAll);

describe('sending', () => {
  async function receiverThat(
    onFrame: (bytes: Uint8Array, count: number) => Reply,
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

  it('reports a refusal by the application that comes after CA', async () => {
    const asking = Buffer.from(adt('L1').toString().replace('|2.5.1||||||', '|2.5.1|||AL|AL||'));
    const { port } = await receiverThat((bytes) => [ack(bytes, 'CA'), ack(bytes, 'AE', 'Zebra is unknown')]);
    const { connection, context } = await sender(port);
    expect(await send(connection, asking)).toMatchObject({ code: 'CA' });
    // The second frame may come a turn later.
    while (context.logged.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(context.outcomes.map(({ code }) => code)).toContain('MLLP_LATER_REFUSAL');
    expect(context.logged.join()).not.toContain('Zebra');
  });

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

  it('puts other bytes around its messages where a link has them', async () => {
    for (const framing of [
      { start: 2, end: 3 },
      { start: 0x0b, end: 0x1c, after: 0x0a },
    ]) {
      const { port, receiver } = await receiving(accepted, { framing });
      const { connection } = await sender(port, {}, { framing });
      for (const id of ['MSG1', 'MSG2'])
        expect(await send(connection, adt(id))).toMatchObject({ code: 'AA', controlId: id });
      expect(receiver.received.map(({ key }) => key)).toEqual(['MSG1', 'MSG2']);
      expect(receiver.noises).toEqual([]);
    }
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
  expect(refusal({})).toContain('give listen');
  expect(refusal({ listen: { prot: 6661 } })).toContain('did you mean "port"?');
  expect(refusal({ listen: { port: 99_999 } })).toContain('connections.adt.listen.port');
  expect(refusal({ send: { host: 'h', port: 1 } })).toBe('taken');
});
