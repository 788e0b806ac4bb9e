/** What waits for a person, counted: deliveries that are held, codes that no map has, writes whose outcome is unknown. */
import { unmappedOf } from '../mapping/index.ts';
import type { HoldReason } from '../message/index.ts';
import type { Store } from '../store/index.ts';

export interface Attention {
  /** Held deliveries by their reason. */
  readonly held: readonly { readonly reason: HoldReason; readonly count: number }[];
  /** Codes that value set maps lack: those of the deliveries that were counted. */
  readonly codes: number;
  /** Writes whose outcome nobody knows. */
  readonly undecided: number;
  /** There are more than were counted. */
  readonly more: { readonly held: boolean; readonly undecided: boolean };
}

const PAGE = 500;
/** A screen asks again and again: no more than this is looked at each time. */
const LOOKED_AT = 5_000;
const UNDECIDED = 200;

export async function attentionOf(store: Pick<Store, 'deliveries' | 'writes'>): Promise<Attention> {
  const held = new Map<HoldReason, number>();
  const codes = new Set<string>();
  let looked = 0;
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Store['deliveries']>> = await store.deliveries({
      state: 'held',
      limit: PAGE,
      ...(after === null ? {} : { after }),
    });
    for (const { heldFor, failure } of page.rows) {
      if (heldFor === null) continue;
      held.set(heldFor, (held.get(heldFor) ?? 0) + 1);
      if (heldFor !== 'unmapped code') continue;
      for (const { map, code, back } of unmappedOf(failure))
        codes.add(JSON.stringify([failure?.at.site, map, code, back]));
    }
    looked += page.rows.length;
    after = page.after;
  } while (after !== null && looked < LOOKED_AT);
  const undecided = await store.writes({ states: ['unknown'], limit: UNDECIDED });
  return {
    held: [...held]
      .map(([reason, count]) => ({ reason, count }))
      .sort((a, b) => b.count - a.count || a.reason.localeCompare(b.reason)),
    codes: codes.size,
    undecided: undecided.rows.length,
    more: { held: after !== null, undecided: undecided.after !== null },
  };
}
