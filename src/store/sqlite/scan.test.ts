import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bytesOf, message, T0, unit } from '../stories/bench.ts';
import { newRoot } from './folders.suite.ts';
import { openSqliteStore } from './open.ts';
import { SCAN_LIMITS, scanAll } from './scan.ts';

test('while a text is looked for, other reads are answered in between', async () => {
  const place = newRoot();
  const store = await openSqliteStore({
    folder: join(place.root, 'data'),
    masterKey: new Uint8Array(randomBytes(32)),
  });
  try {
    for (let many = 0; many < 6; many++) {
      await store.append(
        unit(Array.from({ length: 1_000 }, (_, at) => message({ bytes: bytesOf(`P ${at}`) }))),
      );
    }
    let scanning = true;
    const scan = store.scan({ text: 'nobody', from: T0 - 1, to: T0 + 60_000, limit: 10 }).finally(() => {
      scanning = false;
    });
    let between = 0;
    for (; scanning; between++) await store.message('1');
    expect((await scan).looked).toBe(6_000);
    // One at least between any two slices.
    expect(between).toBeGreaterThanOrEqual(6_000 / SCAN_LIMITS.messages - 1);
  } finally {
    await store.close();
    place.remove();
  }
});

test('slices are asked for until the page is full, and no further', async () => {
  const asked: (string | undefined)[] = [];
  const rows = ['9', '8', '7', '6'];
  const page = await scanAll(
    (query) => {
      asked.push(query.before);
      const row = rows[asked.length - 1] as string;
      return Promise.resolve({ rows: [{ id: row } as never], before: row, looked: 250 });
    },
    { text: 'x', from: 0, to: 1, limit: 3 },
  );
  expect(asked).toEqual([undefined, '9', '8']);
  expect(page).toMatchObject({ before: '7', looked: 750 });
});
