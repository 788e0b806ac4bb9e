/** docs/guide/moving-from-mirth.md, gone through as it is written: its export, its commands, what it says is seen. */
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

test('a channel of Mirth becomes a flow that is checked and tried, as the guide says', async () => {
  const ports = [4600, 4610, 4620, 6661];
  const walked = await walk({ guide: 'moving-from-mirth.md', folder, ports, looks: /^never$/ }, stopping);
  expect(walked.steps).toBeGreaterThan(5);
}, 120_000);
