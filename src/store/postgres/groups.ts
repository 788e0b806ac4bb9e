/**
 * Group commit: what arrives while the last commit is on its way shares the next one. Nothing waits for a timer. Several
 * groups may be under way at once; calls of one key never are, so that they commit in the order in which they came.
 */
import type { Failure } from '../../std/index.ts';
import { storeFailure } from '../failures.ts';

export interface Queued<Call, Result> {
  readonly call: Call;
  readonly key: string;
  /** Shares its transaction with none. */
  readonly alone: boolean;
  readonly weight: number;
  readonly resolve: (result: Result) => void;
  readonly reject: (failure: Failure) => void;
}

export interface Groups<Call, Result> {
  put(call: Call, how: { key: string; alone?: boolean; weight?: number }): Promise<Result>;
  /** Takes no more; resolves when all that was taken is answered. */
  close(): Promise<void>;
}

export interface GroupOptions<Call, Result> {
  /** Groups under way at once. */
  readonly sessions: number;
  /** Calls, and bytes they bring, in one transaction at most. */
  readonly calls: number;
  readonly bytes: number;
  /** At most one call of a key in a group; else they share it in their order. */
  readonly oneOfAKey?: boolean;
  /** Answers every call of the group. Never rejects. */
  readonly run: (session: number, group: readonly Queued<Call, Result>[]) => Promise<void>;
}

export function openGroups<Call, Result>(options: GroupOptions<Call, Result>): Groups<Call, Result> {
  let queue: Queued<Call, Result>[] = [];
  const busy = new Set<string>();
  const free = Array.from({ length: options.sessions }, (_, session) => session);
  let closed = false;
  let starting = false;
  let idle: (() => void) | null = null;

  const take = (): Queued<Call, Result>[] => {
    const group: Queued<Call, Result>[] = [];
    const rest: Queued<Call, Result>[] = [];
    const passed = new Set(busy);
    let bytes = 0;
    let full = false;
    for (const one of queue) {
      const room =
        group.length < options.calls && (group.length === 0 || bytes + one.weight <= options.bytes);
      if (full || !room || passed.has(one.key) || (one.alone && group.length > 0)) {
        rest.push(one);
        passed.add(one.key);
        continue;
      }
      group.push(one);
      bytes += one.weight;
      if (options.oneOfAKey) passed.add(one.key);
      full = one.alone;
    }
    queue = rest;
    return group;
  };
  const turn = (): void => {
    starting = false;
    while (free.length > 0 && queue.length > 0) {
      const group = take();
      if (group.length === 0) return;
      const session = free.shift() as number;
      for (const one of group) busy.add(one.key);
      void options.run(session, group).then(() => {
        for (const one of group) busy.delete(one.key);
        free.push(session);
        free.sort((a, b) => a - b);
        turn();
        if (queue.length === 0 && free.length === options.sessions) idle?.();
      });
    }
  };

  return {
    put(call, { key, alone = false, weight = 0 }) {
      if (closed) return Promise.reject(storeFailure('STORE_CLOSED', 'The store is closed.'));
      return new Promise((resolve, reject) => {
        queue.push({ call, key, alone, weight, resolve, reject });
        if (starting || free.length === 0) return;
        starting = true;
        // After the sockets of this turn were read: their messages commit together. No time passes.
        setImmediate(turn);
      });
    },
    close() {
      closed = true;
      if (queue.length === 0 && free.length === options.sessions) return Promise.resolve();
      return new Promise((resolve) => {
        idle = resolve;
      });
    },
  };
}
