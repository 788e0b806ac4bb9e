/** A later version arrives: its migration is killed in the middle and taken up again, and nodes are exchanged one by one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Store } from '../contract.ts';
import { audit, delivery, failure, lease, message, put, settle, T0, unit } from '../stories/bench.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import { openPostgresStore } from './open.ts';
import { LATER, PLACES } from './upgrade.fixture.ts';

describe.skipIf(!postgresIsThere('upgrades of the PostgreSQL store'))('a later version', () => {
  const masterKey = new Uint8Array(randomBytes(32));
  let cluster: Cluster;
  let database: string;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());
  beforeEach(async () => {
    database = await cluster.newDatabase();
  });
  afterEach(() => cluster.dropDatabase(database));
  const openStore = () => openPostgresStore({ url: cluster.url(database), masterKey });
  const sql = (text: string) => cluster.query(text, database);

  const upgrade = (): ChildProcess =>
    spawn(process.execPath, [join(import.meta.dirname, 'upgrade.fixture.ts'), cluster.url(database)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const exitOf = (child: ChildProcess) =>
    new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));

  /** Keeps the migration from passing that place; `reached` resolves when it stands there. */
  async function barrier(place: number) {
    const client = new pg.Client({ connectionString: cluster.url(database) });
    client.on('error', () => undefined);
    await client.connect();
    await client.query(`SELECT pg_advisory_lock(${PLACES}, ${place})`);
    return {
      async reached(): Promise<void> {
        for (;;) {
          const waiting = await sql(
            `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = ${PLACES} AND NOT granted`,
          );
          if (waiting.length > 0) return;
        }
      },
      lift: () => client.end().catch(() => undefined),
    };
  }

  test('10,000 queued deliveries survive a migration that is killed in the middle and taken up again', {
    timeout: 120_000,
  }, async () => {
    const many = 10_000;
    const lanes = 500;
    const store = await openStore();
    for (let at = 0; at < many; at += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, index) =>
        message({
          controlId: `U-${at + index}`,
          receivedAt: T0 + at + index,
          deliveries: [delivery([`lane ${(at + index) % lanes}`])],
        }),
      );
      await store.append(unit(some));
    }
    // A working day: some went back, some wait after a failure, one was released.
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

    for (const place of [1, 2, 3]) {
      const stop = await barrier(place);
      const child = upgrade();
      const ended = exitOf(child);
      await stop.reached();
      child.kill('SIGKILL');
      await ended;
      // The last time the server dies with it.
      if (place === 3) {
        await cluster.stop('immediate');
        await cluster.start();
      } else await sql('SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted');
      await stop.lift();
      // Nothing of it is kept: the present version goes on with the database.
      const present = await openStore();
      expect(await present.ledger()).toEqual(before);
      await present.close();
    }
    expect(await exitOf(upgrade())).toBe(0);
    expect(await sql('SELECT count(*)::integer AS n FROM suture.later_note')).toEqual([{ n: many }]);
    expect(await sql('SELECT max(version) AS version FROM suture.schema_version')).toEqual([
      { version: LATER },
    ]);

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

  test('a node of the version before works on while one of the later version starts, and over its reconnections', {
    timeout: 60_000,
  }, async () => {
    const old = await openStore();
    let kept = 0;
    let working = true;
    const work = async (store: Store): Promise<void> => {
      await put(store, [`lane ${kept++ % 20}`]);
      for (const one of await lease(store, 20)) await settle(store, one, { to: 'delivered' });
    };
    const busy = (async () => {
      while (working) await work(old);
    })();
    // Long enough for work in between: it stands at its last place until some more was kept.
    const stop = await barrier(3);
    const child = upgrade();
    const ended = exitOf(child);
    await stop.reached();
    await stop.lift();
    expect(await ended).toBe(0);
    const next = await openStore();
    const soFar = kept;
    while (kept < soFar + 20) await work(next);
    working = false;
    await busy;
    // The old node is sent away from the database once, as any outage does, and comes back to the newer schema.
    await sql(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    let refused = 0;
    for (let tries = 0; tries < 50; tries++) {
      try {
        await work(old);
        break;
      } catch {
        refused++;
      }
    }
    expect(refused).toBeLessThan(50);
    await next.close();
    // The shards of the node that left are the old one's after a moment.
    for (let tries = 0; tries < 2_000 && (await old.ledger()).waiting > 0; tries++) {
      const due = await lease(old, 100);
      for (const one of due) await settle(old, one, { to: 'delivered' });
    }
    expect(await old.ledger()).toMatchObject({ waiting: 0, running: 0 });
    await old.close();
  });
});
