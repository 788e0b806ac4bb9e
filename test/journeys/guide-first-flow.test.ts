/** docs/guide/first-flow.md, gone through as it is written: its files, its commands, what it says is seen. */
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

test('the first flow is what the guide says, from an empty folder to a recorded case', async () => {
  const ports = [4600, 4610, 4620, 6661];
  const looks = /^npx suture messages/;
  const walked = await walk({ guide: 'first-flow.md', folder, ports, looks }, stopping);
  expect(walked.steps).toBeGreaterThan(20);
}, 300_000);
