/** Message ids: none is wasted, and two nodes that take messages of one connection do not keep passing each other. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { manualClock } from '../../std/index.ts';
import { put, T0 } from '../stories/bench.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './open.ts';

describe.skipIf(!postgresIsThere('message ids of the PostgreSQL store'))('message ids', () => {
  const masterKey = new Uint8Array(randomBytes(32));
  let cluster: Cluster;
  let database: string;
  beforeAll(async () => {
    cluster = await newCluster(['track_functions=all']);
    await cluster.start();
  });
  afterAll(() => cluster.remove());
  beforeEach(async () => {
    database = await cluster.newDatabase();
  });
  const open = (more: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> =>
    openPostgresStore({ url: cluster.url(database), masterKey, leaseMs: 60_000, ...more });
  const number = async (store: PostgresStore): Promise<number> => Number(await put(store, ['l']));
  const takenBy = async (store: PostgresStore, count: number): Promise<number[]> => {
    const ids: number[] = [];
    for (let nth = 0; nth < count; nth++) ids.push(await number(store));
    return ids;
  };

  test('with two nodes and more between messages than ids stay fresh each takes the next, so partitions fill up', async () => {
    const clocks = [manualClock(T0), manualClock(T0)];
    const nodes = await Promise.all(clocks.map((clock) => open({ clock })));
    // The first hears of the second with its next beat, and gives it its share.
    await expect
      .poll(() => {
        for (const clock of clocks) clock.advance(12_000);
        return cluster.query('SELECT count(DISTINCT node)::integer AS n FROM suture.shard', database);
      })
      .toEqual([{ n: 2 }]);
    const ids: number[] = [];
    for (let second = 0; second < 200; second++) {
      for (const clock of clocks) clock.advance(1_000);
      ids.push(await number(nodes[second % 2] as PostgresStore));
    }
    expect(ids.every((id, at) => at === 0 || id > (ids[at - 1] as number))).toBe(true);
    // Blocks of 64 are closed; what the first node had reserved while it was alone is a handful.
    expect((ids.at(-1) as number) - (ids[0] as number)).toBeLessThan(210);
    for (const node of nodes) await node.close();
  });

  test('alone, a node uses what it has reserved, however much time goes by', async () => {
    const clock = manualClock(T0);
    const store = await open({ clock });
    const ids: number[] = [];
    for (let nth = 0; nth < 130; nth++) {
      clock.advance(5_000);
      ids.push(await number(store));
    }
    expect((ids.at(-1) as number) - (ids[0] as number)).toBe(129);
    await store.close();
  });

  test('messages of one connection by two nodes: ids grow with each commit, and hardly any group is kept twice', async () => {
    const nodes = [await open(), await open()];
    const each = 150;
    const [one, other] = await Promise.all(nodes.map((node) => takenBy(node, each)));
    for (const ids of [one, other] as number[][]) expect(ids).toEqual([...ids].sort((a, b) => a - b));
    const all = new Set([...(one ?? []), ...(other ?? [])]);
    expect(all.size).toBe(2 * each);
    expect(Math.max(...all) - Math.min(...all)).toBeLessThan(3 * each);
    // They do so as long as they meet; a session tells what it did when it ends.
    for (const node of nodes) await node.close();
    const [row] = await cluster.query(
      "SELECT calls::integer AS calls FROM pg_stat_user_functions WHERE funcname = 'append_messages'",
      database,
    );
    expect(row?.calls).toBeGreaterThanOrEqual(2 * each);
    expect(row?.calls).toBeLessThan(2 * each + 40);
  });

  test('ids of blocks that the version before has taken are never given again', async () => {
    const store = await open();
    const before = await takenBy(store, 3);
    const [row] = await cluster.query(
      "SELECT set_config('search_path', 'suture, pg_catalog', false), suture.reserve_ids(2) AS firsts",
      database,
    );
    const blocks = (row as { firsts: readonly string[] }).firsts.map(Number);
    expect(blocks).toHaveLength(2);
    const after = await takenBy(store, 200);
    for (const id of [...before, ...after])
      expect(blocks.some((first) => id >= first && id < first + 64)).toBe(false);
    await store.close();
  });
});
