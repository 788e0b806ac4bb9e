/**
 * Replays of sets: jobs that run through deliveries oldest first, at a rate. Each batch is one transaction with the job's
 * progress, so a crash neither repeats nor leaves out; who starts the engine goes on with what was running.
 */
import { asFailure, type Clock, type Json, pause, type Random } from '../../std/index.ts';
import type { Job, Store } from '../../store/index.ts';
import { type Judged, judgedPage, takeUpAt, WALK_LIMIT } from './choice.ts';
import { replayFailure } from './failures.ts';
import type { FlowVersions, Runnable } from './versions.ts';
import type { Asked, ReplayChoice, ReplayControl, ReplayWish } from './wish.ts';

export interface RunnerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly versions: FlowVersions;
  /** Deliveries of one connection that may wait: half of what stops its senders from being read. */
  readonly room: number;
  /** Told how many deliveries a batch has made. */
  readonly planned: (deliveries: number) => void;
  readonly log: (level: 'info' | 'warn' | 'error', text: string, facts: Record<string, Json>) => void;
}

export interface Runner extends Pick<ReplayControl, 'start' | 'stop' | 'resume'> {
  /** Goes on with the jobs that were running when the engine last stopped. */
  takeUp(): Promise<void>;
  /** Ends after the batch in hand; what runs stays running in the store. */
  close(): Promise<void>;
}

/** Deliveries a second unless told. */
const USUAL_RATE = 100;
/** So many batches a second at most, and deliveries in one. */
const BATCHES_A_SECOND = 4;
const MOST_IN_BATCH = 500;
const AFTER_A_STORE_FAILURE = 1_000;
/** While the queue is full, and while another node works on the same job. */
const WHILE_FULL = 1_000;
const WHILE_ANOTHER_NODE = 10_000;
/** Jobs that are looked at when the engine starts: those that run are among the newest. */
const JOBS_LOOKED_AT = 1_000;

/** What a job keeps of what was asked for. */
interface Kept {
  readonly query: Extract<ReplayChoice, { query: unknown }>['query'];
  readonly fromStep: string | null;
  readonly version: ReplayWish['version'];
  readonly rate: number;
}

const keptOf = (job: Job): Kept => job.request as unknown as Kept;

function wishOf({ query, fromStep, version }: Kept): ReplayWish {
  return { of: { query }, version, ...(fromStep === null ? {} : { fromStep }) };
}

type Chosen = { readonly delivery: Judged['delivery']; readonly run: Runnable };
const isChosen = (one: Judged): one is Chosen => 'run' in one;

