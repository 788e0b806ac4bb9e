/** docs/guide/second-hospital.md, gone through as it is written, from where docs/guide/first-flow.md ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { walk } from './guide-shell.ts';

let folder: string;
const stopping: (() => Promise<void>)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-guide-'));
});
afterEach(async () => {
  for (const stop of stopping.splice(0).reverse()) await stop();
  rmSync(folder, { recursive: true, force: true });
});

test('the second hospital is what the guide says: three codes are named, a bad deployment is undone, nothing is lost', async () => {
  const ports = [4600, 4610, 4620, 6661, 6662];
  const looks = /^(curl|npx suture dead)/;
  const after = ['first-flow.md'];
  const walked = await walk({ guide: 'second-hospital.md', after, folder, ports, looks }, stopping);
  expect(walked.steps).toBeGreaterThan(20);
}, 300_000);
