/** SIGTERM to a real process under load: it takes nothing more, finishes or gives back what is in hand, and ends with 0. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newMasterKey, parseMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment } from './command-line.ts';
import { until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';
import { type Running, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

let folder: string;
let receiver: Receiver;
let running: Running | undefined;
const key = newMasterKey();

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-drain-'));
  receiver = await startReceiver();
});
afterEach(async () => {
  running?.child.kill('SIGKILL');
  running = undefined;
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(...words: string[]): Promise<{ readonly mllp: number; readonly suture: Running }> {
  const [http, mllp] = (await freePorts(2)) as [number, number];
  running = startSuture(
    ['start', '--project', makeProject(join(folder, 'project')), ...words],
    plainEnvironment({
      SUTURE_DATA: join(folder, 'data'),
      SUTURE_KEY: key,
      SUTURE_SECRET_APP: 'a-secret-of-the-test',
      PORT: String(http),
      MLLP_PORT: String(mllp),
      APP_URL: receiver.url,
    }),
  );
  await running.printed(/Suture is ready/);
  return { mllp, suture: running };
}

const openData = () => openSqliteStore({ folder: join(folder, 'data'), masterKey: parseMasterKey(key) });

test('under load: every acknowledged message is kept, none is half done, none is flagged', async () => {
  receiver.answer = () => new Promise((give) => setTimeout(() => give({ status: 204 }), 20));
  const { mllp, suture } = await start();
  const acknowledged: string[] = [];
  const halves: string[] = [];
  let closed = 0;
  const senders = Array.from({ length: 8 }, async (_, sender) => {
    const peer = await connectPeer(mllp);
    for (let number = 0; ; number++) {
      const id = `D-${sender}-${number}`;
      const answer = await peer.send(admission(id, sender * 100 + (number % 40), number));
      if (answer === null) break;
      if (msa(answer)?.code === 'AA' && msa(answer)?.controlId === id) acknowledged.push(id);
      else halves.push(answer);
    }
    closed++;
  });
  await until(async () => acknowledged.length > 300 && receiver.asked.length > 20, 'load');
  expect(await suture.stop()).toBe(0);
  await Promise.all(senders);
  expect(closed).toBe(8);
  expect(halves).toEqual([]);

  const store = await openData();
  try {
    const kept = new Map<string | null, string>();
    let before: string | null = null;
    do {
      const page = await store.search({ limit: 500, ...(before === null ? {} : { before }) });
      for (const row of page.rows) kept.set(row.controlId, row.id);
      before = page.before;
    } while (before !== null);
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([]);
    const ledger = await store.ledger();
    expect(ledger).toMatchObject({ received: kept.size, running: 0, held: 0, dead: 0 });
    expect(ledger.waiting + ledger.delivered).toBe(kept.size);
    let flagged = 0;
    for (const id of kept.values())
      flagged += (await store.message(id))?.deliveries.filter((one) => one.possibleDuplicate).length ?? 0;
    expect(flagged).toBe(0);
    // What was sent is known to have been sent: each once, and as many as are delivered.
    const sent = receiver.asked.map(({ body }) => (JSON.parse(body) as { id: string }).id);
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent.length).toBe(ledger.delivered);
  } finally {
    await store.close();
  }
});

test('a call without an answer is waited for, said, and broken off in time; it is known to be unknown', async () => {
  receiver.answer = () => 'silence';
  const { mllp, suture } = await start('--drain', '3s');
  const peer = await connectPeer(mllp);
  expect(msa(await peer.send(admission('S-1', 1, 1)))?.code).toBe('AA');
  await until(async () => receiver.asked.length === 1, 'the call to be under way');
  const ended = suture.stop();
  await suture.printed(/draining: taking nothing more, finishing what is in hand, for 3 s at most/);
  await suture.printed(/draining: waiting for 1 delivery in hand \(answers awaited: mercy \/ app 1\)/);
  expect(await ended).toBe(0);
  const store = await openData();
  const { rows } = await store.search({ limit: 1 });
  expect((await store.message(rows[0]?.id as string))?.deliveries[0]).toMatchObject({
    state: 'waiting',
    possibleDuplicate: true,
    failure: { kind: 'unknown-outcome' },
  });
  await store.close();
});

test('a second signal ends it at once', async () => {
  receiver.answer = () => 'silence';
  const { mllp, suture } = await start('--drain', '1m');
  const peer = await connectPeer(mllp);
  await peer.send(admission('T-1', 1, 1));
  await until(async () => receiver.asked.length === 1, 'the call to be under way');
  const ended = suture.stop();
  await suture.printed(/draining: waiting for/);
  suture.child.kill('SIGTERM');
  expect(await ended).toBe(1);
});
