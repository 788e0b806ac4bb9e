import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Readiness } from '../../src/engine/index.ts';
import { type Ledger, ledgerFaults } from '../../src/message/index.ts';
import { systemClock } from '../../src/std/index.ts';
import { openSqliteStore } from '../../src/store/index.ts';
import { buildLossyDisk, failingDiskCanBeBuilt, lossyEnvironment } from '../crash/lossy-disk.ts';
import { admission } from '../crash/traffic.ts';
import { until } from './engine.ts';
import { connectPeer, msa, type Peer, startTarget } from './peer.ts';

const skipped = !failingDiskCanBeBuilt('failing disks');

let folder: string;
const opened: (() => Promise<void> | void)[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-failing-'));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** The engine as a process of its own, on a disk that can be made to fail. */
async function engineOnFailingDisk(sink: number) {
  const data = join(folder, 'data');
  const undo = join(folder, 'undo');
  const fault = join(folder, 'fault');
  mkdirSync(data);
  mkdirSync(undo);
  const library = buildLossyDisk(folder);
  if (library === null) throw new Error('the failing disk could not be compiled');
  const child: ChildProcess = fork(join(import.meta.dirname, '..', 'crash', 'engine-process.ts'), {
    env: {
      ...process.env,
      CRASH_FOLDER: data,
      CRASH_SINK: String(sink),
      ...lossyEnvironment(library, data, undo, true),
      LOSSY_FAULT: fault,
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  opened.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const early = exited.then(() => Promise.reject(new Error(`the engine has ended: ${errors}`)));
  early.catch(() => undefined);
  const said = <Answer>(): Promise<Answer> =>
    Promise.race([
      new Promise<Answer>((resolve) => child.once('message', (message) => resolve(message as Answer))),
      early,
    ]);
  const ask = <Answer>(question: string): Promise<Answer> => {
    const answer = said<Answer>();
    child.send(question);
    return answer;
  };
  const { port } = await said<{ port: number }>();
  return {
    data,
    port,
    errors: () => errors,
    readiness: async () => (await ask<{ readiness: Readiness }>('ready')).readiness,
    ledger: async () => (await ask<{ ledger: Ledger }>('ledger')).ledger,
    fail: (how: 'full' | 'broken') => writeFileSync(fault, how),
    mend: () => rmSync(fault),
    async stop() {
      child.send('stop');
      await exited;
    },
  };
}

async function sender(port: number): Promise<Peer> {
  const peer = await connectPeer(port);
  opened.push(peer.close);
  return peer;
}

describe.skipIf(skipped)('while the disk', () => {
  test.each([
    ['is full', 'full', 'STORE_FULL', /full/, true],
    ['cannot sync', 'broken', 'STORE_IO', /disk/, true],
    // Nothing is delivered here, so nothing but the engine's own asking finds out that the disk is well again.
    ['is full and no flow writes', 'full', 'STORE_FULL', /full/, false],
  ] as const)(
    '%s, nothing is answered and the connection ends; then all goes on',
    async (_, how, code, text, delivers) => {
      const target = await startTarget();
      opened.push(target.close);
      const engine = await engineOnFailingDisk(delivers ? target.port : 0);
      const acked: string[] = [];
      const peer = await sender(engine.port);
      for (let i = 0; i < 20; i++) {
        expect(msa(await peer.send(admission(`BEFORE-${i}`, i % 4, i + 1)))?.code).toBe('AA');
        acked.push(`BEFORE-${i}`);
      }
      expect(await engine.readiness()).toMatchObject({ ready: true });

      engine.fail(how);
      // The open connection, and each new one: taken, not answered, closed.
      expect(await peer.send(admission('DURING-0', 1, 100))).toBeNull();
      for (let i = 1; i < 4; i++) {
        const another = await sender(engine.port);
        expect(await another.send(admission(`DURING-${i}`, i, 100))).toBeNull();
      }
      const { ready, checks } = await engine.readiness();
      expect(ready).toBe(false);
      const store = checks.find(({ name }) => name === 'store');
      expect(store).toMatchObject({ ok: false, text: expect.stringMatching(text) });
      expect(engine.errors()).toContain(code);

      engine.mend();
      await until(async () => (await engine.readiness()).ready, 'the engine to be ready again');
      // Without a restart, on the same port: what was not acknowledged is sent again, as senders do.
      const after = await sender(engine.port);
      for (let i = 0; i < 4; i++) {
        expect(msa(await after.send(admission(`DURING-${i}`, i === 0 ? 1 : i, 100)))?.code).toBe('AA');
        acked.push(`DURING-${i}`);
      }
      const ledger = await until(async () => {
        const now = await engine.ledger();
        return now.received === acked.length && now.delivered === (delivers ? acked.length : 0) && now;
      }, 'everything acknowledged to be kept and delivered');
      expect(ledgerFaults(ledger)).toEqual([]);
      await engine.stop();

      const kept = await openSqliteStore({
        folder: engine.data,
        masterKey: Buffer.alloc(32, 7),
        clock: systemClock,
      });
      opened.push(() => kept.close());
      const { rows } = await kept.search({ limit: 500 });
      expect(rows.map(({ controlId }) => controlId).sort()).toEqual([...acked].sort());
      // Delivered once each: what was under way when the disk failed was settled when it could be.
      const times = Map.groupBy(target.got, (line) => line);
      expect([...times].filter(([, lines]) => lines.length > 1).map(([line]) => line)).toEqual([]);
    },
  );
});
