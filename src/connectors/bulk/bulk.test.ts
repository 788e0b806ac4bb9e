import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttp, type Http, unwatched, usualLimits } from '../../fhir/index.ts';
import { type Clock, type Failure, systemClock } from '../../std/index.ts';
import {
  type BulkMemory,
  type BulkOptions,
  type BulkPosition,
  type BulkState,
  bulkExport,
  createBulkClient,
  lineLists,
} from './index.ts';
import { type BulkPartner, openBulkPartner } from './partner.fixture.ts';

const HOUR = 3_600_000;
const signal = new AbortController().signal;
let partner: BulkPartner;
let http: Http;
let now: number;
/** Waits end at once, and the time is then what it would be. */
const clock: Clock = {
  now: () => now,
  elapsed: () => now,
  after(ms, run) {
    const handle = setImmediate(() => {
      now += ms;
      run();
    });
    return () => clearImmediate(handle);
  },
};
let kept: BulkState | null;
/** As another process would find it. */
const memory: BulkMemory = {
  read: async () => structuredClone(kept),
  write: async (state) => {
    kept = JSON.parse(JSON.stringify(state)) as BulkState;
  },
};

beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 10);
  kept = null;
  partner = await openBulkPartner();
  http = createHttp(systemClock, usualLimits);
  partner.files = [
    { type: 'Patient', lines: lines('Patient', 1_200) },
    { type: 'Observation', lines: lines('Observation', 700) },
  ];
});
afterEach(async () => {
  await http.close();
  partner.close();
});

const lines = (type: string, many: number): string[] =>
  Array.from({ length: many }, (_each, at) =>
    JSON.stringify({ resourceType: type, id: `${type}-${at}`, note: 'ä'.repeat(at % 50) }),
  );
const options = (more: Partial<BulkOptions> = {}): BulkOptions => ({
  http,
  clock,
  random: { fraction: () => 0.5 },
  fhirBase: partner.base,
  group: 'e3iabhmS8rsueyz7',
  types: ['Patient', 'Observation'],
  window: 24 * HOUR,
  memory,
  token: async () => 'bulk-token',
  watch: unwatched,
  ...more,
});
const idOf = (bytes: Uint8Array): string => (JSON.parse(Buffer.from(bytes).toString()) as { id: string }).id;
const all = async (from: AsyncIterable<readonly { readonly bytes: Uint8Array }[]>): Promise<string[]> => {
  const ids: string[] = [];
  for await (const records of from) ids.push(...records.map(({ bytes }) => idOf(bytes)));
  return ids;
};
const everything = (): string[] =>
  partner.files.flatMap(({ lines: each }) => each.map((line) => idOf(Buffer.from(line))));
const paths = (part: string): string[] =>
  partner.asked.map(({ path }) => path).filter((path) => path.includes(part));
const failed = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => expect.unreachable(),
    (error) => error as Failure,
  );

test('an export is begun, asked about with pauses as told, read to the last record, and deleted', async () => {
  partner.unready = 3;
  partner.waitHeaders['retry-after'] = '120';
  const began = now;
  expect(await all(bulkExport(options(), { signal }))).toEqual(everything());
  expect(paths('$export')).toEqual(['/fhir/Group/e3iabhmS8rsueyz7/$export?_type=Patient%2CObservation']);
  expect(now - began).toBeGreaterThanOrEqual(3 * 120_000);
  expect(paths('/status')).toHaveLength(5); // four questions, one deletion
  expect(partner.deleted).toBe(true);
  expect(kept).toMatchObject({ phase: 'idle', nextAt: began + 24 * HOUR });
  expect(partner.asked.every(({ authorization }) => authorization === 'Bearer bulk-token')).toBe(true);
});

test('no second export begins within the window, though the program was restarted', async () => {
  await all(bulkExport(options(), { signal }));
  const again = createBulkClient(options());
  for (let hour = 0; hour < 23; hour++) {
    now += HOUR;
    expect(await again.advance(signal)).toMatchObject({ phase: 'idle' });
  }
  expect(paths('$export')).toHaveLength(1);
  now += HOUR;
  expect(await again.advance(signal)).toMatchObject({ phase: 'waiting' });
  expect(paths('$export')).toHaveLength(2);
});

