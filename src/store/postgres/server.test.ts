/** What the server must be like, what happens when it is away, and what lies on its disk. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { manualClock, systemClock } from '../../std/index.ts';
import type { Leased, StoreHealth } from '../contract.ts';
import {
  audit,
  bytesOf,
  delivery,
  failure,
  lease,
  leaseOne,
  message,
  put,
  refusal,
  settle,
  T0,
  textOf,
  unit,
} from '../stories/bench.ts';
import { type Cluster, newCluster, postgresIsThere, SERVER } from './cluster.suite.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { openPostgresStore, type PostgresStore } from './open.ts';
import { openWay, type Way } from './proxy.suite.ts';
import { openSession } from './session.ts';

describe.skipIf(!postgresIsThere('the server of the PostgreSQL store'))('a server', () => {
  const masterKey = new Uint8Array(randomBytes(32));
  let cluster: Cluster;
  let database: string;
  let way: Way;
  let stores: PostgresStore[];
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());
  beforeEach(async () => {
    stores = [];
    database = await cluster.newDatabase();
    way = await openWay(cluster.port);
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await way.close();
    await cluster.dropDatabase(database);
  });
  const open = async (): Promise<PostgresStore> => {
    const store = await openPostgresStore({ url: cluster.url(database, way.port), masterKey });
    stores.push(store);
    return store;
  };
  const sql = (text: string) => cluster.query(text, database);
  const change = (store: PostgresStore, state: StoreHealth['state']): Promise<StoreHealth> =>
    new Promise((resolve) => {
      if (store.health().state === state) return resolve(store.health());
      const end = store.onHealth((health) => {
        if (health.state !== state) return;
        end();
        resolve(health);
      });
    });

  test('that is not there is named, with what to do first', async () => {
    way.cut();
    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE', kind: 'unreachable' });
    await expect(
      openPostgresStore({ url: cluster.url('no_such_database'), masterKey }),
    ).rejects.toMatchObject({ code: 'DATABASE_REFUSES' });
    expect(await refusal(openPostgresStore({ url: 'postgresql://%', masterKey }))).toBe(
      'DATABASE_UNREACHABLE',
    );
  });

  test('that may lose what it commits is refused: synchronous_commit off, also when it is changed later', async () => {
    await sql(`ALTER DATABASE ${database} SET synchronous_commit = off`);
    await expect(open()).rejects.toMatchObject({ code: 'DATABASE_UNSAFE', kind: 'config' });
    await sql(`ALTER DATABASE ${database} SET synchronous_commit = local`);
    const store = await open();
    await put(store, ['l']);
    await sql(`ALTER DATABASE ${database} SET synchronous_commit = off`);
    await sql(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    let code = 'not refused';
    // A session that was thrown away may be told so by its next statement only.
    for (let look = 0; look < 5 && code !== 'DATABASE_UNSAFE'; look++)
      code = await refusal(put(store, ['l']));
    expect(code).toBe('DATABASE_UNSAFE');
    await sql(`ALTER DATABASE ${database} RESET synchronous_commit`);
    await put(store, ['l']);
    expect(store.health()).toEqual({ state: 'ready' });
  });

  test('with a schema of a later version is refused', async () => {
    await (await open()).close();
    await sql('INSERT INTO suture.schema_version VALUES (999)');
    expect(await refusal(open())).toBe('DATABASE_NEWER');
  });

  test('what is not text in PostgreSQL is still a message, and a flow', async () => {
    const store = await open();
    const odd = message({ type: 'A\0B', controlId: '\0', bytes: bytesOf('\0') });
    const [kept] = await store.append(unit([odd]));
    expect((await store.message(kept?.messageId as string))?.message).toMatchObject({
      type: 'A\uFFFDB',
      size: 1,
    });
    expect(textOf(await store.payload(kept?.messageId as string))).toBe('\0');
    await store.putFlowVersion('v', { note: 'a\0b' });
    expect(await store.flowVersion('v')).toEqual({ note: 'a\0b' });
  });

  test('what a node has locked that stands still in a transaction is free for the others before long', async () => {
    const newSession = (more: { readonly stall?: number } = {}) =>
      openSession({
        ...{ url: cluster.url(database), clock: systemClock, fault: () => undefined, ...more },
        greet: async () => undefined,
      });
    const [stalled, other] = [newSession({ stall: 50 }), newSession()];
    await other.ask('CREATE TABLE locked (id integer)');
    const freed = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const standing = stalled.transaction(async (ask) => {
      await ask('LOCK TABLE locked');
      locked.resolve();
      await freed.promise;
      await ask('INSERT INTO locked VALUES (1)');
    });
    await locked.promise;
    // Would wait for ever.
    await other.ask('INSERT INTO locked VALUES (2)');
    freed.resolve();
    expect(await refusal(standing)).toBe('DATABASE_UNREACHABLE');
    expect(await other.ask('SELECT id FROM locked')).toEqual([{ id: 2 }]);
    await Promise.all([stalled.close(), other.close()]);
  });

  test('a schema that was left half way is taken up where it stopped', async () => {
    const session = openSession({
      url: cluster.url(database),
      clock: systemClock,
      fault: () => undefined,
      greet: async () => undefined,
    });
    await session.ask('SET search_path TO suture');
    await migrate(session, MIGRATIONS.slice(0, 1));
    const broken = { version: 2, sql: `${MIGRATIONS[1]?.sql} SELECT 1 / 0` };
    await expect(migrate(session, [broken])).rejects.toThrow();
    expect(
      await sql(
        "SELECT count(*)::integer AS functions FROM pg_proc WHERE pronamespace = 'suture'::regnamespace",
      ),
    ).toEqual([{ functions: 0 }]);
    await session.close();
    const store = await open();
    await put(store, ['l']);
    expect(await sql('SELECT max(version) AS version FROM suture.schema_version')).toEqual([
      { version: MIGRATIONS.length },
    ]);
  });

  test('that stops: everything is refused, nothing is half kept; when it is back, work goes on by itself', async () => {
    const store = await open();
    const kept = await put(store, ['a'], { bytes: bytesOf('kept') });
    const held = await leaseOne(store);
    await cluster.stop('immediate');
    expect(await refusal(put(store, ['b']))).toBe('DATABASE_UNREACHABLE');
    expect(await refusal(settle(store, held, { to: 'delivered' }))).toBe('DATABASE_UNREACHABLE');
    expect(await refusal(store.search({ limit: 1 }))).toBe('DATABASE_UNREACHABLE');
    expect(store.health()).toMatchObject({ state: 'failing', failure: { code: 'DATABASE_UNREACHABLE' } });
    await cluster.start();
    await store.probe();
    await change(store, 'ready');
    expect(await settle(store, held, { to: 'delivered' })).toBe('settled');
    await put(store, ['b']);
    expect(textOf(await store.payload(kept))).toBe('kept');
    expect(await store.ledger()).toMatchObject({ received: 2, delivered: 1, waiting: 1 });
  });

  test('an answer that is lost is no promise: the repeat finds what was kept', async () => {
    const store = await open();
    await put(store, ['a']);
    // With the second an id for the third is reserved: nothing more need be asked for.
    await put(store, ['b']);
    const one = unit([
      message({ dedupe: { sender: 's', id: '1', hash: 'h' }, deliveries: [delivery(['l'])] }),
    ]);
    way.deafen();
    const unknown = refusal(store.append(one));
    while ((await sql('SELECT count(*)::integer AS rows FROM suture.message'))[0]?.rows !== 3);
    way.cut();
    expect(await unknown).toBe('DATABASE_UNREACHABLE');
    way.mend();
    const [again] = await store.append(one);
    expect(again).toMatchObject({ kind: 'duplicate' });
    expect(await store.ledger()).toMatchObject({ received: 3, planned: 3 });
  });

  test('a settlement whose answer was lost is asked again: it is stale, and was done', async () => {
    const store = await open();
    await put(store, ['a']);
    await put(store, ['b']);
    await settle(store, await leaseOne(store), { to: 'delivered' });
    const held = await leaseOne(store);
    way.deafen();
    const unknown = refusal(settle(store, held, { to: 'delivered' }));
    while ((await sql('SELECT count(*)::integer AS rows FROM suture.delivery'))[0]?.rows !== 2);
    way.cut();
    expect(await unknown).toBe('DATABASE_UNREACHABLE');
    way.mend();
    expect(await settle(store, held, { to: 'delivered' })).toBe('stale');
    expect(await store.ledger()).toMatchObject({ delivered: 2, running: 0 });
  });

  test('a lease whose answer was lost goes back as it was: nobody did anything with it', async () => {
    const clock = manualClock(T0);
    const store = await openPostgresStore({
      url: cluster.url(database, way.port),
      masterKey,
      clock,
      leaseMs: 60_000,
    });
    stores.push(store);
    const first = await put(store, ['a']);
    const other = await leaseOne(store);
    await settle(store, other, { to: 'given back' });
    way.deafen();
    const unknown = refusal(lease(store));
    while (
      (await sql('SELECT count(*)::integer AS rows FROM suture.open_delivery WHERE state = 1'))[0]?.rows !== 1
    );
    way.cut();
    expect(await unknown).toBe('DATABASE_UNREACHABLE');
    way.mend();
    while ((await store.ledger()).running > 0) clock.advance(12_000);
    // A node that was cut off may look for its lanes first.
    let again: readonly Leased[] = [];
    for (let looks = 0; looks < 100 && again.length === 0; looks++) {
      again = await lease(store, 1);
      clock.advance(1_000);
    }
    expect(again).toMatchObject([
      { message: { id: first }, delivery: { possibleDuplicate: false, attempts: 0 } },
    ]);
  });

  test('of which a standby answers takes no writes, and is named', async () => {
    const store = await open();
    await sql(`ALTER DATABASE ${database} SET default_transaction_read_only = on`);
    await sql(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    let code = 'not refused';
    for (let look = 0; look < 5 && code !== 'DATABASE_READONLY'; look++)
      code = await refusal(put(store, ['l']));
    expect(code).toBe('DATABASE_READONLY');
    await cluster.query(`ALTER DATABASE ${database} RESET default_transaction_read_only`);
    await put(store, ['l']);
  });

  test('finished history leaves in whole partitions; what is unfinished keeps its own', async () => {
    await (await open()).close();
    // Small partitions from here on, as if millions had come.
    await sql("UPDATE suture.meta SET value = '256' WHERE name = 'partition_messages'");
    await sql(
      "SELECT setval('suture.message_id', (SELECT value::bigint / 64 FROM suture.meta WHERE name = 'partitions_until'))",
    );
    const store = await open();
    const first = Number(await put(store, ['first']));
    await settle(store, await leaseOne(store), { to: 'delivered' });
    for (let i = 0; i < 12; i++) {
      const some = Array.from({ length: 128 }, (_, at) =>
        message({
          dedupe: { sender: 's', id: `${i} ${at}`, hash: 'h' },
          patients: ['p'],
          deliveries: i === 6 && at === 0 ? [delivery(['stays'])] : [],
        }),
      );
      await store.append(unit(some));
    }
    const young = await put(store, ['young'], { receivedAt: T0 + 3_600_000 });
    await sql(`SELECT nextval('suture.message_id') FROM generate_series(1, 2000)`);
    const tables = async () =>
      (
        await sql(
          "SELECT count(*)::integer AS n FROM pg_inherits WHERE inhparent = 'suture.message'::regclass",
        )
      )[0]?.n as number;
    const before = await tables();
    const removed = await store.prune({ receivedBefore: T0 + 60_000, limit: 100_000 });
    expect(removed).toBe(12 * 128);
    expect(await tables()).toBeLessThan(before - 3);
    expect(await store.message(String(first))).toBeNull();
    expect((await store.message(young))?.message.id).toBe(young);
    expect(await store.ledger()).toMatchObject({ received: 2, waiting: 2, delivered: 0, unrouted: 0 });
    expect(await store.tallies(T0)).toMatchObject([{ received: 2, queued: 2, filtered: 0, sent: 0 }]);
    expect(await sql('SELECT count(*)::integer AS n FROM suture.dedupe')).toEqual([{ n: 1 }]);
    expect(await lease(store)).toHaveLength(1);
  });

  test('no canary of a patient is found in its files, its log, or a dump', async () => {
    const store = await open();
    const canaries: string[] = [];
    const canary = (of: string): string => {
      const word = `CANARY${of}${canaries.length}X`;
      canaries.push(word);
      return word;
    };
    for (let i = 0; i < 100; i++) {
      await store.append(
        unit(
          [
            message({
              bytes: bytesOf(`PID|1||${canary('mrn')}||${canary('name')}${i % 2 ? ' '.repeat(5_000) : ''}`),
              patients: [store.keyedHash('patient', canary('key'))],
              deliveries: [delivery([store.keyedHash('lane', canary('lane'))])],
            }),
          ],
          {
            roster: [
              {
                key: `k${i}`,
                identifiers: [{ system: 'mrn', value: canary('roster') }],
                fhirId: canary('fhir'),
                activeAt: T0,
              },
            ],
            seen: [{ resource: 'Appointment', identity: canary('csn'), hash: 'h' }],
            cursor: { name: 'c', value: { after: canary('cursor') }, expect: i },
          },
        ),
      );
      const leased = await leaseOne(store);
      const steps = [{ step: 'find', startedAt: T0, ms: 1, output: { family: canary('output') } }];
      await store.remember({ deliveryId: leased.delivery.id, epoch: leased.epoch, steps });
      await settle(store, leased, { to: 'dead', failure, detail: canary('detail') });
    }
    await store.putSecret('epic', canary('secret'));
    await store.audit([audit()]);
    await sql('CHECKPOINT');
    let bytes = 0;
    const found: string[] = [];
    const look = (folder: string): void => {
      for (const name of readdirSync(folder)) {
        const path = join(folder, name);
        if (statSync(path).isDirectory()) look(path);
        else {
          const content = readFileSync(path);
          bytes += content.length;
          if (content.includes('CANARY')) found.push(name);
        }
      }
    };
    look(cluster.data);
    expect(canaries).toHaveLength(1_001);
    expect(found).toEqual([]);
    expect(bytes).toBeGreaterThan(1_000_000);
    const dump = execFileSync(join(SERVER, 'pg_dump'), [cluster.url(database)], {
      maxBuffer: 256 * 1024 * 1024,
    });
    expect(dump.includes('CANARY')).toBe(false);
    expect(dump.includes('notify')).toBe(true); // the search finds what is there
  });
});

describe.skipIf(!postgresIsThere('a server that does not sync'))('a server that does not sync', () => {
  test('is refused', async () => {
    const cluster = await newCluster();
    try {
      await cluster.start(['fsync=off']);
      const url = cluster.url(await cluster.newDatabase());
      await expect(openPostgresStore({ url, masterKey: new Uint8Array(32) })).rejects.toMatchObject({
        code: 'DATABASE_UNSAFE',
      });
    } finally {
      await cluster.remove();
    }
  });
});
