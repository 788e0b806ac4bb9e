/**
 * An engine as a process of its own, told by its environment:
 *
 *     PROOF_PLACE    where its store is
 *     PROOF_SITE     the receiver, as JSON: port, window, ackTimeout
 *     PROOF_WORKERS  deliveries in hand at once (64)
 *     PROOF_TIMES    how many times as fast its clock goes (1)
 *     PROOF_SEED     of its pauses (1)
 *     PROOF_STRAY    sabotage: each so many deliveries one leaves its lane (0: none)
 *     PROOF_HASTY    sabotage: answers what was not kept
 *
 * It tells its parent its port, answers `ledger`, `ready` and `vitals`, and ends when it is told to `stop` or when the parent goes.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Ledger } from '../../src/message/index.ts';
import { seededRandom } from '../../src/std/index.ts';
import type { Store } from '../../src/store/index.ts';
import { proofSite, startProofEngine } from './engine.ts';
import { quickClock } from './quick-clock.ts';

const said = process.env as Readonly<Record<string, string>>;

/** Sabotage: now and then a delivery stands in a lane of its own, and so is leased before it is the head of its patient's. */
function straying(store: Store, each: number): Store {
  let count = 0;
  return {
    ...store,
    append: (unit) =>
      store.append({
        ...unit,
        messages: unit.messages.map((message) => ({
          ...message,
          deliveries: message.deliveries.map((delivery) =>
            ++count % each === 0 ? { ...delivery, lanes: [`astray ${count}`] } : delivery,
          ),
        })),
      }),
  };
}

/** Sabotage: what could not be kept is answered as if it were. */
const hasty = (store: Store): Store => ({
  ...store,
  append: (unit) =>
    store
      .append(unit)
      .catch(() =>
        unit.messages.map(({ receivedAt }) => ({ kind: 'kept', messageId: '1', receivedAt, flags: [] })),
      ),
});

/** What must not grow for ever. */
async function vitals() {
  const { rss, heapUsed, external } = process.memoryUsage();
  const feeds = await running.store.tallies(Date.now());
  const place = said.PROOF_PLACE as string;
  return {
    rss,
    heap: heapUsed,
    external,
    handles: process.getActiveResourcesInfo().length,
    files: process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0,
    queued: feeds.reduce((sum, feed) => sum + feed.queued, 0),
    received: feeds.reduce((sum, feed) => sum + feed.received, 0),
    sent: feeds.reduce((sum, feed) => sum + feed.sent, 0),
    // What a database has on disk, its server tells.
    disk: place.includes('://')
      ? 0
      : readdirSync(place).reduce((sum, name) => sum + statSync(join(place, name)).size, 0),
  };
}
export type Vitals = Awaited<ReturnType<typeof vitals>>;

/** So often a store that does not answer is asked for its ledger, a second apart. */
const ASKED_AT_MOST = 30;

const stray = Number(said.PROOF_STRAY ?? 0);
const running = await startProofEngine({
  folder: said.PROOF_PLACE as string,
  site: proofSite(JSON.parse(said.PROOF_SITE as string)),
  clock: quickClock(Number(said.PROOF_TIMES ?? 1)),
  random: seededRandom(Number(said.PROOF_SEED ?? 1)),
  workers: Number(said.PROOF_WORKERS ?? 64),
  ...(said.PROOF_HASTY ? { wrap: hasty } : {}),
  ...(stray > 0 ? { wrap: (store) => straying(store, stray) } : {}),
});
process.send?.({ port: running.port });
process.on('message', async (question) => {
  if (question === 'ledger') process.send?.({ ledger: await ledgerNow() });
  if (question === 'ready') process.send?.({ readiness: running.engine.readiness() });
  if (question === 'vitals') process.send?.({ vitals: await vitals() });
  if (question === 'stop') {
    await running.close();
    process.exit(0);
  }
});

/** The engine lives on when its store cannot be asked for a while; so does whoever asks for its ledger. */
async function ledgerNow(): Promise<Ledger> {
  for (let tries = 1; ; tries++) {
    try {
      return await running.store.ledger();
    } catch (error) {
      if (tries === ASKED_AT_MOST) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
process.on('disconnect', () => process.exit(1));
