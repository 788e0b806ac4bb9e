/** Several nodes on one database: who works on what, and what is left of one that dies. */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ledgerFaults } from '../../message/index.ts';
import { manualClock, seededRandom } from '../../std/index.ts';
import type { Leased } from '../contract.ts';
import {
  bytesOf,
  delivery,
  lease,
  leaseOne,
  message,
  messagesOf,
  put,
  refusal,
  settle,
  T0,
  unit,
} from '../stories/bench.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import { openPostgresStore, type PostgresStore, type PostgresStoreOptions } from './open.ts';

describe.skipIf(!postgresIsThere('the nodes of the PostgreSQL store'))('nodes', () => {
  const masterKey = new Uint8Array(randomBytes(32));
  let cluster: Cluster;
  let database: string;
  let nodes: PostgresStore[];
  /** Beats only when told: a timer that never comes, and a lease that does not end by itself. */
  let clocks: ReturnType<typeof manualClock>[];

  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
  });
  afterAll(() => cluster.remove());
  beforeEach(async () => {
    nodes = [];
    clocks = [];
    database = await cluster.newDatabase();
  });
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.close()));
    await cluster.dropDatabase(database);
  });

  const join = async (more: Partial<PostgresStoreOptions> = {}): Promise<PostgresStore> => {
    const clock = manualClock(T0);
    const node = await openPostgresStore({
      url: cluster.url(database),
      masterKey,
      clock,
      leaseMs: 60_000,
      ...more,
    });
    nodes.push(node);
    clocks.push(clock);
    return node;
  };
  const sql = (text: string) => cluster.query(text, database);
  const shards = async (): Promise<number[]> =>
    (
      await sql(
        'SELECT count(*)::integer AS count FROM suture.shard WHERE node IS NOT NULL GROUP BY node ORDER BY node',
      )
    ).map((row) => row.count as number);
  /** A node's time runs on by one beat; resolves when it has been heard. */
  const beat = async (at: number): Promise<void> => {
    const before = await sql('SELECT max(expires_at)::text AS at FROM suture.node');
    clocks[at]?.advance(12_000);
    for (;;) {
      const after = await sql('SELECT max(expires_at)::text AS at FROM suture.node');
      if (after[0]?.at !== before[0]?.at) return;
    }
  };
  const expire = (at: number): Promise<unknown> =>
    sql(`UPDATE suture.node SET expires_at = clock_timestamp() - interval '1 s'
      WHERE id = (SELECT id FROM suture.node ORDER BY id OFFSET ${at} LIMIT 1)`);
  /** Evens the shards out. */
  const settleShares = async (): Promise<void> => {
    for (let at = 0; at < nodes.length; at++) await beat(at);
    for (let at = 0; at < nodes.length; at++) await beat(at);
  };

  test('shards are shared out evenly, and each delivery is leased by one node', async () => {
    const [a, b] = [await join(), await join()];
    expect(await shards()).toEqual([64]);
    await settleShares();
    expect(await shards()).toEqual([32, 32]);
    const ids: string[] = [];
    for (let i = 0; i < 60; i++) ids.push(await put(i % 2 ? a : b, [`l${i}`]));
    const both = await Promise.all([lease(a), lease(b)]);
    const all = both.flatMap(messagesOf);
    expect(both.every((some) => some.length > 10)).toBe(true);
    expect([...all].sort()).toEqual([...ids].sort());
    await Promise.all(
      both.flatMap((some, at) =>
        some.map((one) => settle([a, b][at] as PostgresStore, one, { to: 'delivered' })),
      ),
    );
    expect(await a.ledger()).toMatchObject({ delivered: 60, running: 0 });
  });

  test('what a dead node had in hand comes back at its place, flagged; its late word is stale', async () => {
    const a = await join();
    const first = await put(a, ['l']);
    const second = await put(a, ['l']);
    const held = await leaseOne(a);
    const b = await join();
    expect(await lease(b)).toEqual([]);
    await expire(0);
    await beat(1);
    const [again, ...none] = await lease(b);
    expect(none).toEqual([]);
    expect(again).toMatchObject({
      message: { id: first },
      delivery: { possibleDuplicate: true, attempts: 1 },
    });
    // Whatever the dead node still believes: the database does not take its word.
    expect(await settle(a, held, { to: 'delivered' })).toBe('stale');
    expect(await settle(b, again as Leased, { to: 'delivered' })).toBe('settled');
    expect(messagesOf(await lease(b))).toEqual([second]);
    expect(await b.ledger()).toMatchObject({ delivered: 1, running: 1 });
  });

  test('a node that could not renew in time loses what it holds, though nobody took over; then it works on', async () => {
    const a = await join();
    const id = await put(a, ['l']);
    const held = await leaseOne(a);
    clocks[0]?.advance(60_000); // the beats of this minute have not come through yet
    expect(await settle(a, held, { to: 'delivered' })).toBe('stale');
    const again = await leaseOne(a);
    expect(again).toMatchObject({ message: { id }, delivery: { possibleDuplicate: true } });
    expect(again.epoch).toBeGreaterThan(held.epoch);
    expect(await settle(a, again, { to: 'delivered' })).toBe('settled');
  });

  test('what it had in hand comes back at its next beat when its joining again was cut short', async () => {
    const a = await join();
    const id = await put(a, ['l']);
    await leaseOne(a);
    await sql('ALTER FUNCTION suture.take_over(smallint, bigint) RENAME TO away');
    clocks[0]?.advance(60_000);
    await Promise.allSettled([lease(a)]);
    await sql('ALTER FUNCTION suture.away(smallint, bigint) RENAME TO take_over');
    // Its number of before is still good for the rest of a minute, and so it must not wait for that.
    await beat(0);
    expect(await leaseOne(a)).toMatchObject({ message: { id }, delivery: { possibleDuplicate: true } });
  });

  test('the database takes no word of a node whose lease has run out, nor one under another epoch', async () => {
    const a = await join();
    await put(a, ['l']);
    const held = await leaseOne(a);
    await sql('UPDATE suture.open_delivery SET epoch = epoch + 1');
    expect(await settle(a, held, { to: 'delivered' })).toBe('stale');
    await sql('UPDATE suture.open_delivery SET epoch = epoch - 1');
    const b = await join();
    await put(b, ['m']);
    const other = (await lease(a)).find((one) => one.message.id !== held.message.id) as Leased;
    await expire(0);
    expect(await settle(a, other, { to: 'delivered' })).toBe('stale');
    expect(await b.ledger()).toMatchObject({ delivered: 0, running: 2 });
  });

  test('who comes while the one before leaves is not forgotten', async () => {
    const a = await join();
    await put(a, ['l']);
    const held = await leaseOne(a);
    const leaving = new pg.Client({ connectionString: cluster.url(database) });
    await leaving.connect();
    try {
      const [node] = await sql('SELECT id::text AS id FROM suture.node');
      const end = { id: Number(held.delivery.id), epoch: held.epoch, state: 4, at: T0, ms: 1, tries: 1 };
      await leaving.query('SET search_path TO suture');
      await leaving.query('BEGIN');
      await leaving.query("SELECT settle_deliveries(1000::smallint, $1, $2, '[]', '')", [
        node?.id,
        JSON.stringify([end]),
      ]);
      // The one before is still there for everyone else, and is gone a moment later.
      const next = await put(a, ['l']);
      await leaving.query('COMMIT');
      expect(messagesOf(await lease(a))).toEqual([next]);
    } finally {
      await leaving.end();
    }
  });

  test('a node whose process is gone from this machine is taken over from at once', async () => {
    const a = await join();
    await put(a, ['l']);
    await leaseOne(a);
    // A process id that no process has.
    await sql('UPDATE suture.node SET pid = 4194305');
    const b = await join();
    expect((await leaseOne(b)).delivery.possibleDuplicate).toBe(true);
  });

  test('ids of one connection grow in the order of commits, also when two nodes take turns', async () => {
    const [a, b] = [await join(), await join()];
    const ids: number[] = [];
    for (let i = 0; i < 40; i++) ids.push(Number(await put(i % 2 ? a : b, ['l'])));
    expect(ids).toEqual([...ids].sort((x, y) => x - y));
    // At once, too: each node's own are in order.
    const mine: number[][] = [[], []];
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        mine[i % 2]?.push(Number(await put(i % 2 ? a : b, ['l'])));
      }),
    );
    for (const some of mine) expect(some).toEqual([...some].sort((x, y) => x - y));
    await expire(0);
    await beat(1);
    const order: number[] = [];
    for (let i = 0; i < 140; i++) {
      const leased = await leaseOne(b);
      order.push(Number(leased.message.id));
      await settle(b, leased, { to: 'delivered' });
    }
    expect(order).toEqual([...order].sort((x, y) => x - y));
  });

  test('a repeat is recognised whichever node the first came to', async () => {
    const [a, b] = [await join(), await join()];
    const one = () =>
      unit([message({ dedupe: { sender: 's', id: '1', hash: 'h' }, deliveries: [delivery(['l'])] })]);
    const both = await Promise.all([a.append(one()), b.append(one()), a.append(one()), b.append(one())]);
    const kinds = both.flat().map((appended) => appended.kind);
    expect(kinds.filter((kind) => kind === 'kept')).toHaveLength(1);
    expect(new Set(both.flat().map((appended) => appended.messageId)).size).toBe(1);
    expect(await a.ledger()).toMatchObject({ received: 1, planned: 1 });
    expect((await b.tallies(T0))[0]?.repeats).toBe(3);
  });

  test('a merge on one node holds for the next message on the other', async () => {
    const [a, b] = [await join(), await join()];
    const survivor = await put(a, ['survivor']);
    await a.append(unit([], { aliases: [{ from: 'retired', to: 'survivor' }] }));
    await put(b, ['retired']);
    expect(messagesOf(await lease(a))).toEqual([survivor]);
  });

  test('two pollers: one cursor, one of them moves it', async () => {
    const [a, b] = [await join(), await join()];
    const move = { name: 'c', value: 1, expect: 0 };
    const both = await Promise.allSettled(
      [a, b].map((node) => node.append(unit([message()], { cursor: move }))),
    );
    expect(both.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await a.ledger()).received).toBe(1);
  });

  test('the audit trail is one chain, whoever writes', async () => {
    const [a, b] = [await join(), await join()];
    const entry = (act: string) => ({ at: T0, who: 'kim', act, on: '1' });
    await Promise.all(
      Array.from({ length: 30 }, (_, i) => (i % 2 ? a : b).audit([entry(`one ${i}`), entry(`two ${i}`)])),
    );
    expect(await a.verifyAudit()).toEqual([]);
    expect((await b.auditTrail({ limit: 100 })).rows).toHaveLength(60);
    await sql("UPDATE suture.audit SET who = 'lee' WHERE id = 30");
    expect(await b.verifyAudit()).toEqual(['30']);
  });

  test('many connections at once, several nodes, nodes that die: no delivery is lost, none overtakes, no two of a lane at once', async () => {
    const random = seededRandom(3);
    const below = (n: number): number => Math.floor(random.fraction() * n);
    for (let i = 0; i < 3; i++) await join();
    await settleShares();
    const given: { lane: string; id: string; text: string }[] = [];
    const ended = new Map<string, number>();
    const running = new Map<string, string>();
    const order: string[] = [];
    const overlaps: string[] = [];
    let sequence = 0;
    const appends = Array.from({ length: 6 }, async (_, sender) => {
      for (let round = 0; round < 12; round++) {
        const node = nodes[below(3)] as PostgresStore;
        const some = Array.from({ length: 1 + below(6) }, () => {
          // Lane 0 to 3 is every sender's, the others are one sender's own.
          const lane = below(3) === 0 ? `shared ${below(4)}` : `own ${sender} ${below(3)}`;
          const text = `${lane}#${sender}#${++sequence}`;
          return {
            lane,
            text,
            message: message({
              bytes: bytesOf(text),
              deliveries: [delivery(lane === 'shared 0' ? [lane, `own ${sender} 0`] : [lane])],
            }),
          };
        });
        const kept = await node.append(
          unit(
            some.map((one) => one.message),
            { connection: `from ${sender}` },
          ),
        );
        for (const [at, one] of kept.entries()) {
          given.push({ lane: some[at]?.lane as string, id: one.messageId, text: some[at]?.text as string });
        }
      }
    });
    let appending = true;
    const workers = nodes.map(async (node) => {
      for (let idle = 0; appending || idle < 3; ) {
        const leased = await node.lease({ now: T0 + 1, limit: 1 + below(8) });
        if (leased.length === 0) {
          if (!appending && (await node.ledger()).waiting + (await node.ledger()).running === 0) idle++;
          continue;
        }
        for (const one of leased) {
          const text = Buffer.from(one.bytes).toString();
          const lane = text.split('#')[0] as string;
          if (running.has(lane)) overlaps.push(text);
          running.set(lane, text);
          order.push(text);
        }
        await Promise.all(
          leased.map(async (one) => {
            const text = Buffer.from(one.bytes).toString();
            running.delete(text.split('#')[0] as string);
            expect(await settle(node, one, { to: 'delivered' })).toBe('settled');
            ended.set(one.message.id, (ended.get(one.message.id) ?? 0) + 1);
          }),
        );
      }
    });
    await Promise.all(appends);
    appending = false;
    await Promise.all(workers);
    expect(overlaps).toEqual([]);
    expect([...ended.keys()].sort()).toEqual(given.map((one) => one.id).sort());
    expect([...ended.values()].every((times) => times === 1)).toBe(true);
    const last = new Map<string, number>();
    for (const text of order) {
      const [lane, sender, at] = text.split('#') as [string, string, string];
      const key = `${lane} ${sender}`;
      expect(Number(at), text).toBeGreaterThan(last.get(key) ?? 0);
      last.set(key, Number(at));
    }
    const store = nodes[0] as PostgresStore;
    expect(ledgerFaults(await store.ledger())).toEqual([]);
    expect(await sql('SELECT count(*)::integer AS rows FROM suture.delivery_lane')).toEqual([{ rows: 0 }]);
    const tallies = await store.tallies(T0);
    expect(tallies.reduce((sum, one) => sum + one.sent, 0)).toBe(given.length);
    expect(tallies.reduce((sum, one) => sum + one.queued, 0)).toBe(0);
  }, 60_000);

  test('two nodes that start on an empty database at once make one schema; one that stopped half way is resumed', async () => {
    await Promise.all([join(), join(), join()]);
    expect(await sql('SELECT count(*)::integer AS count FROM suture.node')).toEqual([{ count: 3 }]);
    expect(new Set(nodes.map((node) => node.keyedHash('patient', 'north', '1'))).size).toBe(1);
  });

  test('another master key opens nothing', async () => {
    await join();
    expect(await refusal(join({ masterKey: new Uint8Array(32) }))).toBe('VAULT_KEY_WRONG');
  });

  test('the master key is changed by wrapping again; the old one opens nothing after that', async () => {
    const a = await join();
    const id = await put(a, ['l'], { bytes: bytesOf('kept') });
    const next = new Uint8Array(randomBytes(32));
    expect(await (a as unknown as { rewrap(key: Uint8Array): Promise<number> }).rewrap(next)).toBe(2);
    expect(Buffer.from((await a.payload(id)) as Uint8Array).toString()).toBe('kept');
    expect(await refusal(join())).toBe('VAULT_KEY_WRONG');
    const b = await join({ masterKey: next });
    expect(Buffer.from((await b.payload(id)) as Uint8Array).toString()).toBe('kept');
  });
});
