import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Watching, watchFiles } from './watching.ts';

let root: string;
let watching: Watching;
const told: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'suture-watching-'));
  mkdirSync(join(root, 'flows'));
  mkdirSync(join(root, 'sites', 'mercy', 'maps'), { recursive: true });
  writeFileSync(join(root, 'suture.config.ts'), '');
  told.length = 0;
  watching = watchFiles(root, async (paths) => void told.push(...paths));
});
afterEach(async () => {
  await watching.close();
  rmSync(root, { recursive: true, force: true });
});

/** As editors do that never leave half a file: beside it, and then in its place. */
function save(path: string, text: string): void {
  writeFileSync(join(root, `${path}~`), text);
  renameSync(join(root, `${path}~`), join(root, path));
}
async function isTold(path: string): Promise<void> {
  await vi.waitFor(() => expect(told).toContain(path), { timeout: 10_000, interval: 10 });
  // What an editor left beside it is told, too, in this call or a next one.
  await new Promise((resolve) => setTimeout(resolve, 150));
  told.length = 0;
}

test('a file that an editor exchanges is told every time', async () => {
  for (const path of [
    'flows/a.ts',
    'sites/mercy/site.yaml',
    'sites/mercy/maps/sex.csv',
    'suture.config.ts',
  ]) {
    for (let time = 0; time < 5; time++) {
      save(path, `${time}`);
      await isTold(path);
    }
  }
});

test('folders that are made later, removed and made again are looked at', async () => {
  mkdirSync(join(root, 'maps'));
  await isTold('maps');
  save('maps/person.yaml', 'a');
  await isTold('maps/person.yaml');
  mkdirSync(join(root, 'sites', 'lakeside'));
  await isTold('sites/lakeside');
  save('sites/lakeside/site.yaml', 'a');
  await isTold('sites/lakeside/site.yaml');
  rmSync(join(root, 'flows'), { recursive: true });
  await isTold('flows');
  mkdirSync(join(root, 'flows'));
  await isTold('flows');
  save('flows/b.ts', 'b');
  await isTold('flows/b.ts');
});
