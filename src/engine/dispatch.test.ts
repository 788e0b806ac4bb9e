import { expect, test } from 'vitest';
import { manualClock } from '../std/index.ts';
import { newDisk, openMemoryStore } from '../store/index.ts';
import { createDispatch } from './dispatch.ts';

test('it stops only when what was done is in the store', async () => {
  const clock = manualClock(1_790_000_000_000);
  const store = await openMemoryStore({ disk: newDisk() });
  await store.append({
    site: 'north',
    connection: 'adt',
    messages: [
      {
        door: 'feed',
        format: 'hl7',
        type: 'ADT^A01',
        controlId: '1',
        receivedAt: clock.now(),
        state: 'accepted',
        reason: null,
        flags: [],
        bytes: new Uint8Array(1),
        patients: [],
        deliveries: [{ flow: 'notify', flowVersion: 'v', lanes: ['l'] }],
      },
    ],
  });
  const order: string[] = [];
  const answered = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const dispatch = createDispatch({
    store: {
      ...store,
      async settle(settlement) {
        asked.resolve();
        await answered.promise;
        const settled = await store.settle(settlement);
        order.push('settled');
        return settled;
      },
    },
    clock,
    workers: 4,
    deliver: async ({ delivery, epoch }) => ({
      deliveryId: delivery.id,
      epoch,
      at: clock.now(),
      ms: 0,
      steps: [],
      to: 'delivered',
    }),
    givenBack: () => undefined,
    changed: () => undefined,
    broken: (error) => void order.push(String(error)),
  });
  dispatch.start();
  await asked.promise;
  const stopped = dispatch.stop().then(() => order.push('stopped'));
  await new Promise((resolve) => setImmediate(resolve));
  answered.resolve();
  await stopped;
  expect(order).toEqual(['settled', 'stopped']);
  await store.close();
});
