/** Period files: whatever moment a crash takes, each message is there exactly once. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ledgerFaults } from '../../message/index.ts';
import {
  audit,
  bytesOf,
  delivery,
  lease,
  message,
  refusal,
  settle,
  T0,
  textOf,
  unit,
} from '../stories/bench.ts';
import { openWriter } from './database.ts';
import { copyFolder, newRoot } from './folders.suite.ts';
import { openStoredVault } from './key-table.ts';
import { openSqliteStore, type SqliteStore } from './open.ts';
import { openWriting, type Writing } from './writing.ts';

const DAY = 86_400_000;
const masterKey = new Uint8Array(randomBytes(32));
let place: ReturnType<typeof newRoot>;
let folder: string;
let copies: number;
let ids: string[];

beforeEach(async () => {
  place = newRoot();
  folder = join(place.root, 'data');
  copies = 0;
  const store = await openSqliteStore({ folder, masterKey });
  const messages = Array.from({ length: 12 }, (_, at) =>
    message({
      bytes: bytesOf(`text ${at}`),
      receivedAt: T0 + at * 5 * DAY,
      controlId: `C${at}`,
      dedupe: { sender: 's', id: `C${at}`, hash: 'h' },
      patients: ['p'],
      deliveries: [delivery([`l${at}`]), delivery([`m${at}`], { flow: 'second' })],
    }),
  );
  ids = (await store.append(unit(messages))).map((one) => one.messageId);
  for (const one of await lease(store, 99, T0 + 99 * DAY)) await settle(store, one, { to: 'delivered' });
  await store.close();
});
afterEach(() => place.remove());

/** As a crash at this instant would leave the folder: all of `ids` but `gone` are told once, and everything adds up. */
async function afterACrash(gone: readonly string[] = []): Promise<SqliteStore> {
  const left = join(place.root, `left ${++copies}`);
  copyFolder(folder, left);
  const store = await openSqliteStore({ folder: left, masterKey });
  await holds(store, gone);
  return store;
}

async function holds(store: SqliteStore, gone: readonly string[] = []): Promise<void> {
  const there = ids.filter((id) => !gone.includes(id));
  const newestFirst = [...there].reverse();
  for (const query of [{}, { patient: 'p' }, { state: 'delivered' as const }, { flow: 'second' }]) {
    const { rows } = await store.search({ ...query, limit: 100 });
    expect(rows.map((row) => row.id)).toEqual(newestFirst);
    expect(rows.every((row) => row.deliveries.length >= 2)).toBe(true);
  }
  for (const id of ids) {
    const kept = there.includes(id);
    expect(textOf(await store.payload(id))).toBe(kept ? `text ${ids.indexOf(id)}` : null);
    expect((await store.search({ controlId: `C${ids.indexOf(id)}`, limit: 9 })).rows).toHaveLength(
      kept ? 1 : 0,
    );
  }
  const ledger = await store.ledger();
  expect(ledgerFaults(ledger)).toEqual([]);
  expect(ledger.received).toBe(there.length);
  const [tally] = await store.tallies(T0);
  expect(tally).toMatchObject({ received: there.length, sent: ledger.delivered });
}

/** The writing thread's part, in this thread: stopped between any two of its steps. */
function writing(act: (open: Writing, folder: string) => Promise<void>): Promise<void> {
  const database = openWriter(folder);
  const open = openWriting(database, openStoredVault(database, masterKey));
  return act(open, folder).finally(() => database.close());
}
async function inTransaction(open: Writing, act: () => void, before: () => Promise<void>): Promise<void> {
  open.database.exec('BEGIN IMMEDIATE');
  act();
  open.flush();
  await before();
  open.database.exec('COMMIT');
}
const crash = async (gone: readonly string[] = []): Promise<void> => (await afterACrash(gone)).close();

test('killed at any step of moving: before the copy, between copy and deletion, after it; in each batch', async () => {
  await writing(async (open) => {
    for (let batch = 0, after = 0; batch < 3; batch++) {
      await crash();
      await inTransaction(
        open,
        () => {
          after = open.calls.shelve({ receivedBefore: T0 + 40 * DAY, limit: 4, after }).after;
        },
        crash, // the period file has the batch, the live file has it, too
      );
      await crash();
    }
  });
  expect(readdirSync(join(folder, 'history')).filter((name) => name.endsWith('.db')).length).toBeGreaterThan(
    1,
  );
  // What a crash left in a period file is taken again, not twice.
  const store = await afterACrash();
  expect(await store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 100 })).toBeGreaterThan(0);
  await holds(store);
  await store.close();
});

