/** Days on which the database is away: said on screen, nothing acknowledged is lost, and work goes on by itself. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/std/index.ts';
import { type Cluster, newCluster, postgresIsThere } from '../../src/store/postgres/cluster.suite.ts';
import { openWay, type Way } from '../../src/store/postgres/proxy.suite.ts';
import { type ProofEngine, proofSite, startProofEngine } from '../proofs/engine.ts';
import { judge } from '../proofs/judge.ts';
import { quickClock } from '../proofs/quick-clock.ts';
import { startTruthfulReceiver, type TruthfulReceiver } from '../proofs/receiver.ts';
import { dealt, sendAll } from '../proofs/sender.ts';
import { until } from './engine.ts';

/** The engine's clock goes so many times as fast: a lease of 15 s is over after half a second. */
const TIMES = 30;

describe.skipIf(!postgresIsThere('days without the database'))('the database', () => {
  const clock = quickClock(TIMES);
  let cluster: Cluster;
  let way: Way;
  let receiver: TruthfulReceiver;
  let running: ProofEngine;
  let acked: string[];

  beforeEach(async () => {
    cluster = await newCluster();
    acked = [];
    receiver = await startTruthfulReceiver(() => 'AA');
  });
  afterEach(async () => {
    await running.close();
    await receiver.close();
    await way.close();
    await cluster.remove();
  });
  const start = async (): Promise<void> => {
    way = await openWay(cluster.port);
    running = await startProofEngine({
      folder: cluster.url(await cluster.newDatabase(), way.port),
      site: proofSite({ port: receiver.port, window: 4, ackTimeout: '10s' }),
      clock,
      random: seededRandom(7),
    });
  };
  const storeCheck = () => running.engine.readiness().checks.find(({ name }) => name === 'store');
  const trouble = (words: RegExp): Promise<string> =>
    until(async () => {
      const check = storeCheck();
      return check !== undefined && !check.ok && words.test(check.text) && check.text;
    }, `the store to say ${words}`);
  /** Sends until all is acknowledged; calls `then` when so many were. */
  const send = (count: number, half: number, then: () => void): Promise<unknown> =>
    Promise.all(
      dealt(count, 8, 3).map((messages) =>
        sendAll({
          port: () => running.port,
          messages,
          acked: (controlId) => {
            if (acked.push(controlId) === half) then();
          },
        }),
      ),
    );
  const expectAllKept = async (): Promise<void> => {
    await running.drained();
    expect(await judge(running.store, acked, receiver)).toMatchObject({
      missing: 0,
      unfinished: 0,
      keptTwice: 0,
      unflagged: 0,
      ledgerFaults: 0,
    });
    expect(receiver).toMatchObject({ inversions: 0, overtakings: 0 });
  };

  test('is stopped for longer than any lease holds: the engine says so, and works on when it is back', async () => {
    await cluster.start();
    await start();
    let stopped: Promise<void> = Promise.resolve();
    const sent = send(400, 150, () => {
      stopped = cluster.stop('fast');
    });
    expect(await trouble(/database/)).toMatch(/\S/);
    await stopped;
    const count = acked.length;
    const began = clock.elapsed();
    await until(async () => clock.elapsed() - began > 60_000, 'a minute to pass');
    expect(storeCheck()).toMatchObject({ ok: false });
    expect(acked.length - count).toBeLessThanOrEqual(8); // answers that were under way
    await cluster.start();
    await sent;
    expect(acked).toHaveLength(400);
    expect(running.engine.readiness().ready).toBe(true);
    await expectAllKept();
  }, 180_000);

  test('fails over to the server that followed it, under the same URL: nothing acknowledged is lost', async () => {
    await cluster.start();
    const follower = await cluster.follower();
    try {
      // From now on a commit is on both disks.
      await cluster.query("ALTER SYSTEM SET synchronous_standby_names = 'follower'");
      await cluster.query('SELECT pg_reload_conf()');
      await until(
        async () =>
          (await cluster.query("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'")).length > 0,
        'the follower to be waited for',
      );
      await start();
      let stopped: Promise<void> = Promise.resolve();
      const sent = send(400, 150, () => {
        stopped = cluster.stop('immediate');
      });
      await trouble(/database/);
      await stopped;
      // The URL leads to the follower before it takes writes: that is said, too.
      way.lead(follower.port);
      expect(await trouble(/takes no writes/)).toMatch(/\S/);
      await follower.query('SELECT pg_promote()');
      await follower.query('ALTER SYSTEM RESET synchronous_standby_names');
      await follower.query('SELECT pg_reload_conf()');
      await sent;
      expect(acked).toHaveLength(400);
      expect(running.engine.readiness().ready).toBe(true);
      await expectAllKept();
    } finally {
      await running.close();
      await follower.remove();
    }
  }, 180_000);
});
