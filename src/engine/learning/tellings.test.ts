import { expect, test } from 'vitest';
import { createTellings } from './tellings.ts';

test('what is found turn after turn is told once, and later with how often it was', () => {
  let now = 0;
  const { told } = createTellings({ elapsed: () => now });
  expect(told('north 59204', 3)).toBe(3);
  expect(told('north 59204', 3)).toBeNull();
  expect(told('south 59204', 1)).toBe(1);
  now = 600_000;
  expect(told('north 59204', 2)).toBe(5);
});
