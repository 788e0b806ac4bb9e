import type { Random } from './random.ts';

export interface Backoff {
  /** The longest pause of the first attempt, in milliseconds. */
  readonly first: number;
  /** No pause is longer, in milliseconds. */
  readonly cap: number;
}

/** 1 s, 2 s, 4 s ... 5 min: soon enough for a restart, polite enough for a long night. */
export const usualBackoff: Backoff = { first: 1_000, cap: 300_000 };

/**
 * Exponential backoff with full jitter: anywhere between a tenth of the step and the step, so that a
 * thousand lanes that failed together do not come back together.
 * @param attempt 1 for the first failed attempt.
 * @example
 * backoffFor(3, { first: 1000, cap: 60000 }, random) // somewhere in 400..4000
 */
export function backoffFor(attempt: number, backoff: Backoff, random: Random): number {
  const step = Math.min(backoff.cap, backoff.first * 2 ** Math.min(attempt - 1, 30));
  return Math.round(step * (0.1 + 0.9 * random.fraction()));
}