test('refused for coming too soon, it is told and asked again later, not at once', async () => {
  const body =
    'Error processing Bulk Data Kickoff request: Request not allowed: The Client requested this Group too recently.';
  partner.kickOffs.push({ status: 400, body });
  const client = createBulkClient(options());
  const failure = await failed(client.advance(signal));
  expect(failure).toMatchObject({ code: 'BULK_TOO_SOON', kind: 'throttle' });
  expect(await client.advance(signal)).toMatchObject({ phase: 'idle' });
  now += HOUR;
  expect(await client.advance(signal)).toMatchObject({ phase: 'waiting' });
});

test('a crash anywhere: it goes on behind the last record that was committed, and takes none twice', async () => {
  let committed: BulkPosition | null = null;
  const taken: string[] = [];
  // Dies after every seventh list; what was taken but not committed is taken again.
  for (let life = 0; life < 500; life++) {
    let lists = 0;
    let died = false;
    for await (const records of bulkExport(options(), { after: committed, most: 40, signal })) {
      if (++lists % 7 === 0) {
        died = true;
        break;
      }
      taken.push(...records.map(({ bytes }) => idOf(bytes)));
      committed = records.at(-1)?.position ?? committed;
    }
    if (!died) break;
  }
  expect(taken).toEqual(everything());
  expect(paths('$export')).toHaveLength(1);
  expect(partner.deleted).toBe(true);
});

test('a crash between the kick-off and its answer begins no storm of exports', async () => {
  const lost = createBulkClient(options({ http: { ...http, send: () => new Promise(() => undefined) } }));
  void lost.advance(signal);
  await expect.poll(() => kept?.phase).toBe('kicking');
  partner.kickOffs.push({ status: 429, body: 'The Client requested this Group too recently.' });
  const next = createBulkClient(options());
  expect(await failed(next.advance(signal))).toMatchObject({ code: 'BULK_TOO_SOON' });
  for (let minute = 0; minute < 59; minute++) {
    now += 60_000;
    await next.advance(signal);
  }
  expect(paths('$export')).toHaveLength(1);
});

test('a file that breaks off is a failure, and is read on where it broke; a shorter one than said is noticed', async () => {
  const client = createBulkClient(options());
  while ((await client.advance(signal)).phase !== 'files') now += 600_000;
  partner.breakOff = 20_000;
  const taken: string[] = [];
  let at: BulkPosition | null = null;
  const read = async (): Promise<void> => {
    for await (const records of client.records(at, null, 100, signal)) {
      taken.push(...records.map(({ bytes }) => idOf(bytes)));
      at = records.at(-1)?.position ?? at;
    }
  };
  expect(await failed(read())).toMatchObject({ code: 'BULK_BROKEN_OFF' });
  expect(taken.length).toBeGreaterThan(0);
  await read();
  expect(taken).toEqual(everything());
  partner.files = [{ type: 'Patient', lines: lines('Patient', 5), count: 6 }];
  kept = null;
  expect(await failed(all(bulkExport(options(), { signal })))).toMatchObject({ code: 'BULK_BROKEN_OFF' });
});

test('the token goes to no other host, whatever the manifest says', async () => {
  const stranger = await openBulkPartner();
  partner.fileHost = stranger.base;
  expect(await failed(all(bulkExport(options(), { signal })))).toMatchObject({ code: 'BULK_ORIGIN' });
  expect(stranger.asked).toEqual([]);
  stranger.close();
});

test('an export that the server lost or could not finish waits for its window', async () => {
  const client = createBulkClient(options());
  await client.advance(signal);
  partner.deleted = true;
  now += HOUR;
  expect(await failed(client.advance(signal))).toMatchObject({ code: 'BULK_LOST' });
  expect(await client.advance(signal)).toMatchObject({ phase: 'idle' });
  expect(kept).toMatchObject({ nextAt: now - HOUR + 24 * HOUR });
  expect(paths('$export')).toHaveLength(1);
});

test('lines are cut right wherever the pieces end, and one that never ends is not held', async () => {
  const text = ['{"a":"ä"}', '', '{"b":2}\r', '{"c":"last"}'].join('\n');
  const whole = Buffer.from(text);
  for (let size = 1; size <= whole.length; size++) {
    const pieces = async function* () {
      for (let from = 0; from < whole.length; from += size)
        yield Uint8Array.from(whole.subarray(from, from + size));
    };
    const found: string[] = [];
    for await (const list of lineLists(pieces())) found.push(...list.map(String));
    expect(found).toEqual(['{"a":"ä"}', '{"b":2}', '{"c":"last"}']);
  }
  const endless = async function* () {
    for (;;) yield Buffer.alloc(1_000, 65);
  };
  await expect(lineLists(endless(), 10_000).next()).rejects.toThrow(RangeError);
});
