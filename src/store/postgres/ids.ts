/**
 * Message ids, reserved from the database in blocks. A block is used up at once or forgotten: ids of all nodes then grow
 * with time as people read it, although only those of one connection are promised to grow.
 */
import type { Clock } from '../../std/index.ts';
import type { Session } from './session.ts';

const RESERVE = { name: 'reserve', text: 'SELECT reserve_ids($1) AS firsts' };
const BLOCK = 64;
/** Milliseconds after which what is left of a block is not used any more. */
const FRESH = 250;

export interface Ids {
  take(count: number): Promise<readonly number[]>;
  /** What is left is not used: another node was faster, or another server answers now. */
  forget(): void;
}

export function openIds(session: Session, clock: Clock): Ids {
  let left: number[] = [];
  let reservedAt = 0;
  let busy = 0;
  let last: Promise<unknown> = Promise.resolve();

  const take = async (count: number): Promise<readonly number[]> => {
    if (clock.elapsed() - reservedAt > FRESH) left = [];
    if (left.length < count) {
      busy = Math.max(Math.ceil(count / BLOCK), Math.min(busy * 2, 8), 1);
      const blocks = Math.max(busy, Math.ceil((count - left.length) / BLOCK));
      const [row] = await session.ask<{ firsts: readonly string[] }>(RESERVE, [blocks]);
      for (const first of row?.firsts ?? []) {
        for (let nth = 0; nth < BLOCK; nth++) left.push(Number(first) + nth);
      }
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
    forget() {
      left = [];
    },
  };
}
