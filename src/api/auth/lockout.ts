import type { Clock } from '../../std/index.ts';

/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 4;
/** Failures of one address over all names that cost nothing. */
const FREE_FAILURES_OF_ADDRESS = 20;
const FIRST_DELAY = 1_000;
const LONGEST_DELAY = 15 * 60_000;
/** Without a further failure it is forgotten. */
const FORGET_AFTER = 60 * 60_000;
const REMEMBERED_MAX = 10_000;

interface Attempts {
  failures: number;
  lastAt: number;
  until: number;
}

/**
 * Brute force is answered with delay, never with a lock that others could use to shut a user out: after
 * the fifth failure of one name from one address 1 s, then doubled up to 15 minutes. Names from one address
 * are also counted together, so that one password over many names is slowed too.
 */
export interface Lockout {
  /** Milliseconds to wait; 0 when an attempt may be made. */
  waitFor(name: string, address: string): number;
  failed(name: string, address: string): void;
  succeeded(name: string, address: string): void;
}

export function createLockout(clock: Clock): Lockout {
  const records = new Map<string, Attempts>();

  function keys(name: string, address: string): readonly { key: string; free: number }[] {
    return [
      { key: `name\n${name}\n${address}`, free: FREE_FAILURES },
      { key: `address\n${address}`, free: FREE_FAILURES_OF_ADDRESS },
    ];
  }

  return {
    waitFor(name, address) {
      const now = clock.now();
      return Math.max(0, ...keys(name, address).map(({ key }) => (records.get(key)?.until ?? 0) - now));
    },
    failed(name, address) {
      const now = clock.now();
      for (const { key, free } of keys(name, address)) {
        const old = records.get(key);
        const failures = old && now - old.lastAt < FORGET_AFTER ? old.failures + 1 : 1;
        const over = failures - free - 1;
        const until = over < 0 ? 0 : now + Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(over, 20));
        records.delete(key); // stands at the end again: the oldest is dropped first
        records.set(key, { failures, lastAt: now, until });
      }
      while (records.size > REMEMBERED_MAX) records.delete(records.keys().next().value as string);
    },
    succeeded(name, address) {
      records.delete(`name\n${name}\n${address}`);
    },
  };
}
