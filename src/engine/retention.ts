/**
 * Finished messages leave when their time is over, and move out of the live file before: in the background, in small steps,
 * counted and told without a word of what was in them. What is not finished stays, however old.
 */
import type { ConnectionContext } from '../connectors/index.ts';
import type { Flow } from '../flow/index.ts';
import { repeatsOf, retentionOf, retentionOfFlow, type SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, pause } from '../std/index.ts';
import type { MessageEnd, PruneRequest, Store } from '../store/index.ts';
import type { RunningFlow } from './control.ts';
import { createLooks } from './retention-looks.ts';
import { SCHEDULE_CONNECTION } from './schedules.ts';

export interface RetentionOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly sites: () => readonly SiteRecord[];
  readonly flows: () => readonly RunningFlow[];
  readonly log: ConnectionContext['log'];
}

const DAY = 86_400_000;
/** After the start, and between two rounds. */
const FIRST_AFTER = 60_000;
const EVERY = 3_600_000;
/** Messages of one step, and the pause behind it: intake and delivery come first. */
const STEP = 1_000;
const BETWEEN_STEPS = 250;
/** Days after which what is finished moves to its period file. */
export const SHELVED_AFTER = 7;

/** Days for which the ledger knows what a write gave; what is open stays until it is decided. */
const LEDGER_DAYS = 90;

const ENDS: readonly MessageEnd[] = ['delivered', 'filtered', 'dead', 'rejected', 'unrouted'];

/** Ends of which a flow may say how long: those of messages that it was planned for. */
const OF_FLOWS: readonly MessageEnd[] = ['delivered', 'filtered', 'dead'];

/** Flows that say otherwise than the feed, and before which time their messages leave. */
function sayingOtherwise(
  flows: readonly Flow[],
  kept: ReturnType<typeof retentionOf>,
  ended: MessageEnd,
  now: number,
): NonNullable<PruneRequest['flows']> {
  if (!OF_FLOWS.includes(ended)) return [];
  return flows.flatMap(({ name, retention }) => {
    if (retention === undefined) return [];
    const days = retentionOfFlow(kept, retention)[ended];
    return days === kept[ended] ? [] : [{ flow: name, receivedBefore: now - days * DAY }];
  });
}

/**
 * What is removed now, one request for each feed and end; last what no record speaks of any more, by the longest time of all.
 * What schedules started is kept as a feed of the site that says nothing of its own.
 */
export function pruneRequests(
  sites: readonly SiteRecord[],
  flows: readonly Flow[],
  now: number,
): Omit<PruneRequest, 'limit'>[] {
  const requests: Omit<PruneRequest, 'limit'>[] = [];
  let oldest = now;
  let widest = 0;
  const scheduled = flows.some(({ trigger }) => trigger.kind === 'schedule');
  for (const site of sites) {
    const feeds = Object.keys(site.connections);
    for (const connection of new Set(scheduled ? [...feeds, SCHEDULE_CONNECTION] : feeds)) {
      const kept = retentionOf(site, connection);
      const { window } = repeatsOf(site, connection);
      widest = Math.max(widest, window);
      for (const ended of ENDS) {
        const receivedBefore = now - kept[ended] * DAY;
        const otherwise = sayingOtherwise(flows, kept, ended, now);
        oldest = Math.min(oldest, receivedBefore, ...otherwise.map((one) => one.receivedBefore));
        requests.push({
          ...{ site: site.site, connection, ended, receivedBefore, repeatsBefore: now - window },
          ...(otherwise.length === 0 ? {} : { flows: otherwise }),
        });
      }
    }
  }
  // Without a single connection there is no word on how long: nothing is removed.
  if (requests.length === 0) return [];
  return [...requests, { receivedBefore: oldest, repeatsBefore: now - widest }];
}

export function startRetention({ store, clock, sites, flows, log }: RetentionOptions): {
  stop(): Promise<void>;
} {
  const stopping = new AbortController();
  const looks = createLooks();

  /** Step by step until a step is not full; gives how many in all. */
  const inSteps = async (step: (limit: number) => Promise<number>): Promise<number> => {
    for (let all = 0; ; ) {
      const some = await step(STEP);
      all += some;
      if (some < STEP || stopping.signal.aborted) return all;
      await pause(clock, BETWEEN_STEPS, stopping.signal);
    }
  };

  const round = async (): Promise<void> => {
    const now = clock.now();
    const running = flows().map(({ flow }) => flow);
    for (const request of pruneRequests(sites(), running, now)) {
      let removed = 0;
      for (const look of looks.of(request, now)) {
        if (stopping.signal.aborted) return;
        removed += await inSteps((limit) => store.prune({ ...look, limit }));
      }
      looks.done(request, now);
      if (removed === 0) continue;
      const { site, connection, ended, receivedBefore } = request;
      log('info', 'finished messages were removed: their retention is over', {
        ...(site === undefined || connection === undefined ? {} : { site, connection }),
        ended: ended ?? 'any',
        removed,
        receivedBefore: new Date(receivedBefore).toISOString(),
        ...(request.flows === undefined ? {} : { flowsSayOtherwise: request.flows.length }),
      });
    }
    const ended = now - LEDGER_DAYS * DAY;
    await inSteps((limit) => store.pruneWrites({ endedBefore: ended, limit }));
    for (const site of sites()) {
      const before = now - retentionOf(site, '').delivered * DAY;
      const removed = await inSteps((limit) => store.pruneExchanges({ site: site.site, before, limit }));
      if (removed > 0) {
        log('info', 'answered calls were removed: their retention is over', { site: site.site, removed });
      }
    }
    const moved = await inSteps((limit) =>
      store.shelve({ receivedBefore: now - SHELVED_AFTER * DAY, limit }),
    );
    if (moved > 0) log('info', 'finished messages were moved to their period files', { moved });
  };

  const run = async (): Promise<void> => {
    await pause(clock, FIRST_AFTER, stopping.signal);
    while (!stopping.signal.aborted) {
      await round().catch((error) => {
        if (stopping.signal.aborted) return;
        const failure = asFailure(error);
        log('warn', `retention waits for its next round: ${failure.message}`, {
          code: failure.code,
          fix: failure.fix,
        });
      });
      await pause(clock, EVERY, stopping.signal);
    }
  };

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
