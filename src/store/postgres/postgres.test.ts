import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { storeContract } from '../contract.suite.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import { openPostgresStore } from './open.ts';
import { openWay } from './proxy.suite.ts';

describe.skipIf(!postgresIsThere('the stories of the PostgreSQL store'))('with a server', () => {
  const masterKey = new Uint8Array(randomBytes(32));
  let cluster: Cluster;
  let template: string;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
    // The schema is made once and copied for each story.
    template = await cluster.newDatabase();
    await (await openPostgresStore({ url: cluster.url(template), masterKey })).close();
  });
  afterAll(() => cluster.remove());

  storeContract('postgres', async () => {
    const database = await cluster.newDatabase(template);
    let way = await openWay(cluster.port);
    let store = await openPostgresStore({ url: cluster.url(database, way.port), masterKey });
    return {
      get store() {
        return store;
      },
      async reopen() {
        await store.close();
        store = await openPostgresStore({ url: cluster.url(database, way.port), masterKey });
        return store;
      },
      /** The node is cut off, and its lease runs out: for the others it is dead. */
      async crash() {
        way.cut();
        await cluster.query(
          `
          SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
          database,
        );
        await cluster.query(
          "UPDATE suture.node SET expires_at = clock_timestamp() - interval '1 s'",
          database,
        );
        await Promise.all([store.close(), way.close()]);
        way = await openWay(cluster.port);
        store = await openPostgresStore({ url: cluster.url(database, way.port), masterKey });
        return store;
      },
      async dispose() {
        await store.close();
        await way.close();
        await cluster.dropDatabase(database);
      },
    };
  });
});
