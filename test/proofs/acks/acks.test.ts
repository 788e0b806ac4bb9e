import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { brokenBy } from '../long.ts';
import { ACKS_ZERO, acks } from './acks.ts';

// 200,000 messages by `npm run acks`.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-acks-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([1, 8])(
  'whatever a proxy does to acknowledgements, nothing is delivered that the receiver did not take (window %i)',
  async (window) => {
    const figures = await acks({ folder, messages: window === 1 ? 700 : 400, seed: 41, window });
    expect(brokenBy(figures, ACKS_ZERO)).toBeUndefined();
    // The proxy did its worst: far more was under way than messages.
    expect(figures.exchanges).toBeGreaterThan(window === 1 ? 900 : 600);
  },
  180_000,
);

test('without the check of MSA-2 this very test finds wrong credits', async () => {
  const figures = await acks({ folder, messages: 300, seed: 42, window: 1, credulous: true });
  expect(figures.wrongCredits).toBeGreaterThan(0);
}, 180_000);
