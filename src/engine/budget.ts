/**
 * A site's request budget: a token bucket that all its connections, pollers and flows take from. When
 * the site says to slow down, it is halved (or closed for as long as told) and grows back by itself.
 */
import type { Budget } from '../connectors/index.ts';
import type { Clock } from '../std/index.ts';

/** After a throttle without a time: half the rate; each minute without another one adds a tenth. */
const GROW_EVERY = 60_000;

/** @param perSecond Requests a second that the site record allows. */
export function siteBudget(clock: Clock, perSecond: number): Budget {
  let rate = perSecond;
  let tokens = Math.max(1, perSecond);
  let filledAt = clock.elapsed();
  let closedUntil = 0;
  let slowedAt = 0;
  const waiting: {
    resolve: () => void;
    reject: (reason: unknown) => void;
    signal: AbortSignal;
    stop: () => void;
  }[] = [];
  let cancelTimer: (() => void) | null = null;

  function fill(): void {
    const now = clock.elapsed();
    if (rate < perSecond && now - slowedAt >= GROW_EVERY) {
      rate = Math.min(perSecond, rate + (perSecond / 10) * Math.floor((now - slowedAt) / GROW_EVERY));
      slowedAt = now;
    }
    tokens = Math.min(Math.max(1, rate), tokens + ((now - filledAt) / 1_000) * rate);
    filledAt = now;
  }

  function serve(): void {
    cancelTimer?.();
    cancelTimer = null;
    fill();
    while (waiting.length > 0 && clock.elapsed() >= closedUntil && tokens >= 1) {
      tokens -= 1;
      const next = waiting.shift();
      next?.stop();
      next?.resolve();
    }
    if (waiting.length === 0) return;
    const forToken = Math.ceil(((1 - tokens) / rate) * 1_000);
    cancelTimer = clock.after(Math.max(1, forToken, closedUntil - clock.elapsed()), serve);
  }

  return {
    take(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const leave = (): void => {
          const index = waiting.indexOf(entry);
          if (index >= 0) waiting.splice(index, 1);
          reject(signal.reason);
        };
        const entry = { resolve, reject, signal, stop: () => signal.removeEventListener('abort', leave) };
        signal.addEventListener('abort', leave, { once: true });
        waiting.push(entry);
        serve();
      });
    },
    slow(ms) {
      slowedAt = clock.elapsed();
      if (ms === undefined) rate = Math.max(perSecond / 64, rate / 2);
      else closedUntil = Math.max(closedUntil, clock.elapsed() + ms);
      serve();
    },
  };
}
