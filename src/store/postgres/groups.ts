/**
 * Group commit: what arrives while the last commit is on its way shares the next one. Nothing waits for a timer. Several
 * groups may be under way at once. Calls of one key are under way on one session only, in the order in which they came.
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
  readonly run: (session: number, group: readonly Queued<Call, Result>[], place: Place) => Promise<void>;
}

/** Where a group stands in what its session does. */
export interface Place {
  /** The group that was sent before it and is not answered yet; `null` when there is none. */
  readonly ahead: Promise<void> | null;
  /** The name under which the group ahead was sent last. */
  readonly aheadAs: Sent;
  /** Its own: set whenever it is sent. */
  readonly as: Sent;
  /** To be called when the group is on its way: the next may be sent behind it. Left out, that waits until this has ended. */
  readonly sent: () => void;
}

/** The name under which a group is known to the one that is sent behind it. */
export interface Sent {
  name: string | null;
}

/** One on its way, and those behind it: the server works on while we answer and prepare. Two are 6 % slower (eight pairs of runs). */
const UNDER_WAY = 4;

interface Line {
  readonly session: number;
  underWay: number;
  /** The last group is on its way. */
  sent: boolean;
  last: Promise<void> | null;
  lastAs: Sent;
}

export function openGroups<Call, Result>(options: GroupOptions<Call, Result>): Groups<Call, Result> {
  let queue: Queued<Call, Result>[] = [];
  /** Which line has the key under way, and in how many groups. */
  const busy = new Map<string, { readonly line: Line; groups: number }>();
  const lines = Array.from(
    { length: options.sessions },
    (_, session): Line => ({ session, underWay: 0, sent: true, last: null, lastAs: { name: null } }),
  );
  let closed = false;
  let starting = false;
  let idle: (() => void) | null = null;

  const isFree = (line: Line): boolean => line.sent && line.underWay < UNDER_WAY;
  const isIdle = (): boolean => queue.length === 0 && lines.every((line) => line.underWay === 0);
  const mayTake = (
    line: Line,
    one: Queued<Call, Result>,
    group: readonly Queued<Call, Result>[],
  ): boolean => {
    const at = busy.get(one.key);
    if (at && (at.line !== line || options.oneOfAKey)) return false;
    return !one.alone || group.length === 0;
  };
  const take = (line: Line): Queued<Call, Result>[] => {
    const group: Queued<Call, Result>[] = [];
    const rest: Queued<Call, Result>[] = [];
    const passed = new Set<string>();
    let bytes = 0;
    let full = false;
    for (const one of queue) {
      const room =
        group.length < options.calls && (group.length === 0 || bytes + one.weight <= options.bytes);
      if (full || !room || passed.has(one.key) || !mayTake(line, one, group)) {
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
  const start = (line: Line, group: readonly Queued<Call, Result>[]): void => {
    const keys = new Set(group.map((one) => one.key));
    for (const key of keys) {
      const at = busy.get(key);
      if (at) at.groups++;
      else busy.set(key, { line, groups: 1 });
    }
    const ahead = line.underWay > 0 ? line.last : null;
    const aheadAs = line.lastAs;
    const as: Sent = { name: null };
    line.lastAs = as;
    line.underWay++;
    line.sent = false;
    let isSent = false;
    const sent = (): void => {
      if (isSent) return;
      isSent = true;
      line.sent = true;
    };
    line.last = options
      .run(line.session, group, {
        ahead,
        aheadAs,
        as,
        sent: () => {
          sent();
          turn();
        },
      })
      .then(() => {
        for (const key of keys) {
          const at = busy.get(key) as { groups: number };
          if (--at.groups === 0) busy.delete(key);
        }
        line.underWay--;
        sent();
        turn();
        if (isIdle()) idle?.();
      });
  };
  const turn = (): void => {
    starting = false;
    for (const line of lines) {
      while (isFree(line) && queue.length > 0) {
        const group = take(line);
        if (group.length === 0) break;
        start(line, group);
      }
    }
  };

  return {
    put(call, { key, alone = false, weight = 0 }) {
      if (closed) return Promise.reject(storeFailure('STORE_CLOSED', 'The store is closed.'));
      return new Promise((resolve, reject) => {
        queue.push({ call, key, alone, weight, resolve, reject });
        if (starting || !lines.some(isFree)) return;
        starting = true;
        // After the sockets of this turn were read: their messages commit together. No time passes.
        setImmediate(turn);
      });
    },
    close() {
      closed = true;
      if (isIdle()) return Promise.resolve();
      return new Promise((resolve) => {
        idle = resolve;
      });
    },
  };
}
