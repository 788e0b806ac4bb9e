/** Tells listeners that something changed: the first change after a quiet time at once, what follows folded into one. */
import type { Clock } from '../std/index.ts';
import type { Change } from './control.ts';

const TELL_EVERY = 250;

export function createTelling(clock: Clock): {
  changed(what: keyof Change): void;
  /** The function returned ends it. */
  listen(listener: (change: Change) => void): () => void;
} {
  const listeners = new Set<(change: Change) => void>();
  let pending = { messages: false, deliveries: false, health: false };
  let telling = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  return {
    changed(what) {
      pending[what] = true;
      if (telling) return;
      telling = true;
      clock.after(Math.max(0, toldAt + TELL_EVERY - clock.elapsed()), () => {
        telling = false;
        toldAt = clock.elapsed();
        const change = pending;
        pending = { messages: false, deliveries: false, health: false };
        for (const listener of listeners) listener(change);
      });
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
