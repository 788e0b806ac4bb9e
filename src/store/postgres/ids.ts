/**
 * Message ids, reserved from the database ahead of their use. With other nodes at work they are used up at once or forgotten: ids of
 * all nodes then grow with time as people read it, although only those of one connection are promised to grow.
 */
import type { Clock } from '../../std/index.ts';
import type { Ask, Session } from './session.ts';

const TAKE = { name: 'take-ids', text: 'SELECT take_ids($1, $2) AS ids' };
/** Milliseconds after which ids that were reserved are not used any more, where there are other nodes. */
const FRESH = 250;
/** Reserved ahead at most. */
const MOST = 4_096;

export interface Ids {
  take(count: number): Promise<readonly number[]>;
  /** In a transaction that holds the locks of these connections: above all that they have, so no other node can pass them. */
  takeUnder(ask: Ask, connections: readonly number[], count: number): Promise<readonly number[]>;
  /** What is left is not used: another node was faster, or another server answers now. */
  forget(): void;
}

async function reserved(ask: Ask, connections: readonly number[], count: number): Promise<readonly number[]> {
  const [row] = await ask<{ ids: readonly string[] }>(TAKE, [count, connections]);
  return (row?.ids ?? []).map(Number);
}

/** @param alone Whether no other node is at work. */
export function openIds(session: Session, clock: Clock, alone: () => boolean): Ids {
  let left: number[] = [];
  let reservedAt = Number.NEGATIVE_INFINITY;
  /** How many were reserved last: twice as many when those are used up while they are fresh. */
  let ahead = 0;
  let last: Promise<unknown> = Promise.resolve();

  const take = async (count: number): Promise<readonly number[]> => {
    const fresh = alone() || clock.elapsed() - reservedAt <= FRESH;
    if (!fresh) left = [];
    if (left.length < count) {
      ahead = Math.max(count - left.length, fresh ? Math.min(2 * ahead, MOST) : 0);
      left.push(...(await reserved(session.ask, [], ahead)));
      reservedAt = clock.elapsed();
    }
    return left.splice(0, count);
  };
  return {
    take(count) {
      const turn = last.then(() => take(count));
      last = turn.catch(() => undefined);
      return turn;
    },
    takeUnder: reserved,
    forget() {
      left = [];
    },
  };
}
