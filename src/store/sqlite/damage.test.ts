/** Bytes of the data file change under the store: it refuses or stops a lane, and never gives out what was not received. */
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Failure, seededRandom } from '../../std/index.ts';
import { newMasterKey, parseMasterKey } from '../../vault/index.ts';
import { delivery, message, T0, unit } from '../stories/data.ts';
import { newRoot } from './folders.suite.ts';
import { openSqliteStore, type SqliteStore } from './open.ts';

const masterKey = parseMasterKey(newMasterKey());
const MESSAGES = 240;
const LANES = 24;
/** 150 were tried once, with the same result. */
const PLACES = 12;
let place: ReturnType<typeof newRoot>;

beforeEach(() => {
  place = newRoot();
});
afterEach(() => place.remove());

/** By another process: this one would lose SQLite's locks when it closes the file (POSIX). */
function flip(file: string, places: readonly number[]): void {
  const script = `
    const file = fs.openSync(process.argv[1], 'r+');
    const bytes = Buffer.alloc(48);
    for (const at of process.argv.slice(2).map(Number)) {
      fs.readSync(file, bytes, 0, 48, at);
      for (let i = 0; i < 48; i++) bytes[i] ^= 0xa5;
      fs.writeSync(file, bytes, 0, 48, at);
    }`;
  execFileSync(process.execPath, ['-e', script, file, ...places.map(String)]);
}

/** Messages with bytes of their own, several to a lane; gives what was received by its id. */
async function filled(store: SqliteStore): Promise<Map<string, string>> {
  const received = new Map<string, string>();
  for (let at = 0; at < MESSAGES; at++) {
    const bytes = Buffer.from(`MSH|^~\\&|${at}|`.padEnd(1_500, `${at} `));
    const [kept] = await store.append(
      unit([message({ bytes, controlId: `D${at}`, deliveries: [delivery([`lane ${at % LANES}`])] })]),
    );
    received.set(kept?.messageId as string, bytes.toString());
  }
  return received;
}

/** Everything that a store is asked in a day; only failures with a code and a fix may come back. Gives what was refused. */
async function ask(store: SqliteStore, received: ReadonlyMap<string, string>) {
  const refused = new Set<string>();
  const wrong: string[] = [];
  const tried = async <Value>(work: Promise<Value>): Promise<Value | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof Failure) || error.fix === '') throw error;
      refused.add(error.code);
      return undefined;
    }
  };
  let vanished = 0;
  for (const [id, bytes] of received) {
    const payload = await tried(store.payload(id));
    if (payload === null) vanished++;
    else if (payload !== undefined && Buffer.from(payload).toString() !== bytes) wrong.push(`payload ${id}`);
  }
  await tried(store.search({ limit: 500 }));
  await tried(store.ledger());
  const nextOfLane = new Map<number, number>();
  for (;;) {
    const leased = (await tried(store.lease({ now: T0 + 1e9, limit: MESSAGES }))) ?? [];
    if (leased.length === 0) break;
    for (const one of leased) {
      const bytes = Buffer.from(one.bytes).toString();
      if (received.get(one.message.id) !== bytes) wrong.push(`leased ${one.message.id}`);
      const number = Number(bytes.split('|')[2]);
      // A message that cannot be read stops its lane: none behind it is given out.
      const lane = number % LANES;
      if ((nextOfLane.get(lane) ?? lane) !== number) wrong.push(`order ${one.message.id}`);
      nextOfLane.set(lane, number + LANES);
      const { id: deliveryId } = one.delivery;
      await tried(store.settle({ deliveryId, epoch: one.epoch, at: T0, ms: 1, steps: [], to: 'delivered' }));
    }
  }
  await tried(store.append(unit([message({ deliveries: [delivery(['new'])] })])));
  return { refused: [...refused], wrong, vanished };
}

test('damaged while it was closed: it is refused, or what is damaged is; nothing wrong is given out', async () => {
  const whole = join(place.root, 'whole');
  const store = await openSqliteStore({ folder: whole, masterKey });
  const received = await filled(store);
  await store.close();
  const { size } = statSync(join(whole, 'suture.db'));
  const random = seededRandom(5);
  const said = new Set<string>();
  for (let at = 0; at < PLACES; at++) {
    const folder = join(place.root, String(at));
    cpSync(whole, folder, { recursive: true });
    // The first place is the file's own header.
    const offset = at === 0 ? 0 : Math.floor(random.fraction() * (size - 48));
    flip(join(folder, 'suture.db'), [offset]);
    const damaged = await openSqliteStore({ folder, masterKey }).catch((error: unknown) => error);
    if (damaged instanceof Error) {
      expect(damaged, String(offset)).toMatchObject({ code: 'STORE_DAMAGED', fix: expect.any(String) });
      said.add('STORE_DAMAGED');
      continue;
    }
    const { refused, wrong, vanished } = await ask(damaged as SqliteStore, received);
    expect({ wrong, vanished }, String(offset)).toEqual({ wrong: [], vanished: 0 });
    for (const code of refused) said.add(code);
    await (damaged as SqliteStore).close();
  }
  expect(said).toContain('STORE_DAMAGED');
}, 180_000);

test('damaged while it is open: what is damaged is refused, its lane stops, and nothing wrong is given out', async () => {
  const folder = join(place.root, 'open');
  const store = await openSqliteStore({ folder, masterKey });
  const received = await filled(store);
  // What was written last stands in the log, and is read from there.
  const log = join(folder, 'suture.db-wal');
  // Behind what was written it is room that was reserved.
  const size = readFileSync(log).findLastIndex((byte) => byte !== 0);
  const random = seededRandom(8);
  const anywhere = (): number => Math.floor(random.fraction() * (size - 48));
  flip(log, Array.from({ length: 60 }, anywhere));
  const { refused, wrong } = await ask(store, received);
  expect(wrong).toEqual([]);
  expect(refused).toContain('VAULT_SEAL_BROKEN');
  await store.close();
}, 180_000);
