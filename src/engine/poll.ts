/**
 * Asks one connection for one resource's changes, turn after turn. What it learns, the hashes that
 * recognise it next time, what it found out about patients and the cursor are one transaction.
 */
import type { Connection, Finding, LearnAnswer } from '../connectors/index.ts';
import { asFailure, backoffFor, type Clock, type Failure, pause, type Random } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import type { Intake } from './intake.ts';

export interface PollOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly site: string;
  readonly connectionName: string;
  readonly connection: Connection;
  readonly resource: string;
  /** Milliseconds between the start of one full round and the next. */
  readonly every: number;
  readonly intake: Intake;
  /** The key under which an identity is kept. */
  readonly identityKey: (identity: string) => string;
  readonly planned: (deliveries: number, woke?: boolean) => void;
  readonly found: (findings: readonly Finding[]) => void;
  readonly state: (failure: Failure | null) => void;
}

export interface Poll {
  /** Ends after the request in hand. */
  stop(): Promise<void>;
}

export function startPoll(options: PollOptions): Poll {
  const { store, clock, connection, site, connectionName, resource } = options;
  const stopping = new AbortController();
  const name = `learn:${resource}`;

  /** One question and one commit; true when there is more to ask right away. */
  async function once(): Promise<boolean> {
    const cursor = await store.cursor(site, connectionName, name);
    const answer = (await connection.learn?.({
      resource,
      cursor: cursor?.value ?? null,
      signal: stopping.signal,
    })) as LearnAnswer;
    const at = clock.now();
    const messages = answer.inbound.map((record) => options.intake.learned(record, at));
    await store.append({
      site,
      connection: connectionName,
      messages,
      cursor: { name, value: answer.cursor, expect: cursor?.version ?? 0 },
      seen: [...answer.inbound, ...(answer.seen ?? [])].map(({ identity, hash }) => ({
        resource,
        identity: options.identityKey(identity),
        hash,
      })),
      roster: answer.roster ?? [],
    });
    options.planned(
      messages.reduce((sum, message) => sum + message.deliveries.length, 0),
      messages.some((message) => message.wakes !== undefined),
    );
    if (answer.findings.length > 0) options.found(answer.findings);
    return answer.more;
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const began = clock.elapsed();
      let wait: number;
      try {
        while ((await once()) && !stopping.signal.aborted);
        failures = 0;
        options.state(null);
        wait = Math.max(0, options.every - (clock.elapsed() - began));
      } catch (error) {
        if (stopping.signal.aborted) return;
        const failure = asFailure(error, { site, connection: connectionName, path: resource });
        options.state(failure);
        failures++;
        const told = failure.retry.again ? failure.retry.after : undefined;
        wait =
          told ??
          backoffFor(failures, { first: Math.max(1_000, options.every), cap: 300_000 }, options.random);
      }
      await pause(clock, wait, stopping.signal);
    }
  }

  const ended = run();
  return {
    stop() {
      stopping.abort(new Error('the engine is stopping'));
      return ended;
    },
  };
}
