import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokenBy } from '../long.ts';
import { CUTS_ZERO, cuts } from './cuts.ts';

// 10,000 cuts by `npm run cuts`.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-cuts-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('connections cut at any byte lose nothing, turn no order, and double only what is flagged', async () => {
  const figures = await cuts({ folder, cuts: 300, seed: 21 });
  expect(brokenBy(figures, CUTS_ZERO)).toBeUndefined();
  // Both ways were cut often enough that answers were lost on both.
  expect(figures).toMatchObject({
    'cut before the engine': expect.any(Number),
    'cut behind the engine': expect.any(Number),
    cutsMissing: 0,
  });
  expect(figures.deliveredTwice).toBeGreaterThan(0);
  expect(figures['repeats recognised']).toBeGreaterThan(0);
}, 180_000);

test('with lost answers told as known this very test finds duplicates that are not flagged', async () => {
  const figures = await cuts({ folder, cuts: 200, seed: 22, unflagging: true });
  expect(figures.unflagged).toBeGreaterThan(0);
}, 180_000);
