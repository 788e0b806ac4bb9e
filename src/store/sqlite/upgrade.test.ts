import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, expect, test } from 'vitest';
import { audit, delivery, failure, lease, message, refusal, settle, T0, unit } from '../stories/bench.ts';
import { openSqliteStore } from './open.ts';
import { LATER } from './upgrade.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'suture-upgrade-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const masterKey = new Uint8Array(32).fill(5);
const openStore = () => openSqliteStore({ folder, masterKey });
const file = join(folder, 'suture.db');

/** Runs the migration of a later version until it is done, or kills it at that place; gives its last word. */
function upgrade(stop: string): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'upgrade.fixture.ts'), file, stop], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (said.includes('halfway')) child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('close', () => resolve(said.trim())));
}

test('10,000 queued deliveries survive a migration that is killed in the middle, three times, and taken up again', {
  timeout: 60_000,
}, async () => {
  const many = 10_000;
  const lanes = 500;
  const store = await openStore();
  for (let at = 0; at < many; at += 500) {
    const some = Array.from({ length: 500 }, (_, index) =>
      message({
        controlId: `U-${at + index}`,
        receivedAt: T0 + at + index,
        deliveries: [delivery([`lane ${(at + index) % lanes}`])],
      }),
    );
    await store.append(unit(some));
  }
  // A working day: some are held, some wait after a failure, one was released.
  const heads = await lease(store, 30, T0 + many);
  for (const [index, one] of heads.entries()) {
    if (index % 3 === 0) await settle(store, one, { to: 'given back' });
    else if (index % 3 === 1)
      await settle(store, one, { to: 'waiting', dueAt: T0 + 5, failure, detail: 'said Ödegård' });
    else await settle(store, one, { to: 'held', reason: 'paused', step: 's', failure, detail: null });
  }
  const held = heads.filter((_, index) => index % 3 === 2).map((one) => one.delivery.id);
  await store.release({ deliveryIds: held, to: 'waiting', at: T0 + 6, audit: audit() });
  const before = await store.ledger();
  expect(before).toMatchObject({ waiting: many, planned: many });
  await store.close();

  for (const place of ['1', '2', '3']) {
    expect(await upgrade(place)).toBe('halfway');
    // Nothing of it is kept: the present version goes on with the file.
    const present = await openStore();
    expect(await present.ledger()).toEqual(before);
    await present.close();
  }
  expect(await upgrade('')).toBe('done');
  expect(await refusal(openStore())).toBe('STORE_NEWER');

  // The queue is whole. The columns of the later version harm nobody who does not know them.
  const database = new DatabaseSync(file);
  expect(database.prepare('SELECT count(*) AS n FROM later_note').get()).toEqual({ n: many });
  database.prepare('DELETE FROM schema_version WHERE version = ?').run(LATER);
  database.close();
  const after = await openStore();
  expect(await after.ledger()).toEqual(before);
  const seen = new Map<number, number>();
  for (let delivered = 0; delivered < many; ) {
    const some = await lease(after, 500, T0 + many * 2);
    expect(some.length).toBeGreaterThan(0);
    for (const one of some) {
      const number = Number(one.message.controlId?.slice(2));
      expect(number).toBeGreaterThan(seen.get(number % lanes) ?? -1);
      seen.set(number % lanes, number);
      expect(one.delivery.possibleDuplicate).toBe(false);
    }
    await Promise.all(some.map((one) => settle(after, one, { to: 'delivered' })));
    delivered += some.length;
  }
  expect(await after.ledger()).toMatchObject({ delivered: many, waiting: 0 });
  expect(await after.verifyAudit()).toEqual([]);
  await after.close();
});
