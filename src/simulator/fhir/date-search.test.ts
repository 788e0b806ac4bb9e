import { expect, test } from 'vitest';
import { dateTests } from './date-search.ts';

const zone = 'America/Chicago';
const at = (text: string) => Date.parse(text);
const passes = (value: string, start: string, end?: string) =>
  dateTests(value, zone)?.(at(start), end === undefined ? undefined : at(end));
const on = (value: string, start: string) => passes(value, start, start);

test('a date without a zone is a day of the hospital, not of Greenwich', () => {
  expect(on('2026-05-12', '2026-05-12T04:59:59Z')).toBe(false);
  expect(on('2026-05-12', '2026-05-12T05:00:00Z')).toBe(true);
  expect(on('eq2026-05-12', '2026-05-13T04:59:59Z')).toBe(true);
  expect(on('2026-05-12', '2026-05-13T05:00:00Z')).toBe(false);
});

test('each prefix at its edge', () => {
  const start = '2026-05-12T15:00:00Z';
  expect(['ge', 'le', 'eq', 'gt', 'lt'].map((prefix) => on(`${prefix}${start}`, start))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(on('gt2026-05-12', start)).toBe(false);
  expect(on('lt2026-05-13', start)).toBe(true);
  expect(on('ge2026', start)).toBe(true);
  expect(on('le2026-05', start)).toBe(true);
});

test('a day on which the clocks change has 23 or 25 hours', () => {
  expect(on('2026-03-08', '2026-03-09T04:59:59Z')).toBe(true);
  expect(on('2026-03-08', '2026-03-09T05:00:00Z')).toBe(false);
  expect(on('2026-11-01', '2026-11-02T05:59:59Z')).toBe(true);
});

test('a stay that goes on reaches into the future', () => {
  expect(passes('ge2026-06-01', '2026-05-12T15:00:00Z')).toBe(true);
  expect(passes('ge2026-06-01', '2026-05-12T15:00:00Z', '2026-05-13T15:00:00Z')).toBe(false);
});

test('offsets, also with a plus that became a space', () => {
  expect(on('ge2026-05-12T17:00:00+02:00', '2026-05-12T15:00:00Z')).toBe(true);
  expect(on('gt2026-05-12T17:00:00 02:00', '2026-05-12T15:00:00Z')).toBe(false);
});

test('what Epic does not take, and what is no date', () => {
  for (const value of [
    'ne2026',
    'sa2026-01-01',
    'ap2026',
    '2026-13-01',
    '2026-02-30',
    '12/05/2026',
    '',
    '2026-05-12T25:00',
  ]) {
    expect(dateTests(value, zone)).toBeUndefined();
  }
});
