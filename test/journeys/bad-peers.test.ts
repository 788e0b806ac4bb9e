/** Peers on their bad days: nothing is lost, misordered or credited wrongly, and the screen says what happens. */
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import { admission, controlIdOf, frame, frameReader } from '../crash/traffic.ts';
import { engineWith, forward, type Running } from './delivery.fixture.ts';
import { until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';

type Behaviour = (controlId: string, socket: Socket, nth: number) => void;

const ack = (controlId: string, code = 'AA'): Buffer =>
  frame(`MSH|^~\\&|PEER|||||20260131120000||ACK|A${controlId}|T|2.5.1\rMSA|${code}|${controlId}\r`);

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A receiver that behaves so; `got` are control ids as they came, `nth` counts how often that one came. */
async function receiverThat(behaves: Behaviour): Promise<{
  readonly port: number;
  readonly got: string[];
  readonly out: Record<string, unknown>;
}> {
  const got: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on(
      'data',
      frameReader((content) => {
        const controlId = controlIdOf(content);
        got.push(controlId);
        behaves(controlId, socket, got.filter((one) => one === controlId).length);
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  closers.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const { port } = server.address() as { port: number };
  return { port, got, out: { connector: 'mllp', ackTimeout: '150ms', send: { host: '127.0.0.1', port } } };
}

const answers: Behaviour = (controlId, socket) => void socket.write(ack(controlId));
const codesOf = async (running: Running, controlId: string): Promise<(string | undefined)[]> => {
  const [one] = await running.deliveriesOf(controlId);
  const history = await running.store.history(one?.id as string);
  return history?.attempts.map(({ failure }) => failure.code) ?? [];
};

describe('a receiver that', () => {
  const both = ['M-1', 'M-2', 'M-3'];
  async function passes(behaves: Behaviour) {
    const receiver = await receiverThat(behaves);
    const running = await engineWith({ out: receiver.out }, [forward]);
    for (const id of both) await running.admit(id);
    for (const id of both) await running.reaches(id, 'delivered');
    return { got: receiver.got, running };
  }

  test('accepts and does not answer gets the same again, and nothing overtakes', async () => {
    const { got, running } = await passes((controlId, socket, nth) => {
      if (controlId !== 'M-1' || nth > 2) answers(controlId, socket, nth);
    });
    expect(got).toEqual(['M-1', 'M-1', 'M-1', 'M-2', 'M-3']);
    const [one] = await running.deliveriesOf('M-1');
    expect(one).toMatchObject({ possibleDuplicate: true, attempts: 3 });
    expect(one?.failure?.message).toBe(
      'The message was sent and no acknowledgement came within 150 ms: it may have been taken.',
    );
  });

  test('answers twice: the second answer is credited to nobody', async () => {
    const { got, running } = await passes((controlId, socket, nth) => {
      if (controlId === 'M-1') socket.write(Buffer.concat([ack('M-1'), ack('M-1')]));
      // Only the stray answer is there when this one comes for the first time.
      else if (controlId === 'M-2' && nth === 1) socket.write(ack('M-1'));
      else answers(controlId, socket, nth);
    });
    expect(got).toEqual(['M-1', 'M-2', 'M-2', 'M-3']);
    expect(await codesOf(running, 'M-1')).toEqual([]);
    expect((await codesOf(running, 'M-2'))[0]).toMatch(/^MLLP_(ACK_MISMATCH|CLOSED|NO_ACK)$/);
  });

  test('answers for another message has answered none', async () => {
    const { got, running } = await passes((controlId, socket, nth) => {
      if (controlId === 'M-2' && nth === 1) socket.write(ack('M-3'));
      else answers(controlId, socket, nth);
    });
    expect(got).toEqual(['M-1', 'M-2', 'M-2', 'M-3']);
    expect(await codesOf(running, 'M-2')).toEqual(['MLLP_ACK_MISMATCH']);
    expect((await running.deliveriesOf('M-2'))[0]?.failure?.fix).toMatch(/MSH-10 into MSA-2/);
  });

  test('closes in the middle of its answer has not answered', async () => {
    const { got, running } = await passes((controlId, socket, nth) => {
      if (controlId === 'M-1' && nth === 1) socket.end(ack(controlId).subarray(0, 50));
      else answers(controlId, socket, nth);
    });
    expect(got).toEqual(['M-1', 'M-1', 'M-2', 'M-3']);
    expect(await codesOf(running, 'M-1')).toEqual(['MLLP_CLOSED']);
    expect((await running.deliveriesOf('M-1'))[0]?.failure?.message).toMatch(
      /ended before the acknowledgement/,
    );
  });

  test('is mute for all is left alone but for probes, which the screen says; then all arrive in each patient’s order', async () => {
    let isMute = true;
    const receiver = await receiverThat((controlId, socket, nth) => {
      if (!isMute) answers(controlId, socket, nth);
    });
    const byPatient = flow('by-patient', { about: 'Passes admissions on.', order: 'patient' })
      .on(hl7.message('ADT^A01'))
      .send('pass', { connection: 'out', do: 'send', args: {} });
    const running = await engineWith({ out: { ...receiver.out, ackTimeout: '20ms' } }, [byPatient]);
    for (let sequence = 1; sequence <= 2; sequence++)
      for (let patient = 0; patient < 40; patient++)
        await running.admit(`Q-${patient}-${sequence}`, patient, sequence);
    const failing = await until(
      async () => running.engine.connections().find((one) => one.state === 'failing'),
      'the connection to be shown as failing',
      30,
    );
    expect(failing.text).toMatch(
      /^Fails since .*: only probes go out .* lanes? waits? for it\. .*no acknowledgement came within 20 ms/,
    );
    isMute = false;
    await until(async () => (await running.store.ledger()).delivered === 80, 'all to be delivered', 40);
    for (let patient = 0; patient < 40; patient++) {
      const own = receiver.got.filter((id) => id.startsWith(`Q-${patient}-`));
      expect(own.lastIndexOf(`Q-${patient}-1`)).toBeLessThan(own.indexOf(`Q-${patient}-2`));
    }
    // What came more than once is marked, and nothing else is.
    for (const id of new Set(receiver.got)) {
      const again = receiver.got.filter((one) => one === id).length > 1;
      expect([id, (await running.deliveriesOf(id))[0]?.possibleDuplicate]).toEqual([id, again]);
    }
  }, 180_000);
});

describe('senders', () => {
  test('that go away in the middle of a message leave nothing but a count', async () => {
    const running = await engineWith({}, []);
    const peer = await connectPeer(running.mllpPort);
    await peer.write(frame(admission('P-1', 1, 1)).subarray(0, 300));
    peer.close();
    await until(async () => {
      const noises = await running.store.noises();
      return noises.some(({ kind, count }) => kind === 'broken-frame' && count === 1);
    }, 'the broken frame to be counted');
    await running.admit('P-2');
    expect(await running.store.ledger()).toMatchObject({ received: 1 });
  });

  test('five hundred at once are all answered, each for its own', async () => {
    const running = await engineWith({}, []);
    const senders = 500;
    const peers = await Promise.all(Array.from({ length: senders }, () => connectPeer(running.mllpPort)));
    closers.push(async () => {
      for (const peer of peers) peer.close();
    });
    for (let round = 0; round < 3; round++) {
      const said = await Promise.all(
        peers.map((peer, index) => peer.send(admission(`F-${index}-${round}`, index, round))),
      );
      for (const [index, answer] of said.entries())
        expect(msa(answer)).toMatchObject({ code: 'AA', controlId: `F-${index}-${round}` });
    }
    expect(await running.store.ledger()).toMatchObject({ received: senders * 3, accepted: senders * 3 });
    expect(running.engine.connections()[0]).toMatchObject({ state: 'running', text: null });
  });

  test('one at full speed does not keep fifty slow ones waiting', async () => {
    const running = await engineWith({}, []);
    const fast = await connectPeer(running.mllpPort);
    const slow = await Promise.all(Array.from({ length: 50 }, () => connectPeer(running.mllpPort)));
    closers.push(async () => {
      for (const peer of [fast, ...slow]) peer.close();
    });
    let acknowledged = 0;
    let isOver = false;
    /** As many under way as it is let have: it writes on as long as it is read. */
    const underWay = Array.from({ length: 200 }, async (_, at) => {
      for (let round = 0; !isOver; round++) {
        expect(msa(await fast.send(admission(`V-${at}-${round}`, 1, 1)))?.code).toBe('AA');
        acknowledged++;
      }
    });
    await until(async () => acknowledged > 500, 'the fast one to be at full speed');
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      await Promise.all(
        slow.map(async (peer, index) => {
          const before = acknowledged;
          const answer = msa(await peer.send(admission(`W-${index}-${round}`, 2 + index, round)));
          expect(answer).toMatchObject({ code: 'AA', controlId: `W-${index}-${round}` });
          waits.push(acknowledged - before);
        }),
      );
    }
    isOver = true;
    await Promise.all(underWay);
    // The fast one may have 64 unanswered; in any stretch of a few times that each slow one gets its answer.
    waits.sort((a, b) => a - b);
    expect(waits).toHaveLength(400);
    expect(waits.at(-1)).toBeLessThan(8 * 64);
  });
});
