import { expect, test } from 'vitest';
import { brokenBy } from '../long.ts';
import { LEARN_ZERO, learn } from './learn.ts';

// 2,000,000 changes by `npm run learn-proof`.
test('late commits, skew, ties, shifting pages, refusals and deaths: nothing is stale at rest, nothing told twice', async () => {
  const figures = await learn({ changes: 100_000, resources: 15_000, seed: 11 });
  expect(brokenBy(figures, LEARN_ZERO)).toBeUndefined();
  expect(figures['changes made']).toBeGreaterThanOrEqual(100_000);
  expect(figures.refused).toBeGreaterThan(0);
}, 120_000);

test('without the overlap this very test finds stale records', async () => {
  const figures = await learn({ changes: 15_000, resources: 8_000, seed: 11, overlap: 0 });
  expect(figures['stale at rest']).toBeGreaterThan(0);
}, 120_000);

test('without the table of what was seen this very test finds things told twice', async () => {
  const figures = await learn({ changes: 3_000, resources: 1_000, seed: 11, forgetful: true });
  expect(figures['told twice']).toBeGreaterThan(0);
  expect(figures['created twice']).toBeGreaterThan(0);
}, 120_000);
