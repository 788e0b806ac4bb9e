/** What has not ended under versions that would no longer be present. */
import type { Store } from '../store/index.ts';
import type { QueuedCount } from './types.ts';

/** Messages looked at for each flow and state. */
const LOOKED_AT = 2_000;
const PAGE = 200;
const STATES = ['waiting', 'sleeping', 'held'] as const;

export async function queuedUnder(
  store: Store,
  before: Readonly<Record<string, string>>,
  next: Readonly<Record<string, string>>,
): Promise<readonly QueuedCount[]> {
  const counts: QueuedCount[] = [];
  for (const [flow, version] of Object.entries(before)) {
    if (next[flow] === version) continue;
    const count = { flow, version, waiting: 0, sleeping: 0, held: 0, more: false };
    for (const state of STATES) {
      let page: string | null = null;
      let looked = 0;
      do {
        const { rows, before: older }: Awaited<ReturnType<Store['search']>> = await store.search({
          flow,
          state,
          limit: PAGE,
          ...(page === null ? {} : { before: page }),
        });
        count[state] += rows.length;
        looked += rows.length;
        page = older;
      } while (page !== null && looked < LOOKED_AT);
      count.more ||= page !== null;
    }
    if (count.waiting + count.sleeping + count.held > 0) counts.push(count);
  }
  return counts;
}
