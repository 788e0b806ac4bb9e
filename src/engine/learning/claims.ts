/** A site's learning runs on one node at a time: who may, and for how long. */
import type { Clock } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';

/** A node that learns at a site says so for this long, and again before that has gone by. */
const CLAIM = 30_000;
const CLAIM_AGAIN = 10_000;

export interface Claims {
  /** Whether this node may learn at the site now. */
  mine(site: string): Promise<boolean>;
  /** Another node need not wait until the claims have run out. */
  release(): Promise<void>;
}

export function createClaims(store: Store, clock: Clock): Claims {
  const claims = new Map<string, { until: number; mine: boolean; asking: Promise<boolean> | null }>();
  return {
    async mine(site) {
      if (store.claim === undefined) return true;
      const held = claims.get(site) ?? { until: 0, mine: false, asking: null };
      claims.set(site, held);
      if (clock.elapsed() < held.until) return held.mine;
      held.asking ??= store.claim(`learn:${site}`, CLAIM).then(
        (answer) => {
          Object.assign(held, { mine: answer, until: clock.elapsed() + CLAIM_AGAIN, asking: null });
          return answer;
        },
        (error: unknown) => {
          held.asking = null;
          throw error;
        },
      );
      return held.asking;
    },
    async release() {
      if (store.claim === undefined) return;
      const held = [...claims].filter(([, claim]) => claim.mine).map(([site]) => site);
      await Promise.all(held.map((site) => store.claim?.(`learn:${site}`, 0).catch(() => undefined)));
    },
  };
}
