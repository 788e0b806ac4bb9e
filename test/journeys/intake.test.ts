import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import { admission } from '../crash/traffic.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { connectPeer, msa, type Peer } from './peer.ts';

let folder: string;
let running: RunningEngine;
let peer: Peer;

const everything = flow('everything', { about: 'Wants every admission.', order: 'patient' })
  .on(hl7.message('ADT^A01'))
  .map('mrn', { value: 'hl7:PID-3[5=MR].1' });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'suture-intake-'));
  running = await startEngine(join(folder, 'data'), {
    flows: [everything],
    site: testSite({ 'hl7-in': { connector: 'mllp', listen: { port: 0 }, maxFrame: 100_000 } }),
  });
  peer = await connectPeer(running.mllpPort);
});

afterEach(async () => {
  peer.close();
  await running.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('what comes in over MLLP', () => {
  test('is acknowledged AA only when its bytes can be read back from the store', async () => {
    const text = admission('A-1', 1, 1);
    expect(msa(await peer.send(text))).toEqual({ code: 'AA', controlId: 'A-1', text: '' });
    const { rows } = await running.store.search({ controlId: 'A-1', limit: 10 });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      state: 'accepted',
      type: 'ADT^A01',
      site: 'mercy',
      connection: 'hl7-in',
    });
    expect(Buffer.from((await running.store.payload(rows[0]?.id ?? '')) ?? []).toString()).toBe(text);
  });

  test('without a usable MSH is kept as received, answered AR with a reason, and the next is not lost', async () => {
    const refused = msa(await peer.send('this is no HL7'));
    expect(refused?.code).toBe('AR');
    expect(refused?.text.length).toBeGreaterThan(10);
    expect(msa(await peer.send(admission('A-2', 1, 1)))?.code).toBe('AA');
    const { rows } = await running.store.search({ state: 'rejected', limit: 10 });
    expect(rows).toHaveLength(1);
    expect(rows[0]?.reason).toBeTruthy();
    expect(Buffer.from((await running.store.payload(rows[0]?.id ?? '')) ?? []).toString()).toBe(
      'this is no HL7',
    );
  });

  test('that no flow wants is AA, kept, and counts as filtered', async () => {
    expect(msa(await peer.send(admission('A-3', 1, 1).replace('ADT^A01^ADT_A01', 'SIU^S12')))?.code).toBe(
      'AA',
    );
    const [feed] = await running.store.tallies(Date.now());
    expect(feed).toMatchObject({ received: 1, filtered: 1, queued: 0, sent: 0, errored: 0 });
  });

  test('twice with the same bytes gets the identical acknowledgement and is delivered once', async () => {
    const text = admission('A-4', 1, 1);
    const first = await peer.send(text);
    const second = await peer.send(text);
    expect(second).toBe(first);
    const { rows } = await running.store.search({ controlId: 'A-4', limit: 10 });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ repeats: 1, planned: 1 });
  });

  test('twice with other bytes is no repeat: it is delivered, and flagged', async () => {
    await peer.send(admission('A-5', 1, 1));
    expect(msa(await peer.send(admission('A-5', 1, 2)))?.code).toBe('AA');
    const { rows } = await running.store.search({ controlId: 'A-5', limit: 10 });
    expect(rows.map((row) => row.flags)).toEqual([['control-id-reused'], []]);
    expect(rows.every((row) => row.planned === 1)).toBe(true);
  });

  test('as garbage between frames is counted, and harms nothing', async () => {
    await peer.write(Buffer.from('noise before a frame'));
    expect(msa(await peer.send(admission('A-6', 1, 1)))?.code).toBe('AA');
    const noise = await until(
      async () => (await running.store.noises()).find((one) => one.kind === 'garbage'),
      'the garbage to be counted',
    );
    expect(noise.bytes).toBe(20);
  });

  test('as a frame over the limit is refused, counted, and the next one is not lost', async () => {
    const answer = msa(await peer.send(`${admission('A-7', 1, 1)}OBX|1|TX|||${'x'.repeat(200_000)}\r`));
    expect(answer?.code).toBe('AR');
    expect(msa(await peer.send(admission('A-8', 1, 1)))?.code).toBe('AA');
    const noise = await until(
      async () => (await running.store.noises()).find((one) => one.kind === 'too-large'),
      'the large frame to be counted',
    );
    expect(noise.count).toBe(1);
  });

  test('is found by the patient’s number, which nowhere stands in clear', async () => {
    await peer.send(admission('A-9', 42, 1));
    const [key] = running.engine.patientKeys('100042');
    const { rows } = await running.store.search({ patient: key ?? '', limit: 10 });
    expect(rows.map((row) => row.controlId)).toEqual(['A-9']);
    expect(JSON.stringify(rows)).not.toContain('100042');
    expect(running.logged.join()).not.toContain('MERIDIAN');
  });
});

test('senders are no longer read when too much of theirs waits, and are read again when it has gone', async () => {
  peer.close();
  await running.close();
  const stuck = flow('stuck', { about: 'Waits for a peer that is not there.', order: 'connection' })
    .on(hl7.message('ADT^*'))
    .send('forward', { connection: 'out', do: 'send', args: {} });
  running = await startEngine(join(folder, 'paused'), {
    flows: [stuck],
    backlogLimit: 20,
    site: testSite({
      'hl7-in': { connector: 'mllp', listen: { port: 0 } },
      out: { connector: 'mllp', send: { host: '127.0.0.1', port: 1 } },
    }),
  });
  peer = await connectPeer(running.mllpPort);
  for (let i = 0; i < 20; i++) await peer.send(admission(`B-${i}`, i, 1));
  const state = await until(
    async () =>
      running.engine.connections().find((one) => one.connection === 'hl7-in' && one.state === 'paused'),
    'the pause',
  );
  expect(state.text).toContain('limit 20');
  // Not read, so not acknowledged; the sender keeps it.
  const unread = peer.send(admission('B-late', 1, 1));
  const { rows } = await running.store.search({ limit: 100 });
  const waiting = await Promise.all(rows.map((row) => running.store.message(row.id)));
  await running.store.release({
    deliveryIds: [],
    to: 'dead',
    at: Date.now(),
    audit: { at: Date.now(), who: 'test', act: 'delivery.release', on: '' },
  });
  expect(waiting.every((one) => one?.deliveries[0]?.state !== 'delivered')).toBe(true);
  expect((await running.store.search({ controlId: 'B-late', limit: 1 })).rows).toEqual([]);
  peer.close();
  expect(await unread).toBeNull();
});
