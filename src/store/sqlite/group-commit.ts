/**
 * Group commit: what has arrived while the last commit was on its way shares the next one. Nothing waits for
 * a timer: an idle store commits at once, a busy one commits more at a time.
 */
import type { Failure } from '../../std/index.ts';
import { faultOf, refusalOf } from './faults.ts';
import type { Writing } from './writing.ts';

/** Calls, and bytes they bring, in one transaction at most. */
export const GROUP_CALLS = 2_000;
export const GROUP_BYTES = 8 * 1024 * 1024;

export interface QueuedCall {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly weight: number;
}

export type Outcome =
  | { readonly call: QueuedCall; readonly value: unknown }
  | { readonly call: QueuedCall; readonly failure: Failure };

export interface Committed {
  readonly outcomes: readonly Outcome[];
  /** The disk's answer: `null` when the transaction is on it. */
  readonly fault: Failure | null;
}

/** Takes from the front what may share a transaction: one call at least. */
export function takeGroup(queue: QueuedCall[]): QueuedCall[] {
  let count = 0;
  let bytes = 0;
  for (const call of queue) {
    if (count > 0 && (count >= GROUP_CALLS || bytes + call.weight > GROUP_BYTES)) break;
    count++;
    bytes += call.weight;
  }
  return queue.splice(0, count);
}

/** Rolls back; nothing of the transaction is kept, in the file or in memory. */
function undo(writing: Writing): void {
  if (writing.database.isTransaction) writing.database.exec('ROLLBACK');
  writing.reload();
}

const run = (writing: Writing, call: QueuedCall): unknown => {
  const calls = writing.calls as unknown as Readonly<
    Record<string, (...args: readonly unknown[]) => unknown>
  >;
  const one = Object.hasOwn(calls, call.name) ? calls[call.name] : undefined;
  if (!one) throw new RangeError('a call that the store does not know');
  return one(...call.args);
};

/**
 * Runs the group in one transaction. A call that is refused is taken out and the others are done again, so it
 * harms none of them; a fault of the disk refuses all.
 */
export function commitGroup(writing: Writing, group: readonly QueuedCall[]): Committed {
  const { database } = writing;
  try {
    writing.prepare();
    database.exec('BEGIN IMMEDIATE');
    const outcomes = group.map((call) => ({ call, value: run(writing, call) }));
    writing.flush();
    database.exec('COMMIT');
    return { outcomes, fault: null };
  } catch (error) {
    try {
      undo(writing);
      const fault = faultOf(error);
      return fault ? refused(group, fault) : commitApart(writing, group);
    } catch (second) {
      return refused(group, faultOf(second) ?? refusalOf(second));
    }
  }
}

/** The group again, each call behind a savepoint of its own. */
function commitApart(writing: Writing, group: readonly QueuedCall[]): Committed {
  const { database } = writing;
  const outcomes: Outcome[] = [];
  try {
    database.exec('BEGIN IMMEDIATE');
    for (const call of group) {
      database.exec('SAVEPOINT one');
      try {
        const value = run(writing, call);
        writing.flush();
        outcomes.push({ call, value });
      } catch (error) {
        if (faultOf(error)) throw error;
        database.exec('ROLLBACK TO one');
        writing.reload();
        outcomes.push({ call, failure: refusalOf(error) });
      }
      database.exec('RELEASE one');
    }
    database.exec('COMMIT');
    return { outcomes, fault: null };
  } catch (error) {
    undo(writing);
    return refused(group, faultOf(error) ?? refusalOf(error));
  }
}

/** Nothing was kept: every call of the group is told so. */
export function refused(group: readonly QueuedCall[], fault: Failure): Committed {
  return { outcomes: group.map((call) => ({ call, failure: fault })), fault };
}
