import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Hl7Server } from '@medplum/hl7';
import { Client, HL7_2_5 } from 'node-hl7-client';
import { Server } from 'node-hl7-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import { admission } from '../crash/traffic.ts';
import { type RunningEngine, startEngine, testSite, until } from '../journeys/engine.ts';
import { connectPeer, msa } from '../journeys/peer.ts';
import { freePorts } from '../journeys/process.ts';

const run = promisify(execFile);
const mllpSend = await run('mllp_send', ['--version']).then(
  ({ stdout }) => stdout.trim(),
  () => null,
);
if (mllpSend === null)
  process.stdout.write('skipped: mllp_send is not installed (Debian: apt-get install python3-hl7)\n');

let folder: string;
let running: RunningEngine;
const opened: (() => Promise<unknown> | void)[] = [];

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
    const client = new Client({ host: '127.0.0.1', version: '2.5' });
    const answers: string[] = [];
    const connection = client.createConnection({ port: running.mllpPort }, (answer) => {
      const said = answer.getMessage();
      answers.push(`${said.get('MSA.1').toString()} ${said.get('MSA.2').toString()}`);
    });
    opened.push(() => connection.close());
    const message = (controlId: string) =>
      new HL7_2_5()
        .buildMSH({
          msh_3: 'NODE',
          msh_4: 'MERCY',
          msh_9_1: 'ADT',
          msh_9_2: 'A01',
          msh_10: controlId,
          msh_11_1: 'P',
        })
        .buildEVN({ evn_2: new Date(Date.UTC(2026, 0, 31)) })
        .buildPID({ pid_3: '100001^^^EPI^MR', pid_5: 'MERIDIAN^ALDER' })
        .toMessage();
    await connection.sendMessage(message('NODE-1'));
    await connection.sendMessage(message('NODE-2'));
    await until(async () => answers.length === 2, 'both answers');
    expect(answers).toEqual(['AA NODE-1', 'AA NODE-2']);
    expect(await kept('NODE-1')).toContain('|MERIDIAN^ALDER');
  });
});

describe('our sender delivers to receivers that are not ours', () => {
  const texts = ['OUT-1', 'OUT-2', 'OUT-3'].map((controlId) => admission(controlId, 1, 1));

  async function deliver(port: number): Promise<void> {
    await start(port);
    const peer = await connectPeer(running.mllpPort);
    opened.push(peer.close);
    for (const text of texts) expect(msa(await peer.send(text))?.code).toBe('AA');
    await until(async () => (await running.store.ledger()).delivered === texts.length, 'all to be delivered');
    // The first attempt was understood each time: one outcome for each message, and none of another kind.
    const { rows } = await running.store.search({ limit: 10 });
    for (const row of rows) {
      const [delivery] = (await running.store.message(row.id))?.deliveries ?? [];
      expect(delivery).toMatchObject({ state: 'delivered', attempts: 1, failure: null });
    }
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
    await deliver(port);
    expect(got).toEqual(['OUT-1', 'OUT-2', 'OUT-3']);
  });

  test('the Hl7Server of @medplum/hl7', async () => {
    const [port] = (await freePorts(1)) as [number];
    const got: string[] = [];
    const server = new Hl7Server((connection) => {
      connection.addEventListener('message', ({ message }) => {
        got.push(message.getSegment('MSH')?.getField(10)?.toString() ?? '');
        connection.send(message.buildAck());
      });
    });
    await server.start(port);
    opened.push(() => server.stop());
    await deliver(port);
    expect(got).toEqual(['OUT-1', 'OUT-2', 'OUT-3']);
  });
});
