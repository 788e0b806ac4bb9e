import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newRoot } from './folders.suite.ts';
import { watchPlace } from './place.ts';

let root: ReturnType<typeof newRoot>;
let folder: string;
beforeEach(() => {
  root = newRoot();
  folder = join(root.root, 'data');
  mkdirSync(folder);
  writeFileSync(join(folder, 'suture.db'), '');
});
afterEach(() => root.remove());

test('a file that was away between two commits is trusted again, one that went during a commit is not', () => {
  const place = watchPlace(folder);
  expect(place.trouble()).toBeUndefined();
  renameSync(folder, `${folder}-away`);
  expect(place.trouble()).toMatchObject({ code: 'STORE_GONE' });
  renameSync(`${folder}-away`, folder);
  expect([place.trouble(), place.troubleAfterCommit()]).toEqual([undefined, undefined]);
  renameSync(folder, `${folder}-away`);
  expect(place.troubleAfterCommit()).toMatchObject({ code: 'STORE_GONE' });
  renameSync(`${folder}-away`, folder);
  expect(place.trouble()?.message).toMatch(/nothing more is written before a restart/);
});
