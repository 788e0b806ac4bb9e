/**
 * A site's budget that several nodes share: the rate lies in a slot of the store, and each node takes a block of requests from
 * it at a time. A block is a quarter of a second's at most, so what one node holds when another is told to slow down is little.
 */
import type { Clock, Json } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import type { BudgetSource, Drawn } from './budget.ts';
import { allowanceOf, answered, drawn, filled, freshRate, type Rate, slowed } from './budget-rate.ts';

/** Of a second's requests. */
const BLOCK = 1 / 4;
/** How often two nodes may be in each other's way before one waits. */
const TRIES = 6;
/** What is not used is no reserve for later: after this it is forgotten, milliseconds. */
const BLOCK_KEEPS = 1_000;

const rateOf = (value: Json, fresh: Rate): Rate =>
  value === null ? fresh : { ...fresh, ...(value as unknown as Rate) };

export function sharedSource(options: {
  readonly store: Pick<Store, 'slot' | 'swapSlot'>;
  readonly clock: Clock;
  readonly site: string;
  readonly perSecond: number;
}): BudgetSource {
  const { store, clock, site, perSecond } = options;
  const allowance = allowanceOf(perSecond);
  const name = `budget ${site}`;
  const block = Math.max(1, Math.floor(perSecond * BLOCK));
  /** Drawn and not used yet. */
  let held = 0;
  let heldAt = 0;
  /** How long answers take is each node's own to judge; what follows from it is everybody's. */
  let latency: Pick<Rate, 'lately' | 'usually'> = { lately: 0, usually: 0 };
  let notBefore = 0;

  /** Changes the shared rate; `null` when others were in the way all the time. */
  async function change<Result>(
    act: (rate: Rate, now: number) => { readonly rate: Rate; readonly result: Result },
  ): Promise<Result | null> {
    for (let tried = 0; tried < TRIES; tried++) {
      const { value, version, now } = await store.slot(name);
      const { rate, result } = act(filled(rateOf(value, freshRate(allowance, now)), allowance, now), now);
      const { fellAt, ...plain } = rate;
      // JSON knows no infinity: it has not fallen yet.
      const kept = { ...plain, ...(Number.isFinite(fellAt) ? { fellAt } : {}), lately: 0, usually: 0 };
      if (await store.swapSlot({ name, expect: version, value: kept })) return result;
    }
    return null;
  }

  return {
    async draw(want): Promise<Drawn> {
      const elapsed = clock.elapsed();
      if (elapsed < notBefore) return { people: 0, flows: 0, again: notBefore - elapsed };
      if (elapsed - heldAt > BLOCK_KEEPS) held = 0;
      const people = Math.min(want.people, held);
      const flows = Math.min(want.flows, held - people);
      held -= people + flows;
      const more = { people: want.people - people, flows: want.flows - flows };
      if (more.people + more.flows === 0) return { people, flows, again: 0 };
      const given = await change((rate, now) => {
        const wanted = { people: more.people, flows: Math.max(more.flows, more.flows > 0 ? block : 0) };
        const { rate: next, ...result } = drawn(rate, allowance, wanted, now);
        return { rate: next, result };
      });
      if (given === null) return { people, flows, again: 50 };
      const spare = Math.max(0, given.flows - more.flows);
      held += spare;
      heldAt = elapsed;
      return { people: people + given.people, flows: flows + given.flows - spare, again: given.again };
    },
    slow(ms) {
      held = 0;
      // Not before the store knows it, and not before it was told, whatever becomes of the store.
      notBefore = Math.max(notBefore, clock.elapsed() + (ms ?? 0));
      void change((rate, now) => ({ rate: slowed(rate, allowance, now, ms), result: true })).catch(
        () => null,
      );
    },
    answered(ms) {
      const before: Rate = { ...freshRate(allowance, 0), ...latency };
      const after = answered(before, allowance, 0, ms);
      latency = { lately: after.lately, usually: after.usually };
      if (after.perSecond === before.perSecond) return;
      latency = { ...latency, lately: latency.usually };
      void change((rate, now) => {
        const next = answered({ ...rate, lately: after.lately, usually: after.usually }, allowance, now, ms);
        return { rate: next, result: true };
      }).catch(() => null);
    },
  };
}