test('a group that is rolled back after its copy leaves the messages where they were', async () => {
  await writing(async (open) => {
    open.database.exec('BEGIN IMMEDIATE');
    open.calls.shelve({ receivedBefore: T0 + 40 * DAY, limit: 3, after: 0 });
    open.database.exec('ROLLBACK');
    open.reload();
    await crash();
    // A first batch that never counted leaves no file behind.
    const left = await afterACrash();
    await left.close();
    expect(readdirSync(join(place.root, `left ${copies}`, 'history'))).toEqual([]);
    await inTransaction(
      open,
      () => void open.calls.shelve({ receivedBefore: T0 + 40 * DAY, limit: 2, after: 0 }),
      crash,
    );
    await crash();
  });
});

test('what an uncounted batch left in a period file is not told when the next batch is another one', async () => {
  const store = await openSqliteStore({ folder, masterKey });
  const [first] = (await store.message(ids[0] as string))?.deliveries ?? [];
  await store.close();
  await writing(async (open) => {
    const round = { receivedBefore: T0 + 8 * DAY, limit: 9, after: 0 };
    open.database.exec('BEGIN IMMEDIATE');
    open.calls.shelve({ ...round, limit: 1 });
    open.database.exec('ROLLBACK');
    open.reload();
    // The message that was copied is at work again: it stays, and others are moved.
    const request = { deliveryIds: [first?.id as string], versions: {}, at: T0, audit: audit() };
    await inTransaction(
      open,
      () => void open.calls.replay(request),
      async () => undefined,
    );
    await inTransaction(open, () => void open.calls.shelve(round), crash);
    await crash();
  });
});

test('killed at any step of removing from a period file', async () => {
  const store = await openSqliteStore({ folder, masterKey });
  await store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 100 });
  await store.close();
  await writing(async (open) => {
    const round = { receivedBefore: T0 + 8 * DAY, limit: 9, after: 0, ended: 'delivered' as const };
    const gone = ids.slice(0, 2);
    await inTransaction(open, () => void open.calls.prune(round), crash);
    await crash(gone);
    await inTransaction(
      open,
      () => void open.calls.sweep(9),
      () => crash(gone),
    );
    await crash(gone);
    // The whole file of the first month, at once.
    const month = { receivedBefore: T0 + 40 * DAY, limit: 9, after: 0 };
    const first = ids.filter(
      (_, at) => new Date(T0 + at * 5 * DAY).getUTCMonth() === new Date(T0).getUTCMonth(),
    );
    const all = [...new Set([...gone, ...ids.slice(0, 8)])];
    expect(all).toEqual(expect.arrayContaining(first));
    await inTransaction(
      open,
      () => void open.calls.prune(month),
      () => crash(gone),
    );
    await crash(all);
    await inTransaction(
      open,
      () => void open.calls.sweep(9),
      () => crash(all),
    );
    await crash(all);
    expect(existsSync(join(folder, 'history', `${new Date(T0).toISOString().slice(0, 7)}.db`))).toBe(false);
  });
});

test('killed at any step of a replay from a period file', async () => {
  const store = await openSqliteStore({ folder, masterKey });
  await store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 100 });
  const [first] = (await store.message(ids[0] as string))?.deliveries ?? [];
  await store.close();
  await writing(async (open) => {
    const request = { deliveryIds: [first?.id as string], versions: {}, at: T0 + 99 * DAY, audit: audit() };
    // What is undone was never swept away, though both were asked for at once.
    open.database.exec('BEGIN IMMEDIATE');
    open.calls.replay(request);
    open.calls.sweep(9);
    open.database.exec('ROLLBACK');
    open.reload();
    await crash();
    await inTransaction(open, () => void open.calls.replay(request), crash);
    const after = await afterACrash();
    expect((await after.message(ids[0] as string))?.deliveries).toHaveLength(3);
    await after.close();
    await inTransaction(open, () => void open.calls.sweep(9), crash);
    await crash();
  });
  const again = await openSqliteStore({ folder, masterKey });
  for (const one of await lease(again, 9, T0 + 100 * DAY)) await settle(again, one, { to: 'delivered' });
  await again.shelve({ receivedBefore: T0 + 100 * DAY, limit: 100 });
  await holds(again);
  expect((await again.message(ids[0] as string))?.deliveries).toHaveLength(3);
  await again.close();
});

