/**
 * The engine delivers through a proxy that delays, swaps, repeats, truncates, forges and loses acknowledgements, to a receiver that
 * knows what it answered. A delivery that the store calls delivered and that the receiver did not take is a wrong credit.
 */
import { connect } from 'node:net';
import type { Connector } from '../../../src/connectors/index.ts';
import { mllp } from '../../../src/connectors/mllp/index.ts';
import { seededRandom } from '../../../src/std/index.ts';
import { startProxy } from '../../conformance/mllp-proxy.ts';
import { ackOf, frame, frameReader } from '../../crash/traffic.ts';
import { proofSite, startProofEngine } from '../engine.ts';
import { judge, PROMISED_ZERO } from '../judge.ts';
import { quickClock } from '../quick-clock.ts';
import { type Answer, startTruthfulReceiver } from '../receiver.ts';
import { dealt, sendAll } from '../sender.ts';
import type { Figures } from '../tally.ts';

export const ACKS_ZERO: readonly string[] = PROMISED_ZERO;

const SENDERS = 8;
const PATIENTS_PER_SENDER = 32;
/** Of a hundred connections so many begin with an answer that nobody asked for. */
const GREETING = 5;
const CODES: readonly Answer[] = [...Array<Answer>(16).fill('AA'), 'CA', 'AE', 'AR', 'hang up'];

export async function acks(options: {
  readonly folder: string;
  readonly messages: number;
  readonly seed: number;
  readonly window: number;
  /** Sabotage: takes the next acknowledgement for the answer, whatever it is about. */
  readonly credulous?: boolean;
}): Promise<Figures & { readonly exchanges: number; readonly wrongCredits: number }> {
  const random = seededRandom(options.seed);
  const receiver = await startTruthfulReceiver(
    () => CODES[Math.floor(random.fraction() * CODES.length)] as Answer,
  );
  const proxy = await startProxy({
    target: receiver.port,
    random,
    window: options.window,
    greeting: GREETING,
  });
  const running = await startProofEngine({
    folder: options.folder,
    site: proofSite({ port: proxy.port, window: options.window, ackTimeout: '30ms' }),
    clock: quickClock(100),
    random: seededRandom(options.seed + 1),
    ...(options.credulous ? { connector: credulous(proxy.port) } : {}),
  });
  const acked: string[] = [];
  let strangeAcks = 0;
  try {
    await Promise.all(
      dealt(options.messages, SENDERS, PATIENTS_PER_SENDER).map((messages) =>
        sendAll({
          port: () => running.port,
          messages,
          acked: (controlId) => acked.push(controlId),
          strange: () => strangeAcks++,
        }),
      ),
    );
    await running.drained();
    const verdict = await judge(running.store, acked, receiver, { words: true });
    const arrived = [...receiver.arrived.values()].reduce((sum, times) => sum + times, 0);
    const meddled = Object.entries(proxy.mischief).map(([name, count]) => [`proxy: ${name}`, count] as const);
    const { inversions, overtakings, lateCopies } = receiver;
    return {
      exchanges: arrived,
      ...verdict,
      strangeAcks,
      inversions,
      overtakings,
      lateCopies,
      ...Object.fromEntries(meddled.sort()),
    };
  } finally {
    await running.close();
    await proxy.close();
    await receiver.close();
  }
}

/** The MLLP connector without the check of MSA-2: what comes next on the connection is the answer. */
function credulous(port: number): Connector {
  const open: Connector['open'] = (config, context) => ({
    ...mllp.open(config as never, context),
    call: (_, about) =>
      new Promise((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', noDelay: true });
        const fail = (): void => {
          socket.destroy();
          reject(new Error('no positive acknowledgement'));
        };
        socket.setTimeout(1_000, fail);
        socket.on('error', fail);
        socket.on('close', fail);
        socket.on(
          'data',
          frameReader((content) => {
            const { code } = ackOf(content);
            if (code !== 'AA') return fail();
            resolve({ code, controlId: '', text: '' });
            socket.destroy();
          }),
        );
        socket.on('connect', () => socket.write(frame(Buffer.from(about.message.bytes).toString('utf8'))));
      }),
  });
  return { ...mllp, open } as Connector;
}
