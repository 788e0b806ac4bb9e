/**
 * Writes wait in a group until the commit before them has returned; then they are one transaction. Before it is on disk
 * nothing of it is to be seen, and after a crash nothing of it is there; once it is on disk it stays, whether or not
 * somebody was told. An operation that throws keeps nothing of its own and harms none of its neighbours.
 */
import type { Clock, Failure } from '../../std/index.ts';
import type { StoreHealth } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import type { State } from './state.ts';

/** What becomes of one commit. */
export interface CommitFate {
  /** Milliseconds until it is on disk, and from then until it is told. */
  readonly write: number;
  readonly tell: number;
  /** It does not get there: nothing of the group is kept. */
  readonly failure?: Failure;
}

interface Waiting {
  readonly run: (state: State) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export interface Commits {
  write<Value>(operation: (state: State) => Value): Promise<Value>;
  read<Value>(question: (state: State) => Value): Promise<Value>;
  health(): StoreHealth;
  onHealth(listener: (health: StoreHealth) => void): () => void;
  /** Takes no more; resolves when what was taken is on disk. */
  close(): Promise<void>;
  /** As if the process had died. A commit that is under way gets to the disk or does not. */
  crash(underWayArrives: boolean): void;
}

/** Operations check before they change anything, so an error means that nothing was changed. */
const outcomeOf = (one: Waiting, state: State): (() => void) => {
  try {
    const value = one.run(state) as never;
    return () => one.resolve(value);
  } catch (error) {
    return () => one.reject(error);
  }
};

export function openCommits(
  state: State,
  clock: Clock | null,
  fate: () => CommitFate,
  readTakes: () => number,
): Commits {
  const after = (ms: number, run: () => void): void => {
    if (clock) clock.after(ms, run);
    else queueMicrotask(run);
  };
  let group: Waiting[] = [];
  let underWay: Waiting[] | null = null;
  let dead = false;
  let closed: Promise<void> | null = null;
  let drained: (() => void) | null = null;
  let health: StoreHealth = { state: 'ready' };
  const listeners = new Set<(health: StoreHealth) => void>();

  const told = (failure: Failure | undefined): void => {
    if ((failure === undefined) === (health.state === 'ready')) return;
    health =
      failure === undefined ? { state: 'ready' } : { state: 'failing', since: clock?.now() ?? 0, failure };
    for (const listener of listeners) listener(health);
  };

  function commit(): void {
    const writes = group;
    group = [];
    underWay = writes;
    const { write, tell, failure } = fate();
    after(write, () => {
      if (dead) return;
      // The very instant at which it is on disk, or is known not to be.
      underWay = [];
      const answers =
        failure === undefined
          ? writes.map((one) => outcomeOf(one, state))
          : writes.map((one) => () => one.reject(failure));
      after(tell, () => {
        if (dead) return;
        underWay = null;
        for (const answer of answers) answer();
        told(failure);
        if (group.length > 0) commit();
        else drained?.();
      });
    });
  }

  const refused = (): Promise<never> => Promise.reject(storeFailure('STORE_CLOSED', 'The store is closed.'));

  return {
    write(operation) {
      if (closed) return refused();
      return new Promise((resolve, reject) => {
        group.push({ run: operation, resolve, reject });
        // In a turn of its own, so that what is asked for together is committed together.
        if (underWay === null && group.length === 1) {
          queueMicrotask(() => {
            if (underWay === null && group.length > 0 && !dead) commit();
          });
        }
      });
    },
    read(question) {
      if (closed) return refused();
      return new Promise((resolve, reject) => {
        after(readTakes(), () => {
          if (dead) return;
          try {
            resolve(question(state));
          } catch (error) {
            reject(error);
          }
        });
      });
    },
    health: () => health,
    onHealth(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      closed ??= new Promise((resolve) => {
        drained = resolve;
        if (underWay === null && group.length === 0) resolve();
      });
      return closed;
    },
    crash(underWayArrives) {
      if (underWayArrives && !dead) for (const one of underWay ?? []) outcomeOf(one, state);
      dead = true;
      group = [];
      underWay = null;
    },
  };
}
