import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokenBy } from '../long.ts';
import { WRITES_ZERO, writes } from './writes.ts';

// 50,000 creates by `npm run write-proof`.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-writes-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('with every tenth answer lost, what is created is there once', async () => {
  const figures = await writes({ folder, creates: 300, seed: 1 });
  expect(brokenBy(figures, WRITES_ZERO)).toBeUndefined();
  expect(figures['partner: done and the answer lost']).toBeGreaterThan(15);
  expect(figures['partner: lost before it was done']).toBeGreaterThan(0);
}, 120_000);

test('and so it is when the engine is killed at every moment of the ledger', async () => {
  const figures = await writes({ folder, creates: 150, seed: 2, kills: true });
  expect(brokenBy(figures, WRITES_ZERO)).toBeUndefined();
  expect(figures.lives).toBeGreaterThan(3);
}, 120_000);

test.each(['row after the write', 'no find before retry', 'no lock'] as const)(
  'with sabotage, %s, this very proof finds duplicates',
  async (sabotage) => {
    const figures = await writes({ folder, creates: 120, seed: 3, sabotage });
    expect(figures.duplicates).toBeGreaterThan(0);
  },
  120_000,
);
