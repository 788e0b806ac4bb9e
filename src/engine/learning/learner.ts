/**
 * Learns one resource of one site, turn after turn. What is learnt, the hashes that recognise it next time, what was
 * found out about patients and the cursor are one transaction: all of it or none.
 */
import type { Finding, LearnAnswer } from '../../connectors/index.ts';
import {
  asFailure,
  backoffFor,
  type Clock,
  canonicalJson,
  type Failure,
  type Json,
  pause,
  type Random,
} from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import type { Intake } from '../intake.ts';

/** Where what is learnt comes from: a connection that is asked, or messages that have come in. */
export type Ask = (request: {
  readonly cursor: Json;
  readonly seed: boolean;
  readonly signal: AbortSignal;
}) => Promise<LearnAnswer>;

export interface LearnerOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly site: string;
  readonly connectionName: string;
  readonly resource: string;
  readonly door: 'poll' | 'feed' | 'bulk';
  /** Milliseconds until the next turn, where an answer does not say. */
  readonly every: number;
  readonly ask: Ask;
  /** Looked at before each turn: hashes only, no events. */
  readonly seeding: () => boolean;
  /** All there is was seeded. */
  readonly seeded: () => Promise<void>;
  /** False: another node learns here. */
  readonly mine: () => Promise<boolean>;
  readonly intake: Pick<Intake, 'learned'>;
  /** The key under which an identity is kept. */
  readonly identityKey: (identity: string) => string;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  readonly found: (findings: readonly Finding[]) => void;
  readonly state: (failure: Failure | null) => void;
}

export interface Learner {
  /** There may be something: do not wait for the time. */
  nudge(): void;
  /** What stood in the way is said to be gone: do not wait out a failure. False: it does not wait for that. */
  again(): boolean;
  /** Ends after the request in hand. */
  stop(): Promise<void>;
}

/** The name under which a resource's position is kept. */
export const cursorName = (resource: string): string => `learn:${resource}`;

/** With another node at work, look again after this. */
const NOT_MINE = 5_000;

export function startLearner(options: LearnerOptions): Learner {
  const { store, clock, connectionName, resource, site } = options;
  const stopping = new AbortController();
  const name = cursorName(resource);
  let wake: AbortController | null = null;
  let failing: AbortController | null = null;
  let nudged = false;

  /** One question and one commit; milliseconds until the next. */
  async function once(): Promise<number> {
    const cursor = await store.cursor(site, connectionName, name);
    const before = cursor?.value ?? null;
    const answer = await options.ask({ cursor: before, seed: options.seeding(), signal: stopping.signal });
    const at = clock.now();
    const messages = answer.inbound.map((record) => options.intake.learned(record, at, options.door));
    const { census } = answer;
    const counted = census === undefined ? {} : { census };
    const gone = answer.gone && (await store.uncounted(site, resource, answer.gone.before));
    const seen = [...answer.inbound, ...(answer.seen ?? [])].map(({ identity, hash }) => ({
      resource,
      identity: options.identityKey(identity),
      hash,
      ...counted,
    }));
    const moved = canonicalJson(answer.cursor) !== canonicalJson(before);
    if (moved || messages.length > 0 || seen.length > 0 || (answer.roster?.length ?? 0) > 0 || gone) {
      await store.append({
        site,
        connection: connectionName,
        messages,
        cursor: { name, value: answer.cursor, expect: cursor?.version ?? 0, at },
        seen,
        ...(answer.gone && gone ? { gone: { resource, before: answer.gone.before } } : {}),
        roster: answer.roster ?? [],
      });
    }
    options.planned(
      messages.reduce((sum, message) => sum + message.deliveries.length, 0),
      messages.some((message) => message.wakes !== undefined),
    );
    const left = gone ? [{ code: 'LEARN_GONE', text: 'Records are there no more.', count: gone }] : [];
    const findings = [...answer.findings, ...left];
    if (findings.length > 0) options.found(findings);
    if (answer.seeded) await options.seeded();
    return answer.more ? 0 : (answer.wait ?? options.every);
  }

  /** The next turn's time, or a nudge before it. */
  async function rest(ms: number): Promise<void> {
    if (nudged || ms <= 0) return;
    wake = new AbortController();
    await pause(clock, ms, AbortSignal.any([wake.signal, stopping.signal]));
    wake = null;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      let wait: number;
      nudged = false;
      try {
        wait = (await options.mine()) ? await once() : NOT_MINE;
        failures = 0;
        options.state(null);
      } catch (error) {
        if (stopping.signal.aborted) return;
        const failure = asFailure(error, { site, connection: connectionName, path: resource });
        // A person has moved the cursor, or another node was faster: what stands there now is gone by.
        if (failure.code === 'STORE_CURSOR_MOVED') continue;
        options.state(failure);
        failures++;
        const told = failure.retry.again ? failure.retry.after : undefined;
        const first = Math.max(1_000, Math.min(options.every, 60_000));
        wait = told ?? backoffFor(failures, { first, cap: 300_000 }, options.random);
        failing = new AbortController();
        await pause(clock, wait, AbortSignal.any([failing.signal, stopping.signal]));
        failing = null;
        continue;
      }
      await rest(wait);
    }
  }

  const ended = run();
  return {
    nudge() {
      nudged = true;
      wake?.abort();
    },
    again() {
      failing?.abort();
      return failing !== null;
    },
    stop() {
      stopping.abort(new Error('the engine is stopping'));
      return ended;
    },
  };
}
