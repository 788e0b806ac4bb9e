/**
 * After the project was exchanged, what waited for codes that are mapped now goes on. Where that fails the exchange itself is done:
 * it is told in the log, as a finding and by readiness, and tried again until it is done.
 */
import type { ConnectionContext, Finding } from '../connectors/index.ts';
import { asFailure, type Clock } from '../std/index.ts';

export interface ResumingOptions {
  readonly clock: Clock;
  readonly resume: () => Promise<unknown>;
  readonly counted: (site: string, connection: string, findings: readonly Finding[]) => void;
  readonly log: ConnectionContext['log'];
}

export interface Resuming {
  /** Never rejects. */
  now(): Promise<void>;
  /** One sentence while something is left to be let go on. */
  notices(): readonly string[];
  stop(): void;
}

export const AGAIN_AFTER = 20_000;
export const NOT_RESUMED = 'RESUME_FAILED';

export function createResuming({ clock, resume, counted, log }: ResumingOptions): Resuming {
  let notice: string | null = null;
  let cancel: (() => void) | null = null;
  let stopped = false;

  async function now(): Promise<void> {
    cancel?.();
    cancel = null;
    try {
      await resume();
      notice = null;
    } catch (error) {
      if (stopped) return;
      const { code, message, fix } = asFailure(error);
      const text = `Deliveries that waited for codes which are mapped now do not go on yet: ${message}`;
      if (notice !== text) log('error', text, { code: NOT_RESUMED, cause: code, fix });
      notice = text;
      // It is of no site in particular.
      counted('', '', [{ code: NOT_RESUMED, text, count: 1 }]);
      cancel = clock.after(AGAIN_AFTER, () => void now());
    }
  }

  return {
    now,
    notices: () => (notice === null ? [] : [notice]),
    stop() {
      stopped = true;
      cancel?.();
    },
  };
}
