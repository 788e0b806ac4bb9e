/** Random work against the model: heads, order, flags, ledger and tallies agree, also after stops of both kinds. */
import { expect, test } from 'vitest';
import { ledgerFaults } from '../../message/index.ts';
import { seededRandom } from '../../std/index.ts';
import type { Leased, Settlement, Store } from '../contract.ts';
import {
  audit,
  benchForEach,
  delivery,
  ending,
  type FreshBench,
  failure,
  message,
  T0,
  unit,
} from './bench.ts';
import { LaneModel, type ModelDelivery } from './lane-model.ts';

const STEPS = 120;
const LANES = ['a', 'b', 'c', 'd', 'e'];

export function randomStories(fresh: FreshBench): void {
  const given = benchForEach(fresh);

  for (let seed = 1; seed <= 5; seed++) {
    test(`seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const below = (n: number): number => Math.floor(random.fraction() * n);
      const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
      const model = new LaneModel();
      let store: Store = given.store;
      let now = T0;
      let control = 0;
      const byId = new Map<string, ModelDelivery>();
      const leased = new Map<string, Leased>();

      const append = async (): Promise<void> => {
        const repeated = control > 0 && below(8) === 0;
        const id = String(repeated ? 1 + below(control) : ++control);
        const lanes = below(4) === 0 ? [pick(LANES), pick(LANES)] : [pick(LANES)];
        const plans = repeated || below(10) > 0 ? (below(5) === 0 ? [lanes, [pick(LANES)]] : [lanes]) : [];
        const alias = below(12) === 0 ? [{ from: pick(LANES), to: pick(LANES), undo: below(2) === 0 }] : [];
        if (alias[0]?.undo && !repeated) model.part(alias[0].from, alias[0].to);
        const planned = repeated ? [] : plans.map((asked, at) => model.plan(`${id}.${at}`, asked, now));
        if (alias[0]?.undo === false && !repeated) model.join(alias[0].from, alias[0].to);
        if (repeated) model.repeats++;
        else {
          model.received++;
          if (plans.length === 0) model.unrouted++;
        }
        const [kept] = await store.append(
          unit(
            [
              message({
                receivedAt: now,
                dedupe: { sender: 's', id, hash: id },
                deliveries: plans.map((asked) => delivery(asked)),
              }),
            ],
            {
              aliases: alias,
            },
          ),
        );
        expect(kept?.kind).toBe(repeated ? 'duplicate' : 'kept');
        if (repeated) return;
        const found = await store.message(kept?.messageId as string);
        for (const [at, one] of (found?.deliveries ?? []).entries())
          byId.set(one.id, planned[at] as ModelDelivery);
      };

      const lease = async (): Promise<void> => {
        const limit = 1 + below(6);
        const expected = model.lease(now, limit);
        const got = await store.lease({ now, limit });
        expect(got.map((one) => byId.get(one.delivery.id)?.key)).toEqual(expected.map((one) => one.key));
        for (const one of got) {
          const known = byId.get(one.delivery.id) as ModelDelivery;
          expect([one.delivery.attempts, one.delivery.possibleDuplicate]).toEqual([
            known.attempts,
            known.possibleDuplicate,
          ]);
          leased.set(one.delivery.id, one);
        }
      };

      const settleSome = async (): Promise<void> => {
        const some = [...leased.values()].filter(() => below(3) > 0);
        const ends = some.map((one): Settlement => {
          const known = byId.get(one.delivery.id) as ModelDelivery;
          leased.delete(one.delivery.id);
          const due = now + below(40);
          switch (below(8)) {
            case 0:
              known.attempts++;
              known.state = 'waiting';
              known.dueAt = due;
              return ending(one, { to: 'waiting', dueAt: due, failure, detail: 'd' });
            case 1:
              known.attempts++;
              known.state = 'held';
              return ending(one, { to: 'held', reason: 'paused', step: 's', failure, detail: null });
            case 2:
              known.state = 'sleeping';
              known.wakeAt = due;
              return ending(one, { to: 'sleeping', step: 's', wakeAt: due, wakeOn: null });
            case 3:
              known.attempts++;
              known.state = 'dead';
              return ending(one, { to: 'dead', failure, detail: null });
            case 4:
              known.state = 'waiting';
              if (below(2)) return ending(one, { to: 'given back' });
              known.dueAt = due;
              return ending(one, { to: 'given back', dueAt: due });
            case 5:
              known.attempts++;
              known.state = 'filtered';
              return ending(one, { to: 'filtered', step: 's' });
            default:
              known.attempts++;
              known.state = 'delivered';
              return ending(one, { to: 'delivered' });
          }
        });
        const settled = await Promise.all(ends.map((end) => store.settle(end)));
        expect(settled).toEqual(settled.map(() => 'settled'));
      };

      const release = async (): Promise<void> => {
        const to = below(2) ? 'waiting' : 'dead';
        const waits = (one: ModelDelivery): boolean =>
          one.state === 'waiting' && (to === 'dead' ? below(4) === 0 && model.isHead(one) : one.dueAt > now);
        // Heads of one lane are not given up together: whether the second is one depends on the first.
        const held = [...byId].filter(([, one]) => (one.state === 'held' || waits(one)) && below(2) === 0);
        for (const [, one] of held) {
          one.state = to;
          if (to === 'waiting') one.dueAt = now;
        }
        const ids = held.map(([id]) => id);
        expect(await store.release({ deliveryIds: ids, to, at: now, audit: audit() })).toBe(ids.length);
      };

      const replay = async (): Promise<void> => {
        const ended = [...byId].filter(([, one]) => ['dead', 'delivered'].includes(one.state));
        if (ended.length === 0) return;
        const [id, old] = pick(ended);
        const again = model.plan(`${old.key}'`, old.asked, now);
        const [fresh] = await store.replay({ deliveryIds: [id], versions: {}, at: now, audit: audit() });
        byId.set(fresh as string, again);
      };

      const stop = async (): Promise<void> => {
        store = below(2) ? await given.bench.reopen() : await given.bench.crash();
        model.crash();
        leased.clear();
      };

      const agree = async (): Promise<void> => {
        const ledger = await store.ledger();
        expect(ledger).toEqual(model.ledger());
        expect(ledgerFaults(ledger)).toEqual([]);
        expect(await store.nextDue()).toBe(model.nextDue());
        const [tally] = await store.tallies(now);
        if (!tally) return expect(model.received).toBe(0);
        expect(tally).toMatchObject({
          received: ledger.received,
          filtered: ledger.filtered + ledger.unrouted,
          queued: ledger.waiting + ledger.running + ledger.sleeping + ledger.held,
          sent: ledger.delivered,
          errored: ledger.dead + ledger.rejected,
          repeats: model.repeats,
        });
      };

      const acts = [append, append, append, append, lease, lease, settleSome, settleSome, release, replay];
      for (let at = 0; at < STEPS; at++) {
        now += below(15);
        const act = below(40) === 0 ? stop : pick(acts);
        await act();
        if (below(6) === 0) expect(await store.wake({ now })).toBe(model.wake(now));
        if (below(5) === 0) await agree();
      }
      await agree();
      await stop();
      await agree();
    });
  }
}
