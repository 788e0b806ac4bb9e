/**
 * `npm run bench:history`: a store with a million messages (`--messages N`; ten are a good night's work), searched and
 * written to. Prints min / median / max. Options: --messages N, --rounds N, --days N (over how long they were received),
 * --shelved (finished history is moved to period files first), --folder PATH (kept, and used again when it is filled).
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../scripts/usage.ts';
import { seededRandom } from '../src/std/index.ts';
import { type NewMessage, openSqliteStore, type SqliteStore } from '../src/store/index.ts';
import { admission } from '../test/crash/traffic.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
    days: { type: 'string', default: '60' },
    shelved: { type: 'boolean', default: false },
    folder: { type: 'string' },
  },
});
const count = Number(values.messages);
const rounds = Number(values.rounds);
const span = Number(values.days) * 86_400_000;
const patients = Math.max(50, Math.round(count / 200));
const END = 1_790_000_000_000;
const UNIT = 500;
const say = (text = ''): void => void process.stdout.write(`${text}\n`);
const random = seededRandom(11);

const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'suture-history-'));
const keyFile = join(folder, 'bench.key');
const filled = existsSync(keyFile);
const masterKey = filled ? new Uint8Array(readFileSync(keyFile)) : new Uint8Array(randomBytes(32));

const patientAt = (nth: number): number => (nth * 7_919) % patients;

function messageAt(store: SqliteStore, nth: number, receivedAt: number): NewMessage {
  const patient = patientAt(nth);
  const controlId = `H${nth}`;
  const key = store.keyedHash('patient', 'bench', String(patient));
  return {
    door: 'feed',
    format: 'hl7',
    type: nth % 5 === 0 ? 'ORU^R01' : nth % 2 ? 'ADT^A08' : 'ADT^A01',
    controlId,
    receivedAt,
    state: nth % 500 === 0 ? 'rejected' : 'accepted',
    reason: nth % 500 === 0 ? 'The type is not taken here.' : null,
    flags: [],
    bytes: Buffer.from(admission(controlId, patient, nth)),
    patients: [key, store.keyedHash('person', 'bench', `MERIDIAN ${patient}`)],
    dedupe: { sender: 'EPIC', id: controlId, hash: `hash of ${nth}, as long as a SHA-256 in base64url is` },
    deliveries:
      nth % 500 === 0 ? [] : [{ flow: `flow ${nth % 3}`, flowVersion: 'v1', lanes: [`lane ${patient}`] }],
  };
}

async function finishAll(store: SqliteStore): Promise<void> {
  for (;;) {
    const leased = await store.lease({ now: END * 2, limit: 2_000 });
    if (leased.length === 0) return;
    await Promise.all(
      leased.map((one) => {
        const { id } = one.delivery;
        const end = { deliveryId: id, epoch: one.epoch, at: one.message.receivedAt + 20, ms: 5, steps: [] };
        if (Number(one.message.id) % 1_000 !== 7) return store.settle({ ...end, to: 'delivered' });
        const failure = {
          code: 'WEBHOOK_REFUSED',
          kind: 'rejected',
          message: 'Refused.',
          fix: 'Look.',
          at: {},
          retry: { again: true },
        } as const;
        return store.settle({ ...end, to: 'dead', failure, detail: null });
      }),
    );
  }
}

async function fill(store: SqliteStore): Promise<void> {
  const started = performance.now();
  for (let from = 0; from < count; ) {
    const units: Promise<unknown>[] = [];
    for (let unit = 0; unit < 8 && from < count; unit++, from += UNIT) {
      const size = Math.min(UNIT, count - from);
      const messages = Array.from({ length: size }, (_, at) =>
        messageAt(store, from + at, END - span + Math.floor(((from + at) / count) * span)),
      );
      units.push(store.append({ site: 'bench', connection: `adt-${(from / UNIT) % 4}`, messages }));
    }
    await Promise.all(units);
    await finishAll(store);
    if (from % 100_000 < 8 * UNIT)
      say(`  ${from} of ${count}, ${Math.round((from / (performance.now() - started)) * 1_000)} a second`);
  }
}

const figures = (times: readonly number[]): string => {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number).toFixed(2);
  return `${at(0)} / ${at(0.5)} / ${at(1)}`;
};

async function timed(name: string, goal: string, act: (round: number) => Promise<number>): Promise<void> {
  const times: number[] = [];
  let rows = 0;
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    rows += await act(round);
    times.push(performance.now() - started);
  }
  say(
    `${name.padEnd(46)} ${figures(times).padStart(24)} ms   ${(rows / rounds).toFixed(0).padStart(4)} rows   ${goal}`,
  );
}

/** Messages a second, appended by 32 at a time as senders would, with their deliveries. */
async function intakeRate(store: SqliteStore, first: number): Promise<number> {
  const each = 4_000;
  const started = performance.now();
  let next = first;
  const sender = async (): Promise<void> => {
    while (next < first + each)
      await store.append({
        site: 'bench',
        connection: 'adt-new',
        messages: [messageAt(store, next++, END + 60_000)],
      });
  };
  await Promise.all(Array.from({ length: 32 }, sender));
  return (each / (performance.now() - started)) * 1_000;
}

