import { expect, test } from 'vitest';
import { stepOutcome } from './step-outcome.ts';

test('a step tells in a word what it came to, and nothing of anybody', () => {
  expect(stepOutcome({ id: 'a', reference: 'Appointment/a', outcome: 'created', route: 'book' })).toBe(
    'created by $find + $book',
  );
  expect(stepOutcome({ id: null, reference: null, outcome: 'sent', route: 'siu' })).toBe('sent by SIU^S12');
  expect(stepOutcome({ id: 'a', reference: 'Patient/a', outcome: 'found' })).toBe('found');
  expect(stepOutcome({ matches: [{ resourceType: 'Patient', id: 'a' }] })).toBe('1 match');
  expect(stepOutcome({ matches: [] })).toBe('0 matches');
});

test('what an application answers in fields of the same names is not repeated', () => {
  expect(stepOutcome({ outcome: 'Newcomer' })).toBeNull();
  expect(stepOutcome({ outcome: 'Newcomer', reference: 'x', route: 'y' })).toBeNull();
  expect(stepOutcome({ outcome: 'created', reference: 'x', route: 'Newcomer' })).toBe('created');
  for (const other of [null, 'Newcomer', 7, []]) expect(stepOutcome(other)).toBeNull();
});
