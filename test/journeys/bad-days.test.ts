/** Days on which the data folder is not as it was: each is said on screen, none loses or misorders anything. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildLossyDisk, failingDiskCanBeBuilt } from '../crash/lossy-disk.ts';
import { admission } from '../crash/traffic.ts';
import { type EngineProcess, NotStarted, startOnDisk } from '../proofs/faults/disk.ts';
import { judge } from '../proofs/judge.ts';
import { startTruthfulReceiver, type TruthfulReceiver } from '../proofs/receiver.ts';
import { dealt, sendAll } from '../proofs/sender.ts';
import { openProofStore } from '../proofs/store.ts';
import { until } from './engine.ts';
import { connectPeer, msa } from './peer.ts';

const skipped = !failingDiskCanBeBuilt('read-only and slow disks');

let folder: string;
let place: string;
let fault: string;
let receiver: TruthfulReceiver;
const engines: EngineProcess[] = [];
const acked: string[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-bad-day-'));
  place = join(folder, 'data');
  fault = join(folder, 'fault');
  mkdirSync(place);
  acked.length = 0;
  receiver = await startTruthfulReceiver(() => 'AA');
});
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.kill();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(onDisk: boolean): Promise<EngineProcess> {
  const library = onDisk ? buildLossyDisk(folder) : null;
  if (onDisk && library === null) throw new Error('the failing disk could not be compiled');
  const engine = await startOnDisk({
    place,
    sink: receiver.port,
    fault,
    ...(library === null ? {} : { disk: { library, nth: 0, error: 'EIO', lasting: false } }),
  });
  engines.push(engine);
  return engine;
}

/** So many messages from so many senders, who repeat what is not acknowledged. */
const send = (engine: EngineProcess, count: number, senders: number): Promise<unknown> =>
  Promise.all(
    dealt(count, senders, 3).map((messages) =>
      sendAll({ port: () => engine.port, messages, acked: (controlId) => acked.push(controlId) }),
    ),
  );

/** What the screen and `/readyz` show of the store, once it is not ready. */
const trouble = (engine: EngineProcess, words: RegExp): Promise<string> =>
  until(async () => {
    const store = (await engine.readiness()).checks.find(({ name }) => name === 'store');
    return store !== undefined && !store.ok && words.test(store.text) && store.text;
  }, `the store to say ${words}`);

/** One message, to a store that cannot keep it: no answer, and the connection ends. */
async function unanswered(engine: EngineProcess): Promise<void> {
  const peer = await connectPeer(engine.port);
  expect(msa(await peer.send(admission('UNKEPT', 99, 1)))).toBeNull();
  peer.close();
}

const delivered = (engine: EngineProcess): Promise<unknown> =>
  until(async () => {
    const { waiting, running } = await engine.ledger();
    return waiting + running === 0;
  }, 'everything to be delivered');

/** Stops the engine when all is delivered, and holds the store to what was acknowledged. */
async function expectAllKept(engine: EngineProcess): Promise<void> {
  await delivered(engine);
  await engine.stop();
  engines.splice(engines.indexOf(engine), 1);
  const store = await openProofStore(place);
  try {
    expect(await judge(store, acked, receiver)).toMatchObject({
      missing: 0,
      unfinished: 0,
      keptTwice: 0,
      unflagged: 0,
      ledgerFaults: 0,
    });
    expect(receiver).toMatchObject({ inversions: 0, overtakings: 0 });
  } finally {
    await store.close();
  }
}

test('the data folder is taken away while it works: it says so, acknowledges nothing, and goes on when it is back', async () => {
  const engine = await start(false);
  await send(engine, 20, 4);
  // Between two commits: within one nothing more would be written before a restart. The last settlement is followed by a few.
  await delivered(engine);
  let looks = 0;
  await until(() => Promise.resolve(++looks > 25), 'the engine to have nothing more to write');
  renameSync(place, `${place}-elsewhere`);
  await unanswered(engine);
  expect(await trouble(engine, /no longer there/)).toMatch(/Put the data folder back/);
  renameSync(`${place}-elsewhere`, place);
  await until(async () => (await engine.readiness()).ready, 'the engine to be ready again');
  await expectAllKept(engine);
});

test('a second engine on the folder does not start, and names the first', async () => {
  const engine = await start(false);
  const refused = await start(false).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NotStarted);
  expect((refused as NotStarted).message).toContain(`in use by process ${engine.pid} on ${hostname()}.`);
  await send(engine, 20, 4);
  await expectAllKept(engine);
});

describe.skipIf(skipped)('a disk that', () => {
  test('becomes read-only is said to be, and nothing is acknowledged until it is not', async () => {
    const engine = await start(true);
    await send(engine, 20, 4);
    writeFileSync(fault, 'readonly');
    await unanswered(engine);
    expect(await trouble(engine, /cannot be written/)).toMatch(/Make the data folder .*writable/);
    rmSync(fault);
    await until(async () => (await engine.readiness()).ready, 'the engine to be ready again');
    await expectAllKept(engine);
  });

  test('is read-only from the start is said to be, with what to do first', async () => {
    writeFileSync(fault, 'readonly');
    const refused = await start(true).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(NotStarted);
    expect((refused as NotStarted).message).toMatch(/The data folder cannot be used \(EROFS\)/);
    expect((refused as NotStarted).message).toMatch(/fix: 'Check that the data folder exists/);
  });

  test('takes 200 ms for each sync holds senders back, and loses and turns nothing', async () => {
    const engine = await start(true);
    writeFileSync(fault, 'slow');
    const sending = send(engine, 96, 32);
    // Slow is not broken: it stays ready, and answers what is asked of it.
    await until(async () => acked.length > 0, 'the first acknowledgement');
    expect((await engine.readiness()).ready).toBe(true);
    await sending;
    expect(acked).toHaveLength(96);
    await expectAllKept(engine);
  }, 180_000);
});
