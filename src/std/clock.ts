/**
 * Time and timers as an argument, so that a test or the simulation can own them. The only place in
 * the engine's world that reads the machine's clock.
 */
export interface Clock {
  /** Milliseconds since 1970, UTC. May jump: never used to order things. */
  now(): number;
  /** Milliseconds that only go forward. For durations. */
  elapsed(): number;
  /** Calls `run` once after `ms`; the function returned cancels it. Does not keep the process alive. */
  after(ms: number, run: () => void): () => void;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `ms`, or at once when `signal` aborts (it does not reject: look at the signal). */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/**
 * A clock that moves only when told.
 * @example
 * const clock = manualClock(0);
 * clock.after(100, () => console.log('rings'));
 * clock.advance(100); // rings
 */
export function manualClock(start: number): Clock & { advance(ms: number): void } {
  let now = start;
  let order = 0;
  const timers = new Map<number, { at: number; run: () => void }>();
  return {
    now: () => now,
    elapsed: () => now - start,
    after(ms, run) {
      const id = order++;
      timers.set(id, { at: now + Math.max(0, ms), run });
      return () => timers.delete(id);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        let next: [number, { at: number; run: () => void }] | undefined;
        for (const entry of timers)
          if (entry[1].at <= end && (!next || entry[1].at < next[1].at)) next = entry;
        if (!next) break;
        timers.delete(next[0]);
        now = Math.max(now, next[1].at);
        next[1].run();
      }
      now = end;
    },
  };
}
