import { expect, test } from 'vitest';
import { differences } from './difference.ts';

test('leaves that differ are told with their paths, and nothing else', () => {
  const before = { id: 1, name: [{ family: 'OXBOW', given: ['ANN'] }], ward: null, old: true };
  const after = { id: 1, name: [{ family: 'OXBOW', given: ['ANNE', 'Q'] }], ward: '4W', fresh: { deep: 1 } };
  expect(differences(before, after)).toEqual([
    { path: 'name[0].given[0]', before: 'ANN', after: 'ANNE' },
    { path: 'name[0].given[1]', after: 'Q' },
    { path: 'ward', before: null, after: '4W' },
    { path: 'old', before: true },
    { path: 'fresh', after: { deep: 1 } },
  ]);
  expect(differences(before, structuredClone(before))).toEqual([]);
});

test('what is of another kind differs as a whole; names of a prototype are no fields', () => {
  expect(differences([1], { 0: 1 })).toEqual([{ path: '', before: [1], after: { 0: 1 } }]);
  expect(differences({}, { constructor: 1 })).toEqual([{ path: 'constructor', after: 1 }]);
  expect(differences('a', 'b')).toEqual([{ path: '', before: 'a', after: 'b' }]);
});

test('a value that differs everywhere is not told to its end', () => {
  const many = (by: number) => Array.from({ length: 1_000 }, (_, index) => index + by);
  expect(differences(many(0), many(1))).toHaveLength(200);
});
