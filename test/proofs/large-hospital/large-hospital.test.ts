import { expect, test } from 'vitest';
import { largeHospital } from './large-hospital.ts';

test('a large hospital takes up memory for what changes, and no more', async () => {
  const seen = await largeHospital({ patients: 10_000, hours: 2, charts: 200, seed: 'large' });
  expect(seen.changes).toBeGreaterThan(100);
  expect(seen.recordsRead).toBeGreaterThan(5_000);
  // Ten thousand histories of some ninety records each would be hundreds of megabytes.
  expect(seen.heapWhenMade - seen.heapOfEmpty).toBeLessThan(30_000_000);
  expect(seen.heapAfterHours - seen.heapOfEmpty).toBeLessThan(80_000_000);
  expect(seen.kept).toBeLessThan(seen.changes * 12);
  expect(seen.wavering).toBe(0);
}, 30_000);

test('and the same seed lives the same hours', async () => {
  const options = { patients: 2_000, hours: 4, charts: 50, seed: 'twice' };
  const one = await largeHospital(options);
  expect((await largeHospital(options)).digest).toBe(one.digest);
  expect((await largeHospital({ ...options, seed: 'other' })).digest).not.toBe(one.digest);
}, 30_000);
