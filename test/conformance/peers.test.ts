import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Hl7MessageEvent, Hl7Server } from '@medplum/hl7';
import { Server } from 'node-hl7-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import { freePorts } from '../../src/std/ports.fixture.ts';
import { admission } from '../crash/traffic.ts';
import { type RunningEngine, startEngine, testSite, until } from '../journeys/engine.ts';
import { connectPeer, msa } from '../journeys/peer.ts';

const run = promisify(execFile);
const mllpSend = await run('mllp_send', ['--version']).then(
  ({ stdout }) => stdout.trim(),
  () => null,
);
if (mllpSend === null)
  process.stdout.write('skipped: mllp_send is not installed (Debian: apt-get install python3-hl7)\n');

let folder: string;
let running: RunningEngine;
const opened: (() => Promise<unknown> | undefined)[] = [];

const forward = flow('forward', { about: 'Passes every admission on.', order: 'connection' })
  .on(hl7.message('ADT^A01'))
  .send('forward', { connection: 'out', do: 'send', args: {} });

async function start(port?: number): Promise<void> {
  running = await startEngine(join(folder, 'data'), {
    site: testSite({
      'hl7-in': { connector: 'mllp', listen: { port: 0 } },
      ...(port === undefined ? {} : { out: { connector: 'mllp', send: { host: '127.0.0.1', port } } }),
    }),
    flows: port === undefined ? [] : [forward],
  });
  opened.push(running.close);
}

const kept = async (controlId: string): Promise<string> => {
  const { rows } = await running.store.search({ controlId, limit: 1 });
  return Buffer.from((await running.store.payload(rows[0]?.id ?? '0')) ?? []).toString('utf8');
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-peers-'));
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** This peer listens wherever it can: while it starts, every listener is kept on loopback. */
async function onLoopback(start: () => unknown): Promise<void> {
  const listen = NetServer.prototype.listen;
  NetServer.prototype.listen = function (this: NetServer, port: number, done: () => void) {
    return (listen as (port: number, host: string, done: () => void) => NetServer).call(
      this,
      port,
      '127.0.0.1',
      done,
    );
  } as typeof listen;
  try {
    await start();
  } finally {
    NetServer.prototype.listen = listen;
  }
}

describe('clients that are not ours are acknowledged, and what they sent is kept as it came', () => {
  test.skipIf(mllpSend === null)('mllp_send of python-hl7', async () => {
    await start();
    const file = join(folder, 'messages.hl7');
    const texts = [admission('PY-1', 1, 1), admission('PY-2', 2, 1)];
    writeFileSync(file, texts.join('\n').replaceAll('\r', '\r\n'));
    const { stdout } = await run('mllp_send', [
      '--loose',
      '--file',
      file,
      '-p',
      String(running.mllpPort),
      '127.0.0.1',
    ]);
    const answers = stdout.split('\u000b').filter((part) => part.includes('MSA|'));
    expect(answers.map((answer) => msa(answer)?.code)).toEqual(['AA', 'AA']);
    expect(answers.map((answer) => msa(answer)?.controlId)).toEqual(['PY-1', 'PY-2']);
    // The tool strips the end of the last line before it sends.
    expect(await kept('PY-2')).toBe(texts[1]?.trimEnd());
  });

  test('node-hl7-client', async () => {
    await start();
    const sender = join(import.meta.dirname, 'node-hl7-sender.ts');
    const { stdout } = await run(process.execPath, [sender, String(running.mllpPort), 'NODE-1', 'NODE-2'], {
      timeout: 15_000,
      killSignal: 'SIGKILL',
    });
    expect(stdout).toBe('AA NODE-1\nAA NODE-2\n');
    expect(await kept('NODE-1')).toContain('|MERIDIAN^ALDER');
  });
});

describe('our sender delivers to receivers that are not ours', () => {
  const texts = ['OUT-1', 'OUT-2', 'OUT-3'].map((controlId) => admission(controlId, 1, 1));

  /** Gives how often each was tried, and what went wrong on the way. */
  async function deliver(port: number): Promise<{ attempts: number; failure: string | undefined }[]> {
    await start(port);
    const peer = await connectPeer(running.mllpPort);
    opened.push(async () => peer.close());
    for (const text of texts) expect(msa(await peer.send(text))?.code).toBe('AA');
    await until(async () => (await running.store.ledger()).delivered === texts.length, 'all to be delivered');
    const { rows } = await running.store.search({ limit: 10 });
    const deliveries = await Promise.all(
      [...rows].reverse().map(async ({ id }) => (await running.store.message(id))?.deliveries[0]),
    );
    return deliveries.map((one) => ({ attempts: one?.attempts ?? 0, failure: one?.failure?.code }));
  }

  test('node-hl7-server', async () => {
    const [port] = (await freePorts(1)) as [number];
    const got: string[] = [];
    const server = new Server({ bindAddress: '127.0.0.1' });
    const inbound = server.createInbound({ port }, async (request, response) => {
      got.push(request.getMessage().get('MSH.10').toString());
      await response.sendResponse('AA');
    });
    opened.push(() => inbound.close());
    const ends = await deliver(port);
    // Its version 2.5.0 keeps what it has read on a connection: a second message there is answered with the first
    // one's control id. That answer counts for nothing; on a connection of its own the message is taken.
    expect(ends[0]).toEqual({ attempts: 1, failure: undefined });
    for (const { attempts, failure } of ends)
      expect(attempts === 1 || failure === 'MLLP_ACK_MISMATCH').toBe(true);
    expect([...new Set(got)]).toEqual(['OUT-1', 'OUT-2', 'OUT-3']);
  });

  test('the Hl7Server of @medplum/hl7', async () => {
    const [port] = (await freePorts(1)) as [number];
    const got: string[] = [];
    const server = new Hl7Server((connection) => {
      connection.addEventListener('message', ({ message }: Hl7MessageEvent) => {
        got.push(message.getSegment('MSH')?.getField(10)?.toString() ?? '');
        connection.send(message.buildAck());
      });
    });
    await onLoopback(() => server.start(port));
    opened.push(() => server.stop());
    expect(await deliver(port)).toEqual(Array(3).fill({ attempts: 1, failure: undefined }));
    expect(got).toEqual(['OUT-1', 'OUT-2', 'OUT-3']);
  });
});
