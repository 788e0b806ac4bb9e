import type { Clock } from '../../src/std/index.ts';

/**
 * The machine's time, some times as fast: what the engine waits for by its clock (the pauses between attempts) passes sooner, while
 * sockets and the disk are as they are. For proofs with many thousand repeated attempts.
 * @param origin When it was first right: processes that share it agree, one after another and beside each other.
 */
export function quickClock(times: number, origin = Date.now()): Clock {
  const start = origin + (Date.now() - origin) * times;
  const from = performance.now();
  const elapsed = (): number => (performance.now() - from) * times;
  return {
    now: () => start + Math.round(elapsed()),
    elapsed,
    after(ms, run) {
      const timer = setTimeout(run, ms / times);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}
