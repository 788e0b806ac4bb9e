import type { Clock } from '../std/index.ts';

/**
 * The clock by which deliveries are due. When the machine's clock is set back an hour, what was planned or put off before would lie
 * still for that hour, and everything of its lanes behind it. This one takes every step forward and none back: from then on it
 * goes on by itself, ahead of the machine's, until the next start. Times that people read stay the machine's.
 */
export function dueTime(clock: Clock): Clock & {
  /** Goes on from there, if it is later: the time of the newest that is kept. */
  notBefore(at: number): void;
} {
  let at = clock.now();
  let since = clock.elapsed();
  const now = (): number => {
    const elapsed = clock.elapsed();
    at = Math.max(clock.now(), at + elapsed - since);
    since = elapsed;
    return Math.floor(at);
  };
  return {
    now,
    elapsed: () => clock.elapsed(),
    after: (ms, run) => clock.after(ms, run),
    notBefore(earliest) {
      at = Math.max(now(), earliest);
    },
  };
}
