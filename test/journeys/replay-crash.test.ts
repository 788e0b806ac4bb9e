/** A replay whose engine is killed in the middle, again and again: it goes on by itself, and neither repeats nor leaves out any. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { newMasterKey, parseMasterKey } from '../../src/vault/index.ts';
import { admission } from '../crash/traffic.ts';
import { makeProject, plainEnvironment, suture } from './command-line.ts';
import { until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';
import { type Running, startSuture } from './process.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const MESSAGES = 36;
/** More by REPLAY_KILLS. */
const KILLS = Number(process.env.REPLAY_KILLS ?? 2);

let home: string | null = null;
let app: Receiver | null = null;
let engine: Running | null = null;

afterEach(async () => {
  await engine?.stop();
  await app?.close();
  if (home !== null) rmSync(home, { recursive: true, force: true });
});

test('a killed engine goes on with its replay where it was', { timeout: 120_000 }, async () => {
  home = mkdtempSync(join(tmpdir(), 'suture-replay-'));
  const project = makeProject(join(home, 'project'));
  const key = newMasterKey();
  app = await startReceiver(() => ({ status: 422 }));
  const [http, mllp] = (await freePorts(2)) as [number, number];
  const data = join(home, 'data');
  const env = plainEnvironment({
    SUTURE_DATA: data,
    SUTURE_KEY: key,
    SUTURE_SECRET_APP: 'a-secret-of-the-test',
    PORT: String(http),
    MLLP_PORT: String(mllp),
    APP_URL: app.url,
  });
  const start = async (): Promise<void> => {
    engine = startSuture(['start', '--project', project], env);
    await engine.printed(/Suture is ready/);
  };
  const ask = async (...words: string[]) => {
    const { out } = await suture([...words, '--project', project, '--json'], { env });
    return JSON.parse(out.split('\n')[0] || 'null') as Record<string, unknown> | null;
  };
  await start();
  const peer = await connectPeer(mllp);
  for (let nth = 1; nth <= MESSAGES; nth++) {
    expect(msa(await peer.send(admission(`K-${nth}`, nth % 5, nth)))?.code).toBe('AA');
  }
  peer.close();
  const group = await until(async () => {
    const one = await ask('dead');
    return one?.count === MESSAGES && one;
  }, 'all to be given up');

  app.answer = () => ({ status: 204 });
  const asked = app.asked.length;
  const words = ['replay', '--group', String(group.fingerprint), '--rate', '15', '--reason', 'mended'];
  const begun = suture([...words, '--project', project], { env });
  for (let kill = 1; kill <= KILLS; kill++) {
    const seen = app.asked.length;
    await until(async () => (app?.asked.length ?? 0) >= seen + 3, 'some to arrive');
    const killed = engine as unknown as Running;
    const gone = new Promise((resolve) => killed.child.once('exit', resolve));
    killed.child.kill('SIGKILL');
    await gone;
    await start();
  }
  await begun; // it has lost its engine, and says so
  const job = await until(
    async () => {
      const one = await ask('replays');
      return one?.state === 'done' && one;
    },
    'the replay to be done',
    60,
  );
  expect(job).toMatchObject({ done: MESSAGES, total: MESSAGES });
  const told = (): Set<string> =>
    new Set(app?.asked.slice(asked).map(({ body }) => JSON.parse(body).id as string));
  await until(async () => told().size === MESSAGES, 'all to arrive');
  expect(await ask('dead')).toBeNull();
  await engine?.stop();
  engine = null;

  const store = await openSqliteStore({ folder: data, masterKey: parseMasterKey(key) });
  try {
    // One replay of each: what arrived twice was in hand at a kill, and says so.
    const ledger = await store.ledger();
    expect(ledger).toMatchObject({ planned: 2 * MESSAGES, dead: MESSAGES, delivered: MESSAGES });
    const { rows } = await store.deliveries({ state: 'delivered', limit: 1_000 });
    const arrived = Map.groupBy(app.asked.slice(asked), ({ body }) => JSON.parse(body).id as string);
    for (const row of rows) {
      const { message } = (await store.message(row.messageId)) ?? {};
      const times = arrived.get(message?.controlId ?? '')?.length ?? 0;
      if (times > 1) expect(row.possibleDuplicate).toBe(true);
    }
  } finally {
    await store.close();
  }
});
