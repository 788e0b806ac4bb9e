/**
 * What each part of a message's way costs, by the parts themselves: the writing thread's code on a file of its own, the vault, the
 * thread's door, the header and the acknowledgement. Microseconds a message, one round.
 */
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildAck, peek } from '../src/hl7/index.ts';
import { openSqliteStore } from '../src/store/index.ts';
import { openWriter, prepareFolder } from '../src/store/sqlite/database.ts';
import { openFiling } from '../src/store/sqlite/filing.ts';
import { openStoredVault } from '../src/store/sqlite/key-table.ts';
import { migrate } from '../src/store/sqlite/migrate.ts';
import { openStanding } from '../src/store/sqlite/standing.ts';
import { openWriting } from '../src/store/sqlite/writing.ts';
import { admission } from '../test/crash/traffic.ts';

const MESSAGES = 16_384;
/** Messages of one transaction: what 32 connections bring together. */
const GROUP = 16;
const PATIENTS = 5_000;
/** `filing.ts`: written together. */
const FILED = 512;

type Timed = (name: string, microseconds: number) => void;

const bytesFor = (at: number): Buffer =>
  Buffer.from(admission(String(at + 1), at % PATIENTS, 1 + Math.floor(at / PATIENTS)));

/** Runs `work` for each message and tells what one cost. */
function each(name: string, timed: Timed, count: number, work: (at: number) => unknown): void {
  const started = performance.now();
  for (let at = 0; at < count; at++) work(at);
  timed(name, ((performance.now() - started) / count) * 1_000);
}

