/** A feed through its days: repeats within their window, and what was finished leaving by itself. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flow, hl7 } from '../../src/flow/index.ts';
import { manualClock } from '../../src/std/index.ts';
import { admission } from '../crash/traffic.ts';
import { type RunningEngine, startEngine, testSite, until } from './engine.ts';
import { connectPeer, msa, type Peer } from './peer.ts';

const DAY = 86_400_000;
const START = 1_790_000_000_000;

let folder: string;
let clock: ReturnType<typeof manualClock>;
let running: RunningEngine;
let peer: Peer;

const everything = flow('everything', { about: 'Wants every admission.', order: 'patient' })
  .on(hl7.message('ADT^A01'))
  .map('mrn', { value: 'hl7:PID-3[5=MR].1' });

async function begin(repeats: Record<string, unknown> = {}): Promise<void> {
  running = await startEngine(join(folder, 'data'), {
    clock,
    flows: [everything],
    site: testSite(
      { 'hl7-in': { connector: 'mllp', listen: { port: 0 }, retention: { unrouted: 2 }, repeats } },
      { retention: { days: 10 } },
    ),
  });
  peer = await connectPeer(running.mllpPort);
}
async function end(): Promise<void> {
  peer.close();
  await running.close();
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-retention-'));
  clock = manualClock(START);
});
afterEach(async () => {
  await end();
  rmSync(folder, { recursive: true, force: true });
});

const send = async (text: string): Promise<string> => {
  const answer = await peer.send(text);
  expect(msa(answer)?.code).toBe('AA');
  return answer ?? '';
};
const found = async (controlId: string) => (await running.store.search({ controlId, limit: 9 })).rows;
const delivered = (controlId: string) =>
  until(
    async () =>
      (await found(controlId)).some((row) => row.deliveries.some(({ state }) => state === 'delivered')),
    `${controlId} to be delivered`,
  );
/** Lets the clock go on in hours until it is so. */
const inTime = (is: () => Promise<boolean>, what: string): Promise<unknown> =>
  until(async () => {
    clock.advance(60_000);
    return is();
  }, what);

test('what is finished leaves when its time is over, by its end; what is not stays; the log names no patient', async () => {
  await begin();
  await send(admission('KEPT', 1, 1));
  await delivered('KEPT');
  await send(admission('UNWANTED', 2, 1).replace('ADT^A01^ADT_A01', 'SIU^S12'));
  clock.advance(3 * DAY);
  await inTime(async () => (await found('UNWANTED')).length === 0, 'what no flow wanted to leave');
  expect(await found('KEPT')).toHaveLength(1);
  clock.advance(8 * DAY);
  await inTime(async () => (await found('KEPT')).length === 0, 'what was delivered to leave');
  const lines = () => running.logged.filter((line) => line.includes('retention is over'));
  // Each end is told when the last of it has left.
  await inTime(async () => lines().length >= 2, 'both to be told');
  expect(lines().map((line) => JSON.parse(line.slice(line.indexOf('{'))))).toMatchObject([
    { site: 'mercy', connection: 'hl7-in', ended: 'unrouted', removed: 1 },
    { site: 'mercy', connection: 'hl7-in', ended: 'delivered', removed: 1 },
  ]);
  expect(running.logged.join('\n')).not.toMatch(/MERIDIAN|10000/);
  expect(await running.store.ledger()).toMatchObject({ received: 0, planned: 0 });
});

test('its repeat gets the identical acknowledgement after it has left, until the window ends', async () => {
  await begin({ window: '20d' });
  const first = await send(admission('R-1', 1, 1));
  await delivered('R-1');
  clock.advance(12 * DAY);
  await inTime(async () => (await found('R-1')).length === 0, 'what was delivered to leave');
  expect(await send(admission('R-1', 1, 1))).toBe(first);
  expect(await found('R-1')).toEqual([]);
  clock.advance(10 * DAY);
  expect(await send(admission('R-1', 1, 1))).not.toBe(first);
  expect((await found('R-1')).map((row) => row.flags)).toEqual([[]]);
});

test('sent anew with another MSH-7: delivered and flagged, or left out where the record says so', async () => {
  const again = admission('T-1', 1, 1).replace('|20260131120000||ADT', '|20260131120500||ADT');
  await begin();
  await send(admission('T-1', 1, 1));
  await send(again);
  expect((await found('T-1')).map((row) => row.flags)).toEqual([['resent-with-new-time'], []]);
  expect((await found('T-1')).every((row) => row.planned === 1)).toBe(true);
  await end();
  await begin({ ignoreTime: true });
  await send(again.replace('120500', '120900'));
  expect(await found('T-1')).toHaveLength(2);
  await send(admission('T-1', 1, 2));
  expect((await found('T-1')).map((row) => row.flags)).toEqual([
    ['control-id-reused'],
    ['resent-with-new-time'],
    [],
  ]);
});

test('search by name and birth date finds what came in; lanes go by the medical record number alone', async () => {
  await begin();
  await send(admission('P-1', 1, 1));
  await send(admission('P-2', 2, 1));
  const [person] = running.engine.patientKeys({ family: 'Meridian', born: '1970-01-01' });
  const [one] = running.engine.patientKeys('100001');
  const ids = async (patient: string | undefined) =>
    (await running.store.search({ patient: patient as string, limit: 9 })).rows.map((row) => row.controlId);
  expect(await ids(person)).toEqual(['P-2', 'P-1']);
  expect(await ids(one)).toEqual(['P-1']);
});
