import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newCluster, postgresIsThere } from '../../../src/store/postgres/cluster.suite.ts';
import { brokenBy } from '../long.ts';
import { HOSPITAL_ZERO, hospitalWrites } from './hospital.ts';

// Thousands of them, and hundreds of kills, by `npm run write-proof`.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-hospital-writes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

test('at the demo hospital, by its own rules, engines that are killed and lose answers make each record once', async () => {
  const figures = await hospitalWrites({ place: folder, jobs: 80, seed: 1, kills: 2 });
  expect(brokenBy(figures, HOSPITAL_ZERO)).toBeUndefined();
  // Who is known with another birth date or another sex waits for a person.
  expect(figures).toMatchObject({ kills: 2, 'newcomers held': 2, 'bookings delivered': 8 });
}, 180_000);

describe.skipIf(!postgresIsThere('writes at the demo hospital'))('on PostgreSQL', () => {
  test('it is the same', async () => {
    const cluster = await newCluster();
    try {
      await cluster.start();
      const place = cluster.url(await cluster.newDatabase());
      const figures = await hospitalWrites({ place, jobs: 50, seed: 2, kills: 1 });
      expect(brokenBy(figures, HOSPITAL_ZERO)).toBeUndefined();
      expect(figures.kills).toBe(1);
    } finally {
      await cluster.remove();
    }
  }, 180_000);
});

test.each(['row after the write', 'no find before retry'] as const)(
  'with sabotage, %s, this very proof finds duplicates',
  async (sabotage) => {
    const figures = await hospitalWrites({ place: folder, jobs: 30, seed: 3, kills: 0, lost: 40, sabotage });
    expect(figures.duplicates).toBeGreaterThan(0);
  },
  180_000,
);
