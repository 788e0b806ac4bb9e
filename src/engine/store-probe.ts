/** While the store fails nothing else may write; so it is asked, gently, whether it can again. */
import type { Clock } from '../std/index.ts';
import type { Store } from '../store/index.ts';

const PROBE_EVERY = 1_000;

/** The function returned begins to ask, until the store works or the engine does not run any more. */
export function createStoreProbe(store: Store, clock: Clock, running: () => boolean): () => void {
  let probing = false;
  return function probeWhileFailing(): void {
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
  };
}
