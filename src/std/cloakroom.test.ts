import { expect, test } from 'vitest';
import { Cloakroom } from './cloakroom.ts';

test('each thing is given once, under its own number', () => {
  const room = new Cloakroom<{ readonly name: string }>();
  const [a, b] = [room.leave({ name: 'a' }), room.leave({ name: 'b' })];
  expect(a).not.toBe(b);
  expect(room.take(b)?.name).toBe('b');
  expect(room.take(b)).toBeUndefined();
  expect(room.take(a)?.name).toBe('a');
  expect(room.take(99)).toBeUndefined();
});

test('a number is used again only when nothing lies there any more', () => {
  const room = new Cloakroom<{ readonly nth: number }>();
  const lying = new Map<number, number>();
  for (let nth = 0; nth < 10_000; nth++) {
    const ticket = room.leave({ nth });
    expect(lying.has(ticket)).toBe(false);
    lying.set(ticket, nth);
    if (nth % 3 === 0) continue;
    const [first] = lying.keys();
    expect(room.take(first as number)?.nth).toBe(lying.get(first as number));
    lying.delete(first as number);
  }
  expect(Math.max(...lying.keys())).toBeLessThan(4_000);
});

test('emptied, it gives what lies there, and nothing of it again', () => {
  const room = new Cloakroom<{ readonly name: string }>();
  const ticket = room.leave({ name: 'a' });
  room.take(room.leave({ name: 'b' }));
  room.leave({ name: 'c' });
  expect(room.empty().map(({ name }) => name)).toEqual(['a', 'c']);
  expect(room.empty()).toEqual([]);
  // Who comes late with an old number gets nothing, and nothing of anybody else's.
  for (let nth = 0; nth < 10; nth++) room.leave({ name: 'd' });
  expect(room.take(ticket)).toBeUndefined();
});