export function createRunner(parts: RunnerParts): Runner {
  const { store, clock, versions } = parts;
  const running = new Map<string, { readonly stop: AbortController; readonly ended: Promise<void> }>();
  const closing = new AbortController();
  let made = 0;

  async function count(wish: ReplayWish, asOf: number): Promise<number> {
    let total = 0;
    let after: string | null = null;
    do {
      const page = await judgedPage(store, versions, wish, { after, asOf, limit: WALK_LIMIT });
      total += page.rows.filter(isChosen).length;
      after = page.after;
    } while (after !== null);
    return total;
  }

  /** Some that can be replayed, and where to go on; `after` is null at the end. */
  async function nextOf(
    job: Job,
    limit: number,
  ): Promise<{ readonly chosen: Chosen[]; readonly atEnd: boolean }> {
    const wish = wishOf(keptOf(job));
    let after = job.after;
    for (;;) {
      const page = await judgedPage(store, versions, wish, { after, asOf: job.createdAt, limit });
      const chosen = page.rows.filter(isChosen);
      if (chosen.length > 0 || page.after === null) return { chosen, atEnd: page.after === null };
      after = page.after;
    }
  }

  /** Those that follow each other and are taken up at the same step are one transaction. */
  async function replayBatch(job: Job, chosen: readonly Chosen[]): Promise<Job> {
    const kept = keptOf(job);
    const takenUpAt = await Promise.all(
      chosen.map((one) => (kept.fromStep === null ? undefined : takeUpAt(store, one, kept.fromStep))),
    );
    let moved = job;
    for (let from = 0; from < chosen.length; ) {
      let to = from + 1;
      while (to < chosen.length && takenUpAt[to] === takenUpAt[from]) to++;
      const ids = chosen.slice(from, to).map(({ delivery }) => delivery.id);
      const fromStep = takenUpAt[from];
      // Later than the job: what it makes is no part of what it replays.
      const at = Math.max(clock.now(), job.createdAt + 1);
      const next: Job = {
        ...moved,
        done: moved.done + ids.length,
        after: ids.at(-1) as string,
        updatedAt: at,
      };
      await store.replay({
        deliveryIds: ids,
        versions: versionsOf(kept, chosen),
        ...(fromStep === undefined ? {} : { fromStep }),
        at,
        audit: {
          at,
          who: job.who,
          act: 'delivery.replay',
          on: `replay ${job.id}`,
          facts: {
            reason: job.reason,
            deliveries: ids.length,
            first: ids[0] as string,
            last: ids.at(-1) as string,
          },
        },
        job: next,
      });
      moved = next;
      from = to;
      parts.planned(ids.length);
    }
    return moved;
  }

  async function end(job: Job, state: 'done' | 'failed', failure: Job['failure'] = null): Promise<void> {
    const at = clock.now();
    await store.putJob(
      { ...job, state, updatedAt: at, failure },
      {
        at,
        who: job.who,
        act: `replay.${state}`,
        on: `replay ${job.id}`,
        facts: { deliveries: job.done, of: job.total },
      },
    );
    parts.planned(0);
  }

  async function run(id: string, signal: AbortSignal): Promise<void> {
    /** When we last moved it; `null`: not yet. */
    let movedAt: number | null = null;
    while (!signal.aborted) {
      try {
        const job = await store.job(id);
        if (job?.state !== 'running') return;
        if (movedAt !== null && job.updatedAt !== movedAt) {
          await whileAnotherNode(job, signal);
          movedAt = null;
          continue;
        }
        if ((await store.backlog()).some(({ queued }) => queued >= parts.room)) {
          await pause(clock, WHILE_FULL, signal);
          continue;
        }
        const { rate } = keptOf(job);
        const { chosen, atEnd } = await nextOf(job, batchSize(rate));
        const moved = chosen.length === 0 ? job : await replayBatch(job, chosen);
        movedAt = moved.updatedAt;
        if (atEnd) return await end(moved, 'done');
        await pause(clock, (chosen.length / rate) * 1_000, signal);
      } catch (error) {
        if (signal.aborted) return;
        const failure = asFailure(error);
        if (failure.code === 'STORE_JOB_MOVED') {
          movedAt = Number.NaN; // whatever it says now is another's
          continue;
        }
        parts.log('error', failure.message, { code: failure.code, fix: failure.fix, replay: id });
        if (failure.kind === 'unreachable') {
          await pause(clock, AFTER_A_STORE_FAILURE, signal);
          continue;
        }
        const job = await store.job(id).catch(() => null);
        if (job?.state === 'running') await end(job, 'failed', failure.toJSON()).catch(() => undefined);
        return;
      }
    }
  }

  /** Another node is at work on it; when it moves no more, that node is gone and we go on. */
  async function whileAnotherNode(job: Job, signal: AbortSignal): Promise<void> {
    const length = Math.max(WHILE_ANOTHER_NODE, 2_000 / keptOf(job).rate);
    for (let last = job.updatedAt; !signal.aborted; ) {
      await pause(clock, length, signal);
      const now = await store.job(job.id);
      if (now === null || now.updatedAt === last) return;
      last = now.updatedAt;
    }
  }

  function go(id: string): void {
    if (running.has(id) || closing.signal.aborted) return;
    const stop = new AbortController();
    const ended = run(id, AbortSignal.any([stop.signal, closing.signal])).finally(() => running.delete(id));
    running.set(id, { stop, ended });
  }

  const known = async (id: string): Promise<Job> => {
    const job = await store.job(id);
    if (job === null) throw replayFailure('REPLAY_NOT_MOVED', { message: 'There is no such replay.' });
    return job;
  };
  const move = async (job: Job, state: Job['state'], act: string, asked: Asked): Promise<Job> => {
    const at = clock.now();
    const moved: Job = { ...job, state, updatedAt: at, failure: null };
    const facts: Record<string, Json> = { reason: asked.reason, deliveries: job.done, of: job.total };
    await store.putJob(moved, { at, who: asked.who, act, on: `replay ${job.id}`, facts });
    parts.planned(0);
    return moved;
  };

  return {
    async start({ of, fromStep, version, rate = USUAL_RATE }, { who, reason }) {
      if (!('query' in of)) throw new RangeError('deliveries that are named are replayed at once');
      const at = clock.now();
      const kept: Kept = { query: of.query, fromStep: fromStep ?? null, version, rate };
      const total = await count(wishOf(kept), at);
      if (total === 0) throw replayFailure('REPLAY_NOTHING');
      made++;
      const job: Job = {
        id: `${at.toString(36)}-${made.toString(36)}${Math.floor(parts.random.fraction() * 2 ** 32).toString(36)}`,
        kind: 'replay',
        state: 'running',
        who,
        reason,
        createdAt: at,
        updatedAt: at,
        request: kept as unknown as Json,
        done: 0,
        total,
        after: null,
        failure: null,
      };
      const facts: Record<string, Json> = { reason, deliveries: total, request: job.request };
      await store.putJob(job, { at, who, act: 'replay.start', on: `replay ${job.id}`, facts });
      go(job.id);
      return job;
    },
    async stop(id, asked) {
      if ((await known(id)).state !== 'running') throw replayFailure('REPLAY_NOT_MOVED');
      running.get(id)?.stop.abort();
      await running.get(id)?.ended;
      const job = await known(id);
      return job.state === 'running' ? move(job, 'stopped', 'replay.stop', asked) : job;
    },
    async resume(id, asked) {
      const job = await known(id);
      if (job.state !== 'stopped' && job.state !== 'failed') throw replayFailure('REPLAY_NOT_MOVED');
      // The last words of a loop that failed here, or that waits for another node's.
      running.get(id)?.stop.abort();
      await running.get(id)?.ended;
      const moved = await move(job, 'running', 'replay.resume', asked);
      go(id);
      return moved;
    },
    async takeUp() {
      for (const job of await store.jobs(JOBS_LOOKED_AT)) if (job.state === 'running') go(job.id);
    },
    async close() {
      closing.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

const batchSize = (rate: number): number =>
  Math.min(MOST_IN_BATCH, Math.max(1, Math.ceil(rate / BATCHES_A_SECOND)));

/** By flow; what is left out runs again as it ran. */
export function versionsOf(
  { version }: Pick<ReplayWish, 'version'>,
  chosen: readonly Chosen[],
): Readonly<Record<string, string>> {
  if (version === 'ran') return {};
  return Object.fromEntries(chosen.map(({ delivery, run }) => [delivery.flow, run.version]));
}
