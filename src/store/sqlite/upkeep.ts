/** What keeps the data folder in shape, in small transactions one after the other: never two of them at once. */
import type { PruneRequest } from '../contract.ts';
import type { Channel } from './channel.ts';
import type { Writes } from './protocol.ts';
import { PRUNE_LIMIT } from './prune.ts';
import { SHELVE_LIMIT } from './shelve.ts';

/** Rows of period files that are removed in one transaction. */
const SWEPT_TOGETHER = 500;

export function openUpkeep(writer: Pick<Channel<Writes>, 'call'>) {
  let last: Promise<unknown> = Promise.resolve();
  /** After what runs now. What a sweep removes must be committed before; what a backup copies must stand still. */
  const alone = <Result>(act: () => Promise<Result>): Promise<Result> => {
    const done = last.then(act);
    last = done.catch(() => undefined);
    return done;
  };
  const sweep = async (): Promise<void> => {
    while ((await writer.call('sweep', SWEPT_TOGETHER)) === SWEPT_TOGETHER);
  };
  return {
    alone,
    prune: (request: PruneRequest): Promise<number> =>
      alone(async () => {
        let removed = 0;
        for (let after = 0; removed < request.limit; ) {
          const limit = Math.min(request.limit - removed, PRUNE_LIMIT);
          const round = await writer.call('prune', { ...request, after, limit });
          removed += round.removed;
          if (round.done) break;
          after = round.after;
        }
        await sweep();
        return removed;
      }),
    shelve: (request: { readonly receivedBefore: number; readonly limit: number }): Promise<number> =>
      alone(async () => {
        await sweep();
        let moved = 0;
        for (let after = 0; moved < request.limit; ) {
          const limit = Math.min(request.limit - moved, SHELVE_LIMIT);
          const round = await writer.call('shelve', { ...request, after, limit });
          moved += round.moved;
          if (round.done) break;
          after = round.after;
        }
        return moved;
      }),
  };
}
