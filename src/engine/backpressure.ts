/**
 * Stops reading from senders when too much of theirs waits, and reads on when it has gone down. An unread
 * socket is the only honest signal: what is not read is not acknowledged, and the sender keeps it.
 */
import type { Listening } from '../connectors/index.ts';
import type { Clock } from '../std/index.ts';
import type { Store } from '../store/index.ts';

export interface BackpressureOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Unfinished deliveries of one connection above which its sockets are paused. */
  readonly limit: number;
  readonly listening: () => readonly {
    readonly site: string;
    readonly connection: string;
    readonly listening: Listening;
  }[];
  readonly changed: (site: string, connection: string, paused: { readonly queued: number } | null) => void;
}

export interface Backpressure {
  /** Planned deliveries since the last look; looks soon when it could matter. */
  planned(count: number): void;
  start(): void;
  stop(): void;
}

const LOOK_EVERY = 500;
/** Resume below this share of the limit, so that it does not flutter. */
const RESUME_AT = 0.8;

export function createBackpressure(options: BackpressureOptions): Backpressure {
  const paused = new Map<string, Listening>();
  let unseen = 0;
  let looking = false;
  let running = false;
  let cancel: (() => void) | null = null;

  async function look(): Promise<void> {
    if (looking) return;
    looking = true;
    unseen = 0;
    try {
      const queued = new Map(
        (await options.store.backlog()).map((row) => [`${row.site}/${row.connection}`, row.queued]),
      );
      for (const { site, connection, listening } of options.listening()) {
        const name = `${site}/${connection}`;
        const waiting = queued.get(name) ?? 0;
        if (!paused.has(name) && waiting >= options.limit) {
          paused.set(name, listening);
          listening.pause();
          options.changed(site, connection, { queued: waiting });
        } else if (paused.has(name) && waiting <= options.limit * RESUME_AT) {
          paused.delete(name);
          listening.resume();
          options.changed(site, connection, null);
        } else if (paused.has(name) && paused.get(name) !== listening) {
          // The connection was opened anew meanwhile.
          paused.set(name, listening);
          listening.pause();
          options.changed(site, connection, { queued: waiting });
        }
      }
    } catch {
      // A failing store is told by its health; senders get no answer meanwhile, which holds them back by itself.
    } finally {
      looking = false;
    }
  }

  function schedule(): void {
    cancel = options.clock.after(LOOK_EVERY, () => {
      // Nothing came and nothing is paused: nothing to look at.
      const looked = unseen > 0 || paused.size > 0 ? look() : Promise.resolve();
      void looked.then(() => running && schedule());
    });
  }

  return {
    planned(count) {
      unseen += count;
      // A tenth of the limit since the last look: look now, so that the limit is overrun by that at most.
      if (unseen > options.limit / 10) void look();
    },
    start() {
      running = true;
      unseen = 1;
      schedule();
    },
    stop() {
      running = false;
      cancel?.();
    },
  };
}
