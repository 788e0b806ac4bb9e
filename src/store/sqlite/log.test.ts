import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { delivery, leaseOne, message, settle, unit } from '../stories/data.ts';
import { newRoot } from './folders.suite.ts';
import { openSqliteStore } from './open.ts';

let place: ReturnType<typeof newRoot>;
beforeEach(() => {
  place = newRoot();
});
afterEach(() => place.remove());

/** Pages in the log now. */
function pagesIn(folder: string): number {
  const database = new DatabaseSync(join(folder, 'suture.db'), { readOnly: true });
  try {
    return database.prepare('PRAGMA wal_checkpoint(NOOP)').get()?.log as number;
  } finally {
    database.close();
  }
}

test('the log is written back by the other thread and begun anew while messages come', async () => {
  const folder = join(place.root, 'data');
  const store = await openSqliteStore({ folder, masterKey: new Uint8Array(randomBytes(32)) });
  const bytes = new Uint8Array(randomBytes(200_000));
  let longest = 0;
  let anew = 0;
  let before = 0;
  for (let at = 0; at < 700; at++) {
    const kept = await store.append(
      unit([message({ bytes, controlId: String(at), deliveries: [delivery(['l'])] })]),
    );
    expect(kept[0]?.kind).toBe('kept');
    if (at % 10 > 0) continue;
    const log = pagesIn(folder);
    if (log < before) anew++;
    before = log;
    longest = Math.max(longest, log);
  }
  // 700 times 25 pages and more are over 17,000: without it nothing was begun anew before 16,000.
  expect(anew).toBeGreaterThan(0);
  expect(longest).toBeLessThan(15_000);
  await settle(store, await leaseOne(store), { to: 'delivered' });
  await store.close();
  // Whoever closes last leaves no log behind.
  expect(existsSync(join(folder, 'suture.db-wal'))).toBe(false);
  expect(statSync(join(folder, 'suture.db')).size).toBeGreaterThan(700 * 200_000);
});
