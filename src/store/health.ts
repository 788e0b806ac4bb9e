import type { Clock, Failure } from '../std/index.ts';
import type { StoreHealth } from './contract.ts';

export interface Health {
  now(): StoreHealth;
  listen(listener: (health: StoreHealth) => void): () => void;
  report(fault: Failure | null): void;
}

export function watchHealth(clock: Clock): Health {
  let health: StoreHealth = { state: 'ready' };
  const listeners = new Set<(health: StoreHealth) => void>();
  return {
    now: () => health,
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    report(fault) {
      if (fault === null && health.state === 'ready') return;
      const changed = health.state === 'ready' || fault === null || health.failure.code !== fault.code;
      const since = health.state === 'failing' ? health.since : clock.now();
      health = fault === null ? { state: 'ready' } : { state: 'failing', since, failure: fault };
      if (changed) for (const listener of listeners) listener(health);
    },
  };
}
