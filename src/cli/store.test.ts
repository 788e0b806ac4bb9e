import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, newCluster, postgresIsThere } from '../store/postgres/cluster.suite.ts';
import { bytesOf, failure, lease, message, put, refusal, settle, T0, unit } from '../store/stories/data.ts';
import { newMasterKey } from '../vault/index.ts';
import { openDesk } from './desk.ts';
import { databaseText, openStore, startKey } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'suture-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a database needs the key that all nodes share: a key file of one node is refused', () => {
  const environment = { DATABASE_URL: 'postgresql://user:word@database.example/suture' };
  for (const development of [true, false]) {
    expect(() => startKey(folder, environment, development)).toThrow(
      expect.objectContaining({ code: 'KEY_NOT_SHARED', kind: 'config' }),
    );
  }
  expect(startKey(folder, { ...environment, SUTURE_KEY: newMasterKey() }, true)).toHaveLength(32);
});

test('where the data is, is said without user and password', () => {
  expect(databaseText('postgresql://user:word@database.example:5433/suture')).toBe(
    'postgresql://database.example:5433/suture',
  );
  expect(databaseText('word')).not.toContain('word');
});

describe.skipIf(!postgresIsThere('commands on a database'))('with DATABASE_URL', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());

  test('the engine keeps its messages there, and a command looks at them without taking part', async () => {
    const environment = {
      DATABASE_URL: cluster.url(await cluster.newDatabase()),
      SUTURE_KEY: newMasterKey(),
      SUTURE_NODE: 'first',
    };
    const store = await openStore(folder, environment, startKey(folder, environment, false));
    try {
      expect(store.kind).toBe('postgres');
      await store.append(unit([message({ controlId: 'C1' })]));
      const nodes = () => cluster.query('SELECT name FROM suture.node', 'bench_1');
      const desk = await openDesk(folder, environment);
      try {
        expect(await nodes()).toEqual([{ name: 'first' }]);
        const { rows } = await desk.search({ limit: 9 });
        expect(rows.map((row) => row.controlId)).toEqual(['C1']);
        expect(Buffer.from((await desk.raw(rows[0]?.id as string)) as Uint8Array).toString()).toContain(
          'MSH',
        );
      } finally {
        await desk.close();
      }
      expect((await store.auditTrail({ limit: 9 })).rows.map((row) => row.act)).toEqual(['message.reveal']);
      expect(await store.lease({ now: T0, limit: 1 })).toEqual([]);
    } finally {
      await store.close();
    }
  });

  test('what stands still, asks, died, and holds a text is told from the database; a copy is refused with what to do', async () => {
    const environment = {
      DATABASE_URL: cluster.url(await cluster.newDatabase()),
      SUTURE_KEY: newMasterKey(),
    };
    const store = await openStore(folder, environment, startKey(folder, environment, false));
    try {
      const [stuck, dead] = [await put(store, ['stuck']), await put(store, ['dead'])];
      await put(store, ['stuck'], { bytes: bytesOf('MSH|needle') });
      for (const one of await lease(store)) {
        if (one.message.id === stuck)
          await settle(store, one, { to: 'held', reason: 'paused', step: 's', failure, detail: null });
        else await settle(store, one, { to: 'dead', failure, detail: null });
      }
      const desk = await openDesk(folder, environment);
      try {
        expect(await desk.lanes({ limit: 9 })).toMatchObject([{ lane: 'stuck', standing: 2 }]);
        expect((await desk.dead({ limit: 9 })).rows.map((row) => row.message.id)).toEqual([dead]);
        expect(await desk.replays.groups({})).toMatchObject([{ code: failure.code, count: 1 }]);
        expect(await desk.replays.jobs()).toEqual([]);
        const found = await desk.scan({ text: 'NEEDLE', from: T0 - 1, to: T0 + 1, limit: 9 });
        expect(found).toMatchObject({ rows: [{ type: 'ADT^A01' }], looked: 3 });
        expect((await desk.approvals({ limit: 9 })).rows).toEqual([]);
        expect(await refusal(desk.backup(join(folder, 'copy')))).toBe('DATABASE_BACKUP');
      } finally {
        await desk.close();
      }
    } finally {
      await store.close();
    }
  });
});
