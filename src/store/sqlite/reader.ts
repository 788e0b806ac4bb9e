/** The reading thread: what screens and commands ask, on a connection that cannot write. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openVault } from '../../vault/index.ts';
import { accountReader } from './accounts.ts';
import { acrossFiles } from './across.ts';
import { auditReader } from './audit.ts';
import { backUp } from './backup.ts';
import { countReader } from './counts.ts';
import { cursorLister, cursorReader } from './cursors.ts';
import { openReader } from './database.ts';
import { deadReader } from './dead.ts';
import { deliveryLister } from './deliveries.ts';
import { deploymentReader } from './deployments.ts';
import { openDictionary } from './dictionary.ts';
import { exchangeReader } from './exchanges.ts';
import { faultOf, refusalOf } from './faults.ts';
import { jobReader } from './jobs.ts';
import { keyLookup, storedKeys } from './key-table.ts';
import { leasedReader } from './lease.ts';
import { ledgerReader } from './ledger.ts';
import { writeBack } from './log.ts';
import { messageReader } from './messages.ts';
import {
  type Answer,
  type Call,
  type Greeting,
  Parcel,
  type Post,
  packResult,
  type Reads,
  type Reply,
  type ThreadData,
} from './protocol.ts';
import { rosterReader } from './roster.ts';
import { seenReader, uncountedReader } from './seen.ts';
import { openShelves } from './shelves.ts';
import { sleeperReader } from './sleepers.ts';
import { slotReader } from './slots.ts';
import { stuckReader } from './stuck.ts';
import { writeReader } from './writes.ts';

const { folder, masterKey } = workerData as ThreadData;
const port = parentPort as MessagePort;

function send(answer: Answer, parcel = new Parcel()): void {
  const bytes = parcel.close();
  port.postMessage({ text: JSON.stringify([answer]), bytes } satisfies Reply, [bytes]);
}

function start(): void {
  const database = openReader(folder);
  const vault = openVault({ masterKey, keys: storedKeys(database), lookup: keyLookup(database) });
  const view = { database, vault, dictionary: openDictionary(database) };
  const roster = rosterReader(view);
  const audit = auditReader(view);
  const shelves = openShelves(folder, view);
  const calls: Reads = {
    leased: leasedReader(view),
    ...ledgerReader(view),
    ...messageReader(view),
    ...deadReader(view),
    ...jobReader(view),
    ...exchangeReader(view),
    ...deploymentReader(view),
    ...writeReader(view),
    deliveries: deliveryLister(view),
    ...countReader(view),
    ...accountReader(view),
    ...slotReader(view),
    cursor: cursorReader(view),
    cursors: cursorLister(view),
    seen: seenReader(view),
    uncounted: uncountedReader(view),
    rosterPage: roster.page,
    rosterGet: roster.get,
    ...acrossFiles(view, shelves),
    stuckLanes: stuckReader(view),
    sleepers: sleeperReader(view),
    auditTrail: audit.page,
    verifyAudit: audit.verify,
  };

  /** One snapshot for all statements of a call. */
  const read = (name: string, args: readonly unknown[]): unknown => {
    const known = calls as unknown as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
    const one = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!one) throw new RangeError('a call that the store does not know');
    database.exec('BEGIN');
    try {
      return one(...args);
    } finally {
      database.exec('COMMIT');
      shelves.release();
    }
  };
  const failed = (id: number, error: unknown): void =>
    send([id, 0, (faultOf(error) ?? refusalOf(error)).toJSON()]);

  port.on('message', (post: Post) => {
    for (const [id, name, args] of JSON.parse(post.text) as Call[]) {
      if (name === 'close') {
        shelves.close();
        database.close();
        send([id, 1, null]);
        port.close();
        return;
      }
      if (name === 'changeMaster') {
        vault.changeMaster(new Uint8Array(Buffer.from(args[0] as string, 'base64')));
        send([id, 1, null]);
        continue;
      }
      if (name === 'writeBack') {
        try {
          writeBack(folder);
          send([id, 1, null]);
        } catch (error) {
          failed(id, error);
        }
        continue;
      }
      if (name === 'backup') {
        backUp(folder, args[0] as string).then(
          () => send([id, 1, null]),
          (error: unknown) => failed(id, error),
        );
        continue;
      }
      try {
        const parcel = new Parcel();
        send([id, 1, packResult(name, read(name, args), parcel)], parcel);
      } catch (error) {
        failed(id, error);
      }
    }
  });
  port.postMessage({ ready: [] } satisfies Greeting);
}

// The first word is to begin: both threads load at once, and the reader opens the file after the writer.
port.once('message', () => {
  try {
    start();
  } catch (error) {
    port.postMessage({ failed: (faultOf(error) ?? refusalOf(error)).toJSON() } satisfies Greeting);
    port.close();
  }
});