const empty = mkdtempSync(join(tmpdir(), 'suture-history-empty-'));
const store = await openSqliteStore({ folder, masterKey });
const fresh = await openSqliteStore({ folder: empty, masterKey });
try {
  if (!filled) {
    say(`filling ${folder} with ${count} messages of ${patients} patients`);
    await fill(store);
    writeFileSync(keyFile, masterKey, { mode: 0o600 });
  }
  if (values.shelved) {
    const started = performance.now();
    let moved = 0;
    for (let some = -1; some !== 0; ) {
      some = await store.shelve({ receivedBefore: END - 7 * 86_400_000, limit: 10_000 });
      moved += some;
    }
    const seconds = (performance.now() - started) / 1_000;
    say(`moved ${moved} to period files, ${Math.round(moved / seconds)} a second`);
  }
  const { received } = await store.ledger();
  say(`${received} messages stored; min / median / max of ${rounds} rounds`);
  const patient = (): string =>
    store.keyedHash('patient', 'bench', String(Math.floor(random.fraction() * patients)));
  const moment = (): number => END - span + Math.floor(random.fraction() * span * 0.9);
  const page = async (query: Parameters<SqliteStore['search']>[0]): Promise<number> =>
    (await store.search(query)).rows.length;
  await timed('last 50 of a patient', 'goal: median below 5 ms', () =>
    page({ patient: patient(), limit: 50 }),
  );
  await timed('dead within a day, first page', 'goal: median below 50 ms', () => {
    const from = moment();
    return page({ state: 'dead', from, to: from + 86_400_000, limit: 50 });
  });
  await timed('delivered within an hour, first page', 'goal: median below 50 ms', () => {
    const from = moment();
    return page({ state: 'delivered', from, to: from + 3_600_000, limit: 50 });
  });
  await timed('rejected, first page', '', () => page({ state: 'rejected', limit: 50 }));
  await timed('one type of a feed before a time, first page', '', () =>
    page({ site: 'bench', connection: 'adt-1', type: 'ORU^R01', to: moment(), limit: 50 }),
  );
  await timed('a control id', '', () =>
    page({ controlId: `H${Math.floor(random.fraction() * count)}`, limit: 50 }),
  );
  let looked = 0;
  const started = performance.now();
  await timed('free text, one call', '', async () => {
    const from = moment();
    const found = await store.scan({ text: 'nobody at all', from, to: from + span, limit: 50 });
    looked += found.looked;
    return found.rows.length;
  });
  say(
    `free text: ${Math.round(looked / ((performance.now() - started) / 1_000))} messages looked through a second`,
  );

  const shares: number[] = [];
  for (let round = 0; round < Math.min(rounds, 7); round++) {
    const first = count + round * 4_000;
    // In turn, so that a noisy machine is noisy to both.
    const full = await intakeRate(store, first);
    const none = await intakeRate(fresh, first);
    shares.push((full / none) * 100);
    say(`  intake: ${Math.round(full)} a second beside ${Math.round(none)} of an empty store`);
  }
  say(`intake, share of an empty store: ${figures(shares)} %   goal: median at least 70 %`);
} finally {
  await fresh.close();
  await store.close();
  rmSync(empty, { recursive: true, force: true });
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true });
}
