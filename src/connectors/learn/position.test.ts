import { expect, test } from 'vitest';
import { nextTurn, positionOf, slowDue } from './position.ts';

const pace = { every: 60_000, rarely: 600_000 };
const at = 1_000_000_000;

test('the active go first, and of five turns one is the others’ while they are due', () => {
  const position = positionOf(null);
  const turns = Array.from({ length: 10 }, (_, turn) => nextTurn(position, pace, at, turn).walk);
  expect(turns.filter((walk) => walk === 'others')).toHaveLength(2);
  expect(turns[0]).toBe('active');
});

test('the others are spread evenly over their time, and nothing is asked before it is due', () => {
  const half = { after: 'k', began: at, rounds: 1, done: 50, of: 100 };
  expect(slowDue(half, pace.rarely)).toBe(at + 300_000);
  const position = {
    ...positionOf(null),
    active: { after: null, began: at + 290_000, rounds: 4 },
    others: half,
  };
  expect(nextTurn(position, pace, at + 299_000, 0)).toEqual({ walk: null, wait: 1_000 });
  expect(nextTurn(position, pace, at + 300_000, 0).walk).toBe('others');
  expect(nextTurn(position, pace, at + 350_000, 0).walk).toBe('active');
});

test('a walk over everybody takes the place of the others, and a cursor of another kind begins anew', () => {
  const position = positionOf({ all: { after: null, done: 3, since: 5 }, active: { began: at } });
  expect(position.all).toEqual({ after: null, done: 3, since: 5 });
  expect(nextTurn(position, pace, at + 1, 0).walk).toBe('all');
  expect(positionOf('nonsense')).toEqual(positionOf(null));
});