export async function parts(timed: Timed): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'suture-parts-'));
  try {
    onTheMainThread(timed);
    onTheWritingThread(join(root, 'writer'), timed);
    await betweenThreads(join(root, 'hop'), timed);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function onTheMainThread(timed: Timed): void {
  const messages = Array.from({ length: 2_048 }, (_, at) => bytesFor(at));
  const of = (at: number): Buffer => messages[at % messages.length] as Buffer;
  each('header', timed, MESSAGES, (at) => peek(of(at)).controlId);
  each('hash of the bytes', timed, MESSAGES, (at) => hash('sha256', of(at), 'base64url'));
  const header = peek(of(0));
  each('acknowledgement', timed, MESSAGES, (at) =>
    buildAck(header, { code: 'AA', controlId: String(at), time: new Date(1_790_000_000_000) }),
  );
}

function onTheWritingThread(folder: string, timed: Timed): void {
  prepareFolder(folder);
  const database = openWriter(folder);
  migrate(database);
  const vault = openStoredVault(database, Buffer.alloc(32, 7));
  const writing = openWriting(database, vault);
  const spent = { append: 0, lease: 0, settle: 0, flush: 0, commit: 0, commits: 0 };
  const during = <Value>(name: keyof typeof spent, work: () => Value): Value => {
    const started = performance.now();
    try {
      return work();
    } finally {
      spent[name] += performance.now() - started;
    }
  };
  const transaction = (work: () => void): void => {
    writing.prepare();
    database.exec('BEGIN IMMEDIATE');
    work();
    during('flush', () => writing.flush());
    during('commit', () => database.exec('COMMIT'));
    spent.commits++;
  };
  each('patient and lane hashed', timed, MESSAGES, (at) => {
    vault.keyedHash('patient', 'bench', 'urn:oid:1.2.3', String(at));
    vault.keyedHash('lane', String(at));
  });
  for (let from = 0; from < MESSAGES; from += GROUP) {
    const units = Array.from({ length: GROUP }, (_, nth) => {
      const at = from + nth;
      const bytes = bytesFor(at);
      const patient = String(100_000 + (at % PATIENTS));
      return {
        site: 'bench',
        connection: 'adt-in',
        messages: [
          {
            door: 'feed' as const,
            format: 'hl7' as const,
            type: 'ADT^A01',
            controlId: String(at),
            receivedAt: 1_790_000_000_000 + at,
            state: 'accepted' as const,
            reason: null,
            flags: [],
            bytes,
            patients: [hash('sha256', patient, 'base64url').slice(0, 22)],
            dedupe: { sender: 'EPIC|BENCH', id: String(at), hash: hash('sha256', bytes, 'base64url') },
            deliveries: [
              {
                flow: 'forward',
                flowVersion: 'v1',
                lanes: [hash('sha256', `lane ${patient}`, 'base64url').slice(0, 22)],
              },
            ],
          },
        ],
      };
    });
    transaction(() => during('append', () => units.forEach((unit) => void writing.calls.append(unit))));
    const { epoch, ids } = during('lease', () =>
      writing.calls.lease({ now: 1_800_000_000_000, limit: GROUP }),
    );
    transaction(() =>
      during('settle', () => {
        for (const id of ids)
          writing.calls.settle({
            deliveryId: String(id),
            epoch,
            at: 1_790_000_000_000,
            ms: 1,
            steps: [{ step: 'forward', startedAt: 1_790_000_000_000, ms: 1, output: { code: 'AA' } }],
            to: 'delivered',
          });
      }),
    );
  }
  const perMessage = (ms: number): number => (ms / MESSAGES) * 1_000;
  timed('append, with its seal and lookup', perMessage(spent.append));
  timed('lease', perMessage(spent.lease));
  timed('settle, with its seal', perMessage(spent.settle));
  timed('flush: index, tallies, in hand', perMessage(spent.flush));
  timed(`commit, ${GROUP} messages in one`, (spent.commit / spent.commits) * 1_000);

  const message = bytesFor(0);
  each('seal of 1 KB', timed, MESSAGES, (at) => vault.seal('message', at, message));
  const filing = openFiling(database);
  each('dedupe: lookup of a new id', timed, MESSAGES, (at) => filing.known(1, `new ${at}`));
  index(database, timed);
  lanes(`${folder}-lanes`, timed);
  database.close();
}

/** The two indexes whose keys come in no order, filed again as they are: 512 messages in a transaction, without the sync. */
function index(database: ReturnType<typeof openWriter>, timed: Timed): void {
  database.exec(
    "PRAGMA synchronous = OFF; DELETE FROM message_control; DELETE FROM message_patient; UPDATE meta SET value = 0 WHERE name = 'filed'",
  );
  const { highest } = database.prepare('SELECT max(id) AS highest FROM message').get() as { highest: number };
  const filing = openFiling(database);
  const started = performance.now();
  for (let at = FILED; at <= highest; at += FILED) {
    filing.message(at);
    database.exec('BEGIN IMMEDIATE');
    filing.flush();
    database.exec('COMMIT');
  }
  timed('index of control ids and patients', ((performance.now() - started) / highest) * 1_000);
}

/** Who is first in his lanes, in memory. */
function lanes(folder: string, timed: Timed): void {
  prepareFolder(folder);
  const database = openWriter(folder);
  migrate(database);
  const standing = openStanding(database);
  each('lanes: enter, lease, leave', timed, MESSAGES, (at) => {
    const lane = `lane ${at % PATIENTS}`;
    standing.enter({
      id: at + 1,
      connection: 1,
      place: at + 1,
      lanes: [lane],
      dueAt: 0,
      attempts: 0,
      steps: 0,
    });
    for (const one of standing.lease(1, 1, 1)) standing.leave(one);
  });
  database.close();
}

async function betweenThreads(folder: string, timed: Timed): Promise<void> {
  const store = await openSqliteStore({ folder, masterKey: Buffer.alloc(32, 7) });
  try {
    const ask = (): Promise<unknown> => store.cursor('bench', 'adt-in', 'none');
    for (let at = 0; at < 200; at++) await ask();
    let started = performance.now();
    for (let at = 0; at < 2_000; at++) await ask();
    timed('worker hop, one at a time', ((performance.now() - started) / 2_000) * 1_000);
    started = performance.now();
    for (let at = 0; at < 200; at++) await Promise.all(Array.from({ length: 32 }, ask));
    timed('worker hop, 32 together', ((performance.now() - started) / 6_400) * 1_000);
  } finally {
    await store.close();
  }
}
