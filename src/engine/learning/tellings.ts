/** What is found turn after turn is told in the log once, and then now and then with how often it was: counters have it all. */
import type { Clock } from '../../std/index.ts';

/** Until the same is told again; milliseconds. */
const AGAIN_AFTER = 600_000;

export interface Tellings {
  /** How many to tell of now, those that were not told included; `null`: nothing now. */
  told(key: string, count: number): number | null;
}

export function createTellings(clock: Pick<Clock, 'elapsed'>): Tellings {
  const kept = new Map<string, { at: number; untold: number }>();
  return {
    told(key, count) {
      const one = kept.get(key);
      const now = clock.elapsed();
      if (one !== undefined && now - one.at < AGAIN_AFTER) {
        one.untold += count;
        return null;
      }
      kept.set(key, { at: now, untold: 0 });
      return count + (one?.untold ?? 0);
    },
  };
}
