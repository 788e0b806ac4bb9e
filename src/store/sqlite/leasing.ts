/** From heads that were given out to deliveries with all that is known of them. Nothing stays given out that nobody got. */
import type { Leased, Settlement } from '../contract.ts';
import type { KnownDeliveries } from './known.ts';
import type { Given, Unreadable } from './lease.ts';

export interface LeasingParts {
  readonly known: KnownDeliveries;
  readonly lease: (request: { readonly now: number; readonly limit: number }) => Promise<Given>;
  /** From the rows. Rejects when the file cannot be read now; what cannot be read at all is told one by one. */
  readonly read: (given: Given) => Promise<readonly (Leased | Unreadable)[]>;
  readonly settle: (settlement: Settlement) => Promise<unknown>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type End = Pick<Settlement, 'epoch' | 'at' | 'ms' | 'steps'>;

/** A delivery that cannot be read stops its lane: what comes after it must not overtake it, and a person must look. */
const unreadable = ({ id, failure }: Unreadable, end: End): Settlement => ({
  ...end,
  deliveryId: String(id),
  to: 'held',
  reason: 'stopped lane',
  step: '',
  failure,
  detail: null,
});

export function openLeasing({ known, lease, read, settle, now }: LeasingParts) {
  /** What could not be given back, since the disk took no write either: given back before anything more is given out. */
  let owed: readonly Settlement[] = [];
  const giveBack = async (): Promise<void> => {
    if (owed.length === 0) return;
    await Promise.all(owed.map(settle));
    owed = [];
  };

  const fill = async ({ epoch, ids }: Given): Promise<readonly Leased[]> => {
    const leased = new Map(ids.map((id) => [id, known.take(id, epoch)]));
    const missing = ids.filter((id) => leased.get(id) === undefined);
    if (missing.length > 0) {
      const end: End = { epoch, at: now(), ms: 0, steps: [] };
      try {
        for (const one of await read({ epoch, ids: missing })) {
          if ('delivery' in one) leased.set(Number(one.delivery.id), one);
          else await settle(unreadable(one, end));
        }
      } catch (error) {
        owed = ids.map((id) => ({ ...end, deliveryId: String(id), to: 'given back' }));
        await giveBack().catch(() => undefined);
        throw error;
      }
    }
    return ids.flatMap((id) => leased.get(id) ?? []);
  };

  return async (request: { readonly now: number; readonly limit: number }): Promise<readonly Leased[]> => {
    await giveBack();
    for (;;) {
      const given = await lease(request);
      const leased = await fill(given);
      // What could not be read is held by now: there may be more behind it.
      if (leased.length > 0 || given.ids.length === 0) return leased;
    }
  };
}
