/** Groups of appends that are sent behind one another, when one of them is not kept. */
import { randomBytes } from 'node:crypto';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Appended } from '../contract.ts';
import { bytesOf, message, unit } from '../stories/bench.ts';
import { type Cluster, newCluster, postgresIsThere } from './cluster.suite.ts';
import { openPostgresStore, type PostgresStore } from './open.ts';

describe.skipIf(!postgresIsThere('groups behind one another'))('groups behind one another', () => {
  let cluster: Cluster;
  let store: PostgresStore;
  beforeAll(async () => {
    cluster = await newCluster();
    await cluster.start();
    const url = cluster.url(await cluster.newDatabase());
    store = await openPostgresStore({ url, masterKey: new Uint8Array(randomBytes(32)) });
  });
  afterAll(async () => {
    await store.close();
    await cluster.remove();
  });

  const sent = (id: string, bytes: string) =>
    message({
      controlId: id,
      bytes: bytesOf(bytes),
      dedupe: { sender: 'LAB', id, hash: `hash of ${bytes}`, since: 0 },
    });

  test('what stands behind a group that must be kept anew stays behind it, and so does what comes later', async () => {
    const used = Array.from({ length: 60 }, (_, at) => `A${at}`);
    await store.append(unit(used.map((id) => sent(id, `first ${id}`))));
    const answers: Promise<readonly Appended[]>[] = [];
    // The same ids with other bytes are judged one by one, with the database asked for each: that takes a while.
    answers.push(store.append(unit(used.map((id) => sent(id, `other ${id}`)))));
    for (let at = 0; at < 120; at++) {
      answers.push(store.append(unit([sent(`B${at}`, `alone ${at}`)])));
      // Some stand together, most are a group each, and new ones come while the first is being kept anew and after.
      if (at % 5 > 0) await pause(1);
    }
    const ids = (await Promise.all(answers)).flat().map(({ messageId }) => Number(messageId));
    expect(ids).toHaveLength(180);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  test('an append of nothing lets nobody past what is before it', async () => {
    const used = Array.from({ length: 400 }, (_, at) => `C${at}`);
    await store.append(unit(used.map((id) => sent(id, `first ${id}`))));
    // So many take the database a while to refuse: what comes right behind them is on its way by then.
    const answers = [store.append(unit(used.map((id) => sent(id, `other ${id}`))))];
    for (let at = 0; at < 3; at++) {
      await turn();
      answers.push(store.append(unit([])));
      await turn();
      answers.push(store.append(unit([sent(`D${at}`, `alone ${at}`)])));
    }
    const ids = (await Promise.all(answers)).flat().map(({ messageId }) => Number(messageId));
    expect(ids).toHaveLength(403);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });
});
