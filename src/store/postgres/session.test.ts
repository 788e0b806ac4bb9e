import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../std/index.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import { openSession, type Session } from './session.ts';

describe.skipIf(!postgresIsThere('a session with PostgreSQL'))('a session', () => {
  let cluster: Cluster;
  let session: Session;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
    const url = cluster.url(await cluster.newDatabase());
    session = openSession({ url, clock: systemClock, fault: () => undefined, greet: async () => undefined });
  });
  afterAll(async () => {
    await session.close();
    await cluster.remove();
  });

  const rest = (): number => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    collect();
    return process.memoryUsage().heapUsed / 2 ** 20;
  };

  test('keeps nothing of what was asked behind one another once it is answered', async () => {
    const text = "SELECT repeat('x', 100000) AS long, $1::integer AS n";
    const some = (): Promise<unknown> =>
      Promise.all(Array.from({ length: 4 }, (_, n) => session.askBehind({ name: 'long', text }, [n])));
    await some();
    const before = rest();
    // 40 MB of answers, and every fourth round one that is refused: a refusal holds on to what was sent.
    for (let round = 0; round < 100; round++) {
      await some();
      if (round % 4 === 0)
        await session.askBehind('SELECT 1 / ($1::integer - length($2))', [4, 'four']).catch(() => undefined);
    }
    expect(rest() - before).toBeLessThan(8);
  });
});
