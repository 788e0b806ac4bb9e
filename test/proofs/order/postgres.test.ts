import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cluster, newCluster, postgresIsThere } from '../../../src/store/postgres/cluster.suite.ts';
import { brokenBy } from '../long.ts';
import { ORDER_ZERO, order } from './order.ts';

// 500,000 messages of 5,000 patients by `npm run order -- --store postgres`.
describe.skipIf(!postgresIsThere('order over several nodes'))('three nodes on one database', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());

  test('through refusals, lost answers and kills of nodes no patient’s order turns', async () => {
    const place = cluster.url(await cluster.newDatabase());
    const figures = await order({ place, messages: 500, patients: 150, nodes: 3, kills: 2, seed: 41 });
    expect(brokenBy(figures, ORDER_ZERO)).toBeUndefined();
    expect(figures).toMatchObject({ acknowledged: 500, kills: 2 });
  }, 180_000);

  test('with deliveries that leave their lane this very test finds them before their predecessors were taken', async () => {
    const place = cluster.url(await cluster.newDatabase());
    const sabotage = { refused: 1_500, times: 4, stray: 2 };
    const figures = await order({
      place,
      messages: 300,
      patients: 40,
      nodes: 3,
      kills: 0,
      seed: 42,
      ...sabotage,
    });
    expect((figures.overtakings ?? 0) + figures.inversions).toBeGreaterThan(0);
  }, 180_000);
});
