import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokenBy } from '../long.ts';
import { ORDER_ZERO, type OrderOptions, order } from './order.ts';

// 500,000 messages of 5,000 patients by `npm run order`.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-order-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (more: Pick<OrderOptions, 'messages' | 'patients' | 'kills'> & Partial<OrderOptions>) =>
  order({ place: join(folder, 'data'), nodes: 1, seed: 31, ...more });

test('through refusals, lost answers and kills no patient’s order turns, and what arrives twice is flagged', async () => {
  const figures = await run({ messages: 5_000, patients: 400, kills: 2 });
  expect(brokenBy(figures, ORDER_ZERO)).toBeUndefined();
  expect(figures).toMatchObject({ acknowledged: 5_000, kills: 2 });
  expect(figures['answered AR']).toBeGreaterThan(100);
}, 180_000);

test('with deliveries that leave their lane this very test finds them before their predecessors were taken', async () => {
  // A refused head waits for its next attempt, and every other delivery does not wait for it.
  const figures = await run({ messages: 800, patients: 40, kills: 0, refused: 1_500, times: 4, stray: 2 });
  expect((figures.overtakings ?? 0) + figures.inversions).toBeGreaterThan(0);
}, 180_000);
