/** Sums how calls end and what noise is heard, per minute, and hands the sums to the store. */
import type { CallOutcome, Finding, Receiver } from '../connectors/index.ts';
import type { Clock } from '../std/index.ts';
import type { NoiseCount, OutcomeCount, Store } from '../store/index.ts';

export interface Tallykeeper {
  outcome(site: string, connection: string, outcome: CallOutcome): void;
  /** What came beside results: per minute, code by code. */
  findings(site: string, connection: string, findings: readonly Finding[]): void;
  noise(site: string, connection: string, noise: Parameters<Receiver['noise']>[0]): void;
  start(): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

const EVERY = 2_000;

/** Before a finding's code, where outcomes of calls have their kind: `finding 59204`. */
export const FINDING = 'finding ';

export function createTallykeeper(store: Store, clock: Clock): Tallykeeper {
  let outcomes = new Map<string, { -readonly [Key in keyof OutcomeCount]: OutcomeCount[Key] }>();
  let noises = new Map<string, { -readonly [Key in keyof NoiseCount]: NoiseCount[Key] }>();
  let cancel: (() => void) | null = null;
  let running = false;

  async function write(): Promise<void> {
    const counted = outcomes;
    const heard = noises;
    outcomes = new Map();
    noises = new Map();
    try {
      if (counted.size > 0) await store.countOutcomes([...counted.values()]);
      if (heard.size > 0) await store.countNoise([...heard.values()]);
    } catch {
      // The store is failing and says so itself. Keep the sums for the next time.
      for (const [key, count] of counted) {
        const other = outcomes.get(key);
        outcomes.set(
          key,
          other ? { ...other, count: other.count + count.count, ms: other.ms + count.ms } : count,
        );
      }
      for (const [key, count] of heard) {
        const other = noises.get(key);
        noises.set(
          key,
          other ? { ...other, count: other.count + count.count, bytes: other.bytes + count.bytes } : count,
        );
      }
    }
  }

  function schedule(): void {
    cancel = clock.after(EVERY, () => void write().then(() => running && schedule()));
  }

  function add(site: string, connection: string, kind: string, count: number, ms: number): void {
    const minute = Math.floor(clock.now() / 60_000);
    const key = `${minute}|${site}|${connection}|${kind}`;
    const sum = outcomes.get(key);
    if (sum) {
      sum.count += count;
      sum.ms += ms;
    } else outcomes.set(key, { minute, site, connection, kind, count, ms });
  }

  return {
    outcome: (site, connection, { kind, ms }) => add(site, connection, kind, 1, ms),
    findings(site, connection, findings) {
      for (const { code, count } of findings) add(site, connection, `${FINDING}${code}`, count, 0);
    },
    noise(site, connection, { kind, bytes }) {
      const key = `${site}|${connection}|${kind}`;
      const sum = noises.get(key);
      if (sum) {
        sum.count++;
        sum.bytes += bytes;
      } else noises.set(key, { site, connection, kind, count: 1, bytes });
    },
    start() {
      running = true;
      schedule();
    },
    async stop() {
      running = false;
      cancel?.();
      await write();
    },
  };
}
