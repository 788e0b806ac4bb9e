/** When the process dies, the disk refuses, or somebody else is there already. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { manualClock } from '../../std/index.ts';
import { newMasterKey, parseMasterKey } from '../../vault/index.ts';
import type { StoreHealth } from '../contract.ts';
import { lease, put, refusal } from '../stories/bench.ts';
import { reserveLog } from './database.ts';
import { newRoot } from './folders.suite.ts';
import { openSqliteStore } from './open.ts';

const key = newMasterKey();
const masterKey = parseMasterKey(key);
const PROGRAM = join(import.meta.dirname, 'appending.suite.ts');
let place: ReturnType<typeof newRoot>;
let folder: string;
const children = new Set<ChildProcess>();

beforeEach(() => {
  place = newRoot();
  folder = join(place.root, 'data');
});
afterEach(async () => {
  for (const child of children) await end(child);
  place.remove();
});

async function end(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'close');
}

/** Starts the appending process; `until` resolves at the first line that the condition takes. */
function appending(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const until = (met: (lines: readonly string[]) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!met(lines)) return;
        waiting.delete(look);
        resolve();
      };
      waiting.add(look);
      look();
    });
  return {
    child,
    lines,
    until,
    kept: () => lines.filter((line) => line.startsWith('kept ')).map((line) => line.slice(5)),
  };
}

test('killed at any instant, and opened again: everything promised is there', async () => {
  const promised: number[] = [];
  for (const after of [1, 40, 300, 1_000]) {
    const run = appending(process.execPath, [PROGRAM, folder, key]);
    await run.until(() => run.kept().length >= after);
    await end(run.child);
    promised.push(run.kept().length);
    const store = await openSqliteStore({ folder, masterKey });
    const ledger = await store.ledger();
    expect(ledger.received).toBeGreaterThanOrEqual(promised.reduce((sum, count) => sum + count, 0));
    const last = run.kept().at(-1) as string;
    expect((await store.search({ controlId: last, limit: 9 })).rows.length).toBeGreaterThan(0);
    expect(ledger.planned).toBe(ledger.waiting);
    await store.close();
  }
});

test('a second process is refused while the first lives, with its number and host; not when it was killed', async () => {
  const run = appending(process.execPath, [PROGRAM, folder, key]);
  await run.until((lines) => lines.includes('ready'));
  const second = openSqliteStore({ folder, masterKey });
  await expect(second).rejects.toMatchObject({
    code: 'STORE_IN_USE',
    message: `The data folder is in use by process ${run.child.pid} on ${hostname()}.`,
  });
  await end(run.child);
  const store = await openSqliteStore({ folder, masterKey });
  expect(await refusal(openSqliteStore({ folder, masterKey }))).toBe('STORE_IN_USE');
  const third = appending(process.execPath, [PROGRAM, folder, key]);
  const [code] = await once(third.child, 'close');
  expect([code, ...third.lines]).toEqual([1, 'unopened STORE_IN_USE']);
  await store.close();
});

test('while another program writes the file, work is refused and nothing is lost; then it goes on', async () => {
  const clock = manualClock(1_000);
  const store = await openSqliteStore({ folder, masterKey, clock });
  const seen: StoreHealth[] = [];
  const stop = store.onHealth((health) => seen.push(health));
  const before = await put(store, ['l']);
  const other = new DatabaseSync(join(folder, 'suture.db'));
  other.exec('BEGIN IMMEDIATE');
  const refused = [put(store, ['l']), store.probe()].map(refusal);
  expect(await Promise.all(refused)).toEqual(['STORE_BUSY', 'STORE_BUSY']);
  expect(store.health()).toMatchObject({
    state: 'failing',
    since: 1_000,
    failure: { code: 'STORE_BUSY', kind: 'unreachable' },
  });
  // What is on the disk can still be looked at.
  expect((await store.message(before))?.message.id).toBe(before);
  other.exec('ROLLBACK');
  other.close();
  await store.probe();
  expect(store.health()).toEqual({ state: 'ready' });
  expect(seen.map((health) => health.state)).toEqual(['failing', 'ready']);
  stop();
  await put(store, ['m']);
  expect(await store.ledger()).toMatchObject({ received: 2, waiting: 2 });
  await store.close();
});

