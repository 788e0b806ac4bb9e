import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Json, manualClock } from '../../std/index.ts';
import type { FileDoor, Listening } from '../contract.ts';
import { parseFile, type TakeConfig } from './config.ts';
import type { Folder } from './folder.ts';
import { localFolder } from './local-folder.ts';
import { startSweep } from './sweep.ts';

let root: string;
let sweep: Listening | undefined;
const clock = manualClock(0);
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'suture-sweep-'));
  mkdirSync(join(root, 'in'));
});
afterEach(async () => {
  await sweep?.close();
  rmSync(root, { recursive: true });
});

/** A door that keeps in memory what it is given. */
function newDoor(more: Partial<FileDoor> = {}): FileDoor & { readonly kept: string[] } {
  let position: Json = null;
  const taken = new Set<string>();
  const kept: string[] = [];
  return {
    kept,
    mine: async () => true,
    position: async () => position,
    taken: async (hash) => taken.has(hash),
    async commit({ records }) {
      for (const { inbound } of records) kept.push(Buffer.from(inbound.bytes).toString());
      position = records.at(-1)?.position ?? null;
      return { accepted: records.length, repeats: 0, rejected: 0 };
    },
    async finish({ hash }, value) {
      taken.add(hash);
      position = value;
    },
    async move(value) {
      position = value;
    },
    ...more,
  };
}

function start(door: FileDoor, folder: Folder = localFolder(root)): void {
  const { take } = parseFile(
    { connector: 'file', folder: root, take: { from: 'in', format: 'ndjson', stable: '0s', every: '1s' } },
    { site: 'mercy', connection: 'extracts' },
  );
  const context = {
    ...{ clock, log: () => undefined, found: () => undefined, report: () => undefined },
    ...{ site: 'mercy', connection: 'extracts' },
  };
  sweep = startSweep({ folder, take: take as TakeConfig, door, context, address: root });
}
const come = (what: () => boolean) =>
  expect
    .poll(
      () => {
        clock.advance(1_000);
        return what();
      },
      { timeout: 20_000 },
    )
    .toBe(true);

test('a file that comes under the same name while the last one is being finished is read, not put away unread', async () => {
  const path = join(root, 'in', 'night.ndjson');
  writeFileSync(path, '{"id":1}\n');
  const door = newDoor();
  const { finish } = door;
  let nights = 0;
  start({
    ...door,
    async finish(file, position) {
      await finish(file, position);
      if (nights++ === 0) writeFileSync(path, '{"id":2}\n{"id":3}\n');
    },
  });
  await come(() => existsSync(join(root, 'archive', 'night.ndjson')));
  expect(door.kept).toEqual(['{"id":1}', '{"id":2}', '{"id":3}']);
  expect(readFileSync(join(root, 'archive', 'night.ndjson'), 'utf8')).toContain('"id":3');
});

test('a node that hashes a large file says that it is there, and leaves it when another one has begun', async () => {
  const path = join(root, 'in', 'large.ndjson');
  writeFileSync(path, `{"id":"${'x'.repeat(900_000)}"}\n`);
  let asked = 0;
  let others = false;
  const door = newDoor({
    async mine() {
      asked++;
      return !others;
    },
  });
  const local = localFolder(root);
  start(door, {
    ...local,
    read(...of) {
      // Between its pieces a minute goes by, and the other node begins.
      const source = local.read(...of);
      source.on('data', () => {
        if (asked > 0) others = true;
        clock.advance(60_000);
      });
      return source;
    },
  });
  await come(() => others);
  const before = asked;
  await come(() => asked > before + 2);
  expect(door.kept).toEqual([]);
  expect(existsSync(path)).toBe(true);
});
