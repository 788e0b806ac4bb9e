/**
 * Connections are cut at random bytes, in both directions, before the engine and behind it: senders repeat what was not
 * acknowledged, the engine repeats what it does not know. Nothing acknowledged may be missing, and what was delivered twice must be
 * flagged and be explained by an unknown outcome.
 */
import { seededRandom } from '../../../src/std/index.ts';
import type { Store } from '../../../src/store/index.ts';
import { proofSite, startProofEngine } from '../engine.ts';
import { judge, PROMISED_ZERO } from '../judge.ts';
import { quickClock } from '../quick-clock.ts';
import { startTruthfulReceiver } from '../receiver.ts';
import { dealt, type Message, sendAll } from '../sender.ts';
import type { Figures } from '../tally.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

export const CUTS_ZERO: readonly string[] = PROMISED_ZERO;

const SENDERS = 16;
const PATIENTS_PER_SENDER = 4;
/** Four messages of about 1 KB, four acknowledgements of about 100 bytes. */
const MOST = { forward: 4_600, back: 420 };
/** No block needs more messages than this for each cut. */
const MESSAGES_PER_CUT = 8;

export async function cuts(options: {
  readonly folder: string;
  /** Ends when so many connections were cut, before the engine and behind it together. */
  readonly cuts: number;
  readonly seed: number;
  /** Sabotage: an unknown outcome is told to the store as one that is known. */
  readonly unflagging?: boolean;
}): Promise<Figures & { readonly unflagged: number }> {
  const random = seededRandom(options.seed);
  const receiver = await startTruthfulReceiver(() => 'AA');
  const behind = await startCuttingProxy({ target: receiver.port, random, most: MOST });
  const running = await startProofEngine({
    folder: options.folder,
    site: proofSite({ port: behind.port, window: random.fraction() < 0.5 ? 1 : 4, ackTimeout: '2s' }),
    clock: quickClock(100),
    random: seededRandom(options.seed + 1),
    ...(options.unflagging ? { wrap: unflagging } : {}),
  });
  const before = await startCuttingProxy({ target: running.port, random, most: MOST });
  const acked: string[] = [];
  let strangeAcks = 0;
  const enough = (): boolean => before.cuts + behind.cuts >= options.cuts;
  function* untilEnough(messages: Iterable<Message>): Generator<Message> {
    for (const message of messages) {
      if (enough()) return;
      yield message;
    }
  }
  try {
    const hands = dealt(options.cuts * MESSAGES_PER_CUT, SENDERS, PATIENTS_PER_SENDER);
    await Promise.all(
      hands.map((messages) =>
        sendAll({
          port: () => before.port,
          messages: untilEnough(messages),
          acked: (controlId) => acked.push(controlId),
          strange: () => strangeAcks++,
        }),
      ),
    );
    await running.drained();
    const verdict = await judge(running.store, acked, receiver);
    const repeats = (await running.store.tallies(Date.now())).reduce((sum, feed) => sum + feed.repeats, 0);
    const { inversions, overtakings, lateCopies } = receiver;
    return {
      acknowledged: acked.length,
      'cut before the engine': before.cuts,
      'of these in the frames': before.forward,
      'cut behind the engine': behind.cuts,
      'of these in the messages': behind.forward,
      'repeats recognised': repeats,
      ...verdict,
      strangeAcks,
      inversions,
      overtakings,
      lateCopies,
      cutsMissing: Math.max(0, options.cuts - before.cuts - behind.cuts),
    };
  } finally {
    await before.close();
    await running.close();
    await behind.close();
    await receiver.close();
  }
}

/** A store that hears of every lost answer as of a connection that was never made. */
const unflagging = (store: Store): Store => ({
  ...store,
  settle: (settlement) =>
    store.settle(
      settlement.to === 'waiting' && settlement.failure.kind === 'unknown-outcome'
        ? { ...settlement, failure: { ...settlement.failure, kind: 'unreachable' } }
        : settlement,
    ),
});
