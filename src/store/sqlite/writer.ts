/** The writing thread: owns the lock and the file, commits in groups, answers after the commit only. */
import type { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { Failure } from '../../std/index.ts';
import { openWriter, prepareFolder, reserveLog } from './database.ts';
import { faultOf, refusalOf } from './faults.ts';
import { type Committed, commitGroup, type QueuedCall, refused, takeGroup } from './group-commit.ts';
import { openStoredVault, storedKeys } from './key-table.ts';
import { lockFolder } from './lock.ts';
import { migrate } from './migrate.ts';
import { preparePeriods } from './periods.ts';
import { watchPlace } from './place.ts';
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

const { folder } = workerData as ThreadData;
let { masterKey } = workerData as ThreadData;
const port = parentPort as MessagePort;

/** Commits after which this store is worth room for its log: an idle one, or a command’s, is not. */
const RESERVE_AFTER = 32;

/** A connection that saw the disk fail is not trusted again: the next group gets a new one. */
const KEEPS_CONNECTION: ReadonlySet<string> = new Set(['STORE_FULL', 'STORE_BUSY']);

function start(): void {
  const unlock = lockFolder(folder);
  let writing: Writing | undefined;
  const open = (take: (database: DatabaseSync) => Writing): Writing => {
    const database = openWriter(folder);
    try {
      return take(database);
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    writing = open((database) => {
      migrate(database);
      preparePeriods(database);
      return openWriting(database, openStoredVault(database, masterKey));
    });
  } catch (error) {
    unlock();
    throw error;
  }
  const keys = storedKeys(writing.database).filter((key) => key.use === 'index');

  const drop = (): void => {
    try {
      writing?.database.close();
    } catch {
      // The disk failed before; what matters is that nobody uses this connection again.
    }
    writing = undefined;
  };
  const place = watchPlace(folder);
  const commit = (group: readonly QueuedCall[]): Committed => {
    const gone = place.trouble();
    if (gone !== undefined) return refused(group, gone);
    try {
      writing ??= open((database) => openWriting(database, openStoredVault(database, masterKey), true));
    } catch (error) {
      return refused(group, faultOf(error) ?? refusalOf(error));
    }
    const committed = commitGroup(writing, group);
    if (committed.fault === null) {
      const lost = place.troubleAfterCommit();
      if (lost !== undefined) return refused(group, lost);
    }
    for (const { call, value } of committed.outcomes.filter((one) => 'value' in one)) {
      if (call.name !== 'rewrap' || value === undefined) continue;
      masterKey = new Uint8Array(Buffer.from(call.args[0] as string, 'base64'));
      writing.vault.changeMaster(masterKey);
    }
    if (++commits === RESERVE_AFTER) reserveLog(folder);
    if (committed.fault && !KEEPS_CONNECTION.has(committed.fault.code)) drop();
    return committed;
  };

  let commits = 0;
  const queue: QueuedCall[] = [];
  let closing: Call | undefined;
  let finishing: Call | undefined;
  const receive = (post: Post): void => {
    for (const call of JSON.parse(post.text) as Call[]) {
      const [id, name, args] = call;
      if (name === 'close') closing = call;
      else if (name === 'finishLog') finishing = call;
      else {
        unpackArgs(name, args, post.bytes);
        queue.push({ id, name, args, weight: weightOf(name, args) });
      }
    }
  };
  /** What goes wrong here goes wrong again in a commit, which tells it. */
  const finishLog = (): void => {
    if (!finishing) return;
    const [id] = finishing;
    finishing = undefined;
    try {
      writing?.log.finish();
    } catch {
      drop();
    }
    send([[id, 1, null]], new Parcel());
  };
  port.on('message', (post: Post) => {
    receive(post);
    while (queue.length > 0) {
      const committed = commit(takeGroup(queue));
      answer(committed, committed.fault === null && writing?.log.full() === true);
      finishLog();
      for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port))
        receive(more.message);
    }
    finishLog();
    if (closing) {
      drop();
      unlock();
      send([[closing[0], 1, null]], new Parcel());
      port.close();
    }
  });
  port.postMessage({ ready: keys } satisfies Greeting);
}

function weightOf(name: string, args: readonly unknown[]): number {
  if (name !== 'append') return 1_000;
  const { messages } = args[0] as { messages: readonly { bytes: Uint8Array }[] };
  return messages.reduce((sum, message) => sum + message.bytes.length + 500, 0);
}

function answer({ outcomes, fault }: Committed, full: boolean): void {
  const parcel = new Parcel();
  const answers = outcomes.map((outcome): Answer => {
    const { id, name } = outcome.call;
    return 'failure' in outcome
      ? [id, 0, recordOf(outcome.failure)]
      : [id, 1, packResult(name, outcome.value, parcel)];
  });
  send(answers, parcel, { fault: fault === null ? null : recordOf(fault), ...(full ? { full } : {}) });
}

function send(answers: readonly Answer[], parcel: Parcel, said: Pick<Reply, 'fault' | 'full'> = {}): void {
  const bytes = parcel.close();
  port.postMessage({ text: JSON.stringify(answers), bytes, ...said } satisfies Reply, [bytes]);
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
