/** The writing thread: owns the lock and the file, commits in groups, answers when they are on the disk. */
import type { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Failure } from '../../std/index.ts';
import type { Settlement } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { emptyLog, openWriter, prepareFolder, reserveLog } from './database.ts';
import { type Log, openLog, openPipeline } from './disk.ts';
import { faultOf, refusalOf } from './faults.ts';
import { type Committed, commitGroup, type QueuedCall, refused, takeGroup } from './group-commit.ts';
import { openStoredVault, storedKeys } from './key-table.ts';
import type { Given } from './lease.ts';
import { lockFolder } from './lock.ts';
import { migrate } from './migrate.ts';
import {
  type Answer,
  type Call,
  type Greeting,
  Parcel,
  type Post,
  packResult,
  type Reply,
  type ThreadData,
  unpackArgs,
} from './protocol.ts';
import { openWriting, type Writing } from './writing.ts';

const { folder, masterKey } = workerData as ThreadData;
const port = parentPort as MessagePort;

/** Commits after which this store is worth room for its log: an idle one, or a command’s, is not. */
const RESERVE_AFTER = 32;

/** A connection that saw the disk fail is not trusted again: the next group gets a new one. */
const KEEPS_CONNECTION: ReadonlySet<string> = new Set(['STORE_FULL', 'STORE_BUSY']);

/** The open file and its log. */
interface Open {
  readonly writing: Writing;
  readonly log: Log;
}

function start(): void {
  const unlock = lockFolder(folder);
  let open: Open | undefined;
  /** Given out in groups that the disk refused: nobody was told, so nobody works on them. */
  let untold: Given[] = [];
  let unsynced = false;

  const openFile = (take: (database: DatabaseSync) => Writing): Open => {
    const database = openWriter(folder);
    try {
      const writing = take(database);
      return { writing, log: openLog(folder) };
    } catch (error) {
      database.close();
      throw error;
    }
  };
  const openAgain = (): Open => {
    const opened = openFile((database) => {
      if (unsynced) emptyLog(database);
      const writing = openWriting(database, openStoredVault(database, masterKey), true);
      giveBack(writing, untold);
      return writing;
    });
    unsynced = false;
    untold = [];
    return opened;
  };
  try {
    open = openFile((database) => {
      migrate(database);
      return openWriting(database, openStoredVault(database, masterKey));
    });
  } catch (error) {
    unlock();
    throw error;
  }
  const keys = storedKeys(open.writing.database).filter((key) => key.use === 'index');

  const drop = (): void => {
    const dropped = open;
    if (dropped === undefined) return;
    open = undefined;
    try {
      dropped.writing.database.close();
    } catch {
      // The disk failed before; what matters is that nobody uses this connection again.
    }
    pipeline.whenIdle(() => dropped.log.close());
  };
  const refusedByDisk = ({ outcomes }: Committed, error: Error): Committed => {
    const fault = storeFailure('STORE_IO', 'The disk refused to sync the data folder.', error);
    for (const outcome of outcomes) {
      if (outcome.call.name === 'lease' && 'value' in outcome) untold.push(outcome.value as Given);
    }
    unsynced = true;
    drop();
    return refused(
      outcomes.map(({ call }) => call),
      fault,
    );
  };
  const run = (group: readonly QueuedCall[]): void => {
    let log = noLog;
    let committed: Committed;
    try {
      open ??= openAgain();
      log = open.log;
      committed = commitGroup(open.writing, group);
      if (++commits === RESERVE_AFTER) reserveLog(folder);
      if (committed.fault && !KEEPS_CONNECTION.has(committed.fault.code)) drop();
    } catch (error) {
      committed = refused(group, faultOf(error) ?? refusalOf(error));
    }
    pipeline.push({
      changed: committed.changed,
      log,
      ended: (error) =>
        answer(error && committed.fault === null ? refusedByDisk(committed, error) : committed),
    });
  };

  let commits = 0;
  const queue: QueuedCall[] = [];
  let closing: Call | undefined;
  const receive = (post: Post): void => {
    for (const call of JSON.parse(post.text) as Call[]) {
      const [id, name, args] = call;
      if (name === 'close') closing = call;
      else {
        unpackArgs(name, args, post.bytes);
        queue.push({ id, name, args, weight: weightOf(name, args) });
      }
    }
  };
  let turning = false;
  const turn = (): void => {
    if (turning) return;
    turning = true;
    while (pipeline.free) {
      for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port))
        receive(more.message);
      if (queue.length === 0) break;
      run(takeGroup(queue));
    }
    turning = false;
    if (closing && queue.length === 0) pipeline.whenIdle(finish);
  };
  const finish = (): void => {
    const close = closing;
    if (close === undefined || queue.length > 0) return;
    closing = undefined;
    drop();
    unlock();
    send([[close[0], 1, null]], new Parcel());
    port.close();
  };
  const pipeline = openPipeline(turn);
  port.on('message', (post: Post) => {
    receive(post);
    turn();
  });
  port.postMessage({ ready: keys } satisfies Greeting);
}

/** For a group that changed nothing, since there was nothing to write to. */
const noLog: Log = { sync: (done) => done(null), close: () => undefined };

/** Back to waiting, in a transaction of its own. */
function giveBack(writing: Writing, untold: readonly Given[]): void {
  const calls = untold.flatMap(({ epoch, ids }) =>
    ids.map((id) => {
      const end: Settlement = { deliveryId: String(id), epoch, at: 0, ms: 0, steps: [], to: 'given back' };
      return { id: 0, name: 'settle', args: [end], weight: 0 };
    }),
  );
  if (calls.length === 0) return;
  const { fault } = commitGroup(writing, calls);
  if (fault !== null) throw fault;
}

function weightOf(name: string, args: readonly unknown[]): number {
  if (name !== 'append') return 1_000;
  const { messages } = args[0] as { messages: readonly { bytes: Uint8Array }[] };
  return messages.reduce((sum, message) => sum + message.bytes.length + 500, 0);
}

function answer({ outcomes, fault }: Committed): void {
  const parcel = new Parcel();
  const answers = outcomes.map((outcome): Answer => {
    const { id, name } = outcome.call;
    return 'failure' in outcome
      ? [id, 0, recordOf(outcome.failure)]
      : [id, 1, packResult(name, outcome.value, parcel)];
  });
  send(answers, parcel, fault === null ? null : recordOf(fault));
}

function send(answers: readonly Answer[], parcel: Parcel, fault?: Reply['fault']): void {
  const bytes = parcel.close();
  port.postMessage(
    { text: JSON.stringify(answers), bytes, ...(fault === undefined ? {} : { fault }) } satisfies Reply,
    [bytes],
  );
}

const recordOf = (failure: Failure) => failure.toJSON();

// The first word is to begin: both threads load at once, and the reader opens the file after the writer.
port.once('message', () => {
  try {
    prepareFolder(folder);
    start();
  } catch (error) {
    port.postMessage({ failed: recordOf(faultOf(error) ?? refusalOf(error)) } satisfies Greeting);
    port.close();
  }
});
