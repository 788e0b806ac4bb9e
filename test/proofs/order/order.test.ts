import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokenBy } from '../long.ts';
import { ORDER_ZERO, order } from './order.ts';

// 500,000 messages of 5,000 patients by `npm run order`.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-order-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const run = (more: { messages: number; patients: number; kills: number; stray?: number }) =>
  order({ place: join(folder, 'data'), nodes: 1, seed: 31, ...more });

test('through refusals, lost answers and kills no patient’s order turns, and what arrives twice is flagged', async () => {
  const figures = await run({ messages: 8_000, patients: 400, kills: 2 });
  expect(brokenBy(figures, ORDER_ZERO)).toBeUndefined();
  expect(figures).toMatchObject({ acknowledged: 8_000, kills: 2 });
  expect(figures['answered AR']).toBeGreaterThan(100);
}, 60_000);

test('with deliveries that leave their lane this very test finds inversions', async () => {
  const figures = await run({ messages: 1_500, patients: 40, kills: 0, stray: 10 });
  expect(figures.inversions).toBeGreaterThan(0);
}, 60_000);
