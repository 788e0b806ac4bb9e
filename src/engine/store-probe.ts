/** While the store fails nothing else may write; so it is asked, gently, whether it can again. */
import type { ConnectionContext } from '../connectors/index.ts';
import type { Clock } from '../std/index.ts';
import type { Store } from '../store/index.ts';

const PROBE_EVERY = 1_000;

export interface StoreWatch {
  readonly store: Store;
  readonly clock: Clock;
  readonly running: () => boolean;
  readonly changed: () => void;
  readonly log: ConnectionContext['log'];
  /** There may be work: it works again, or another node brought some. */
  readonly nudge: () => void;
}

/** Looks after the store's health until the function returned is called. */
export function watchStore({ store, clock, running, changed, log, nudge }: StoreWatch): () => void {
  let probing = false;
  function probeWhileFailing(): void {
    if (probing || !running() || store.health().state === 'ready') return;
    probing = true;
    clock.after(PROBE_EVERY, () => {
      store
        .probe()
        .catch(() => undefined)
        .finally(() => {
          probing = false;
          probeWhileFailing();
        });
    });
  }
  const endHealth = store.onHealth((health) => {
    changed();
    if (health.state === 'failing') {
      log('error', health.failure.message, { code: health.failure.code, fix: health.failure.fix });
      probeWhileFailing();
    } else {
      log('info', 'the store works again', {});
      nudge();
    }
  });
  const endWork = store.onWork?.(nudge);
  return () => {
    endHealth();
    endWork?.();
  };
}
