import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import type { Append, Leased, Settlement } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { delivery, message } from '../stories/data.ts';
import { openKnown } from './known.ts';
import type { Given, Unreadable } from './lease.ts';
import { openLeasing } from './leasing.ts';
import { deliveryId } from './numbers.ts';

const NOW = 1_790_000_000_000;
const rowOf = (id: number, epoch: number): Leased =>
  ({ delivery: { id: String(id) }, epoch, bytes: new Uint8Array() }) as unknown as Leased;

/** The two threads as this part sees them: what was given out each time, and what the rows say. */
function bench(given: readonly Given[], read: (given: Given) => Promise<readonly (Leased | Unreadable)[]>) {
  const left = [...given];
  const settled: Settlement[] = [];
  const lease = openLeasing({
    known: openKnown(),
    lease: async () => left.shift() ?? { epoch: 99, ids: [] },
    read,
    settle: async (settlement) => settled.push(settlement),
    now: () => NOW,
  });
  return { settled, take: () => lease({ now: NOW, limit: 9 }) };
}

test('when the rows cannot be read now, all that was given out is given back, and the failure is told', async () => {
  const outage = storeFailure('STORE_IO', 'The disk refused a read.');
  const { settled, take } = bench([{ epoch: 7, ids: [11, 12] }], () => Promise.reject(outage));
  await expect(take()).rejects.toBe(outage);
  expect(settled).toEqual(
    ['11', '12'].map((deliveryId) => ({
      deliveryId,
      epoch: 7,
      at: NOW,
      ms: 0,
      steps: [],
      to: 'given back',
    })),
  );
});

test('what could not be given back, since the disk took no write either, is given back before the next is given out', async () => {
  const outage = storeFailure('STORE_IO', 'The disk refused a read.');
  const said: string[] = [];
  let works = false;
  const lease = openLeasing({
    known: openKnown(),
    lease: async () => {
      said.push('lease');
      return said.length === 1 ? { epoch: 7, ids: [11] } : { epoch: 8, ids: [] };
    },
    read: () => Promise.reject(outage),
    settle: async ({ deliveryId, epoch, to }) => {
      if (!works) throw outage;
      said.push(`${deliveryId} of ${epoch} ${to}`);
    },
    now: () => NOW,
  });
  const take = () => lease({ now: NOW, limit: 9 });
  await expect(take()).rejects.toBe(outage);
  await expect(take()).rejects.toBe(outage);
  works = true;
  expect(await take()).toEqual([]);
  expect(await take()).toEqual([]);
  expect(said).toEqual(['lease', '11 of 7 given back', 'lease', 'lease']);
});

test('one that cannot be read at all is held with its failure; the others are given, in their order', async () => {
  const failure = storeFailure('STORE_DAMAGED', 'The data file is damaged.').toJSON();
  const { settled, take } = bench([{ epoch: 7, ids: [11, 12, 13] }], async ({ ids, epoch }) =>
    ids.map((id) => (id === 12 ? { id, failure } : rowOf(id, epoch))),
  );
  expect((await take()).map((one) => one.delivery.id)).toEqual(['11', '13']);
  expect(settled).toMatchObject([
    { deliveryId: '12', epoch: 7, to: 'held', reason: 'stopped lane', failure },
  ]);
});

test('it asks again while all that it was given could not be read, and not when there is nothing', async () => {
  const failure = storeFailure('STORE_DAMAGED', 'The data file is damaged.').toJSON();
  const given = [
    { epoch: 7, ids: [11] },
    { epoch: 8, ids: [12] },
  ];
  const { take } = bench(given, async ({ ids, epoch }) =>
    ids.map((id) => (id === 11 ? { id, failure } : rowOf(id, epoch))),
  );
  expect((await take()).map((one) => [one.delivery.id, one.epoch])).toEqual([['12', 8]]);
  expect(await take()).toEqual([]);
});

test('what is kept at hand for one delivery keeps none of the other messages of its append', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const known = openKnown();
  const bytes = (() => {
    const unit: Append = {
      ...{ site: 'mercy', connection: 'extracts' },
      messages: [1, 2].map((nth) =>
        message({ controlId: String(nth), bytes: new Uint8Array(1_000), deliveries: [delivery(['rows'])] }),
      ),
    };
    known.appended(
      unit,
      ['1', '2'].map((messageId) => ({ kind: 'kept', messageId, receivedAt: NOW, flags: [] })),
    );
    return new WeakRef(unit.messages[1]?.bytes as Uint8Array);
  })();
  expect(known.take(deliveryId(2, 0), 1)?.message).toMatchObject({ id: '2', connection: 'extracts' });
  // What a WeakRef has given stays until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(bytes.deref()).toBeUndefined();
  expect(known.take(deliveryId(1, 0), 1)?.bytes).toHaveLength(1_000);
});