/** A limit on the size of files is a disk that refuses to grow: the write itself fails, as on a full disk. */
const canLimit = process.platform === 'linux' && existsSync('/usr/bin/prlimit');

test.skipIf(!canLimit)(
  'the disk refuses to grow: no promise, no loss, and work goes on by itself',
  async () => {
    const store = await openSqliteStore({ folder, masterKey });
    const [first] = await Promise.all([put(store, ['l']), put(store, ['m'])]);
    await store.close();
    const limited = `ulimit -S -f 4096; exec "$@"`;
    const run = appending('/bin/sh', ['-c', limited, 'sh', process.execPath, PROGRAM, folder, key]);
    await run.until((lines) => lines.some((line) => line.startsWith('health failing')));
    expect(run.lines.find((line) => line.startsWith('health failing'))).toMatch(/STORE_(IO|FULL)/);
    const keptBefore = run.kept().length;
    execFileSync('/usr/bin/prlimit', ['--pid', String(run.child.pid), '--fsize=unlimited:unlimited']);
    await run.until((lines) => lines.some((line) => line.startsWith('health ready')));
    await run.until(() => run.kept().length > keptBefore + 50);
    await end(run.child);
    const after = await openSqliteStore({ folder, masterKey });
    const kept = run.kept();
    for (const id of [...kept.slice(0, 20), ...kept.slice(-70)]) {
      expect((await after.search({ controlId: id, limit: 9 })).rows.length, id).toBe(1);
    }
    const refused = run.lines
      .filter((line) => line.startsWith('refused '))
      .map((line) => line.split(' ')[1] as string);
    expect(refused.length).toBeGreaterThan(0);
    for (const id of refused.slice(0, 50))
      expect((await after.search({ controlId: id, limit: 9 })).rows.length, id).toBe(0);
    const ledger = await after.ledger();
    // What was on its way when the process was killed may be there without a promise: 16 lanes, one each.
    expect(ledger.received - 2 - kept.length).toBeLessThanOrEqual(16);
    expect(ledger.received - 2 - kept.length).toBeGreaterThanOrEqual(0);
    const [tally] = await after.tallies(0);
    expect(tally).toMatchObject({ received: ledger.received, queued: ledger.waiting });
    const leased = await lease(after);
    expect(leased.map((one) => one.message.id)).toContain(first);
    // Three openings, and at least one more: the connection that saw the disk fail was replaced.
    expect(Math.floor((leased[0]?.epoch as number) / 2 ** 32)).toBeGreaterThan(3);
    await after.close();
  },
);

test('a data folder that is taken away promises nothing more, and goes on when it is back', async () => {
  const clock = manualClock(1_000);
  const store = await openSqliteStore({ folder, masterKey, clock });
  const before = await put(store, ['l']);
  renameSync(folder, `${folder}-elsewhere`);
  // The files are still open: without a look at their place this would be kept where nobody finds it.
  expect(await refusal(put(store, ['l']))).toBe('STORE_GONE');
  expect(store.health()).toMatchObject({
    state: 'failing',
    failure: { code: 'STORE_GONE', message: `The data folder ${folder} is no longer there.` },
  });
  // Another file in its place is not the one that was promised to.
  mkdirSync(folder);
  writeFileSync(join(folder, 'suture.db'), '');
  expect(await refusal(store.probe())).toBe('STORE_GONE');
  rmSync(folder, { recursive: true });
  renameSync(`${folder}-elsewhere`, folder);
  await store.probe();
  expect(store.health()).toEqual({ state: 'ready' });
  const after = await put(store, ['m']);
  await store.close();
  const again = await openSqliteStore({ folder, masterKey });
  expect((await lease(again)).map((one) => one.message.id)).toEqual([before, after]);
  await again.close();
});

test('a log that cannot be given room is no fault of the store: the first write that matters tells', () => {
  expect(() => reserveLog(folder)).not.toThrow();
});

test('a folder that cannot be used says so', async () => {
  expect(await refusal(openSqliteStore({ folder: join(PROGRAM, 'below-a-file'), masterKey }))).toBe(
    'STORE_UNOPENED',
  );
});
