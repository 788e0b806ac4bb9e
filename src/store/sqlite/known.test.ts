import { expect, test } from 'vitest';
import { delivery, message, unit } from '../stories/data.ts';
import { openKnown } from './known.ts';
import { deliveryId } from './numbers.ts';

/** As many as there is room for, and half as many again; `take` gives those that are still at hand. */
function filled(makesRoom?: () => boolean) {
  const known = openKnown(makesRoom);
  const add = (from: number, to: number): void => {
    for (let id = from; id < to; id++)
      known.appended(unit([message({ deliveries: [delivery(['l'])] })]), [
        { kind: 'kept', messageId: String(id), receivedAt: 0, flags: [] },
      ]);
  };
  const has = (id: number): boolean => known.take(deliveryId(id, 0), 1) !== undefined;
  add(1, 12_289);
  return { known, add, has };
}

test('when it is full, the youngest are read from rows', () => {
  const { has } = filled();
  expect([1, 8_192, 8_193, 12_288].map(has)).toEqual([true, true, false, false]);
});

test('where other processes are given some, the oldest make room, and an order of those long gone does not grow', () => {
  const { add, has } = filled(() => true);
  expect([1, 4_096, 4_097, 12_288].map(has)).toEqual([false, false, true, true]);
  for (let from = 20_000; from < 120_000; from += 10_000) add(from, from + 10_000);
  expect([12_287, 111_807, 111_809, 119_999].map(has)).toEqual([false, false, true, true]);
});

test('what came before others were there leaves, too, once they are', () => {
  let others = false;
  const { add, has } = filled(() => others);
  others = true;
  add(20_000, 24_000);
  expect([1, 4_000, 8_000, 23_999].map(has)).toEqual([false, false, true, true]);
});