test('a message that was brought back and finished is shelved again before its old rows were swept away', async () => {
  const store = await openSqliteStore({ folder, masterKey });
  await store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 100 });
  const [first] = (await store.message(ids[0] as string))?.deliveries ?? [];
  await store.close();
  await writing(async (open) => {
    const request = { deliveryIds: [first?.id as string], versions: {}, at: T0, audit: audit() };
    await inTransaction(
      open,
      () => void open.calls.replay(request),
      async () => undefined,
    );
    await inTransaction(
      open,
      () => {
        const { epoch, ids: leased } = open.calls.lease({ now: T0 + 1, limit: 9 });
        for (const id of leased) {
          const end = { deliveryId: String(id), epoch, at: T0 + 2, ms: 1, steps: [] };
          expect(open.calls.settle({ ...end, to: 'delivered' })).toBe('settled');
        }
      },
      async () => undefined,
    );
    await inTransaction(
      open,
      () => void open.calls.shelve({ receivedBefore: T0 + 100 * DAY, limit: 9, after: 0 }),
      crash,
    );
    await crash();
    await inTransaction(open, () => void open.calls.sweep(9), crash);
    const after = await afterACrash();
    expect((await after.message(ids[0] as string))?.deliveries).toHaveLength(3);
    await after.close();
  });
});

test('a backup taken while history moves is whole, and opens with the same key', async () => {
  const store = await openSqliteStore({ folder, masterKey });
  const copy = join(place.root, 'backup');
  await store.shelve({ receivedBefore: T0 + 12 * DAY, limit: 2 });
  const moving = [1, 2, 3].map(() => store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 2 }));
  await Promise.all([...moving, store.backup(copy)]);
  await store.shelve({ receivedBefore: T0 + 100 * DAY, limit: 100 });
  const restored = await openSqliteStore({ folder: copy, masterKey });
  await holds(restored);
  await restored.close();
  // An older copy is replaced, its period files included.
  await store.prune({ receivedBefore: T0 + 100 * DAY, limit: 100 });
  await store.backup(copy);
  const empty = await openSqliteStore({ folder: copy, masterKey });
  expect(await empty.ledger()).toMatchObject({ received: 0 });
  await empty.close();
  await store.close();
});

test('the master key changes under a store at work; another key opens nothing, before and after', async () => {
  const next = new Uint8Array(randomBytes(32));
  const store = await openSqliteStore({ folder, masterKey });
  expect(await store.rewrap(next)).toBeGreaterThanOrEqual(2);
  await holds(store);
  const hash = store.keyedHash('a');
  await store.append(unit([message({ bytes: bytesOf('after'), receivedAt: T0 + 90 * DAY })]));
  await store.close();
  expect(await refusal(openSqliteStore({ folder, masterKey }))).toBe('VAULT_KEY_WRONG');
  const again = await openSqliteStore({ folder, masterKey: next });
  expect(again.keyedHash('a')).toBe(hash);
  const [newest] = (await again.search({ limit: 1 })).rows;
  expect(textOf(await again.payload(newest?.id as string))).toBe('after');
  await again.close();
});

test('a crash while keys are wrapped again leaves the old key working, never none', async () => {
  const next = new Uint8Array(randomBytes(32));
  await writing(async (open) => {
    await inTransaction(open, () => void open.calls.rewrap(Buffer.from(next).toString('base64')), crash);
    const left = join(place.root, 'rotated');
    copyFolder(folder, left);
    expect(await refusal(openSqliteStore({ folder: left, masterKey }))).toBe('VAULT_KEY_WRONG');
    const store = await openSqliteStore({ folder: left, masterKey: next });
    await holds(store);
    await store.close();
  });
});
