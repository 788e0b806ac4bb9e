/** The main thread's end of one store thread: calls go out together, answers come back to their callers. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Cloakroom, type Failure, failureFrom } from '../../std/index.ts';
import type { WrappedKey } from '../../vault/index.ts';
import { storeFailure } from '../failures.ts';
import {
  type Answer,
  type Call,
  type Greeting,
  Parcel,
  type Post,
  packArgs,
  type Reply,
  type ThreadData,
  unpackResult,
} from './protocol.ts';

/** Bytes in one post at most, but for a single larger call. */
const POST_BYTES = 8 * 1024 * 1024;

/**
 * Calls in one post. Were all that one turn of the event loop brings posted at its end, both threads would take turns: the other
 * one waits while the messages of all connections are read, and this one while they are committed.
 */
const POST_CALLS = 16;

/**
 * Each sealed payload leaves a cipher behind, which its collection takes apart while the writer stands still: 3,000 of them in 4 ms,
 * in the default of 48 MB. In less it stands still more often, for 1 ms.
 */
const WRITER_YOUNG_MB = 12;

interface Pending {
  readonly name: string;
  readonly resolve: (value: never) => void;
  readonly reject: (failure: Failure) => void;
}

export interface Channel<Calls> {
  /** What the thread told about the vault's keys when it was ready. */
  readonly keys: readonly WrappedKey[];
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Calls[Name] extends (...args: infer Args) => unknown ? Args : never
  ): Promise<Calls[Name] extends (...args: never) => infer Result ? Result : never>;
  /** Waits for what was asked, then ends the thread. */
  close(): Promise<void>;
}

export interface ChannelOptions {
  /** The thread is started at once, and begins its work when this resolves. */
  readonly after?: Promise<unknown>;
  /** After each group of the writer: what the disk said, `null` when it committed. */
  readonly fault?: (failure: Failure | null) => void;
  /** The writer's log is long enough to be written back. */
  readonly full?: () => void;
}

/** `.ts` in development and under test, `.js` in the published package. */
const EXTENSION = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';

/**
 * In a clone a thread would strip types with a WebAssembly module of its own, and V8 crashes now and then when
 * such a thread ends ("Check failed: jit_page.has_value()", or a segmentation fault; nodejs/node#64500). With a compile cache what
 * was stripped once is read from disk. The published package has nothing to strip.
 */
const threadEnvironment = (): { env: NodeJS.ProcessEnv } | undefined =>
  EXTENSION === 'ts'
    ? {
        env: {
          NODE_COMPILE_CACHE: join(import.meta.dirname, '../../../node_modules/.cache/suture'),
          ...process.env,
        },
      }
    : undefined;

const closedFailure = (): Failure => storeFailure('STORE_CLOSED', 'The store is closed.');

/** Starts a thread of this folder; resolves when it is ready, rejects with the failure it starts with. */
export function openChannel<Calls>(
  thread: 'writer' | 'reader',
  data: ThreadData,
  options: ChannelOptions = {},
): Promise<Channel<Calls>> {
  const worker = new Worker(new URL(`./${thread}.${EXTENSION}`, import.meta.url), {
    workerData: data,
    ...(thread === 'writer' ? { resourceLimits: { maxYoungGenerationSizeMb: WRITER_YOUNG_MB } } : {}),
    ...threadEnvironment(),
  });
  const pending = new Cloakroom<Pending>();
  let calls: Call[] = [];
  let parcel = new Parcel();
  let posting = false;
  let ended: Failure | undefined;
  let closing = false;

  const post = (): void => {
    posting = false;
    if (calls.length === 0 || ended) return;
    const bytes = parcel.close();
    const message: Post = { text: JSON.stringify(calls), bytes };
    calls = [];
    parcel = new Parcel();
    worker.postMessage(message, [bytes]);
  };
  const ask = (name: string, args: readonly unknown[]): Promise<never> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      if (closing) return reject(closedFailure());
      let packed: readonly unknown[];
      try {
        packed = packArgs(name, args, parcel);
      } catch (error) {
        return reject(storeFailure('STORE_REFUSED', 'The store was given what it cannot read.', error));
      }
      calls.push([pending.leave({ name, resolve, reject }), name, packed]);
      if (parcel.length >= POST_BYTES || calls.length >= POST_CALLS) post();
      else if (!posting) {
        posting = true;
        // After the sockets of this turn were read: their messages travel and commit together. No time passes.
        setImmediate(post);
      }
    });
  const receive = (reply: Reply): void => {
    if (reply.fault !== undefined) options.fault?.(reply.fault === null ? null : failureFrom(reply.fault));
    if (reply.full) options.full?.();
    for (const answer of JSON.parse(reply.text) as Answer[]) {
      const waiting = pending.take(answer[0]);
      if (answer[1] === 0) waiting?.reject(failureFrom(answer[2]));
      else waiting?.resolve(unpackResult(waiting.name, answer[2], reply.bytes) as never);
    }
  };

  return new Promise((resolve, reject) => {
    const end = (failure: Failure): void => {
      if (ended) return;
      ended = failure;
      reject(failure);
      if (failure.code === 'STORE_STOPPED') options.fault?.(failure);
      for (const waiting of pending.empty()) waiting.reject(failure);
    };
    worker.on('error', (error) =>
      end(storeFailure('STORE_STOPPED', `The ${thread} thread of the store failed.`, error)),
    );
    const exited = new Promise<void>((done) => {
      worker.on('exit', () => {
        // Its last answer and its end may come in one turn: whoever asked for the end decides what it means.
        end(
          closing
            ? closedFailure()
            : storeFailure('STORE_STOPPED', `The ${thread} thread of the store ended.`),
        );
        done();
      });
    });
    const begin = (): void => worker.postMessage('begin');
    const never = (failure: Failure): void => {
      end(failure);
      void worker.terminate();
    };
    Promise.resolve(options.after).then(begin, never);
    worker.once('message', (greeting: Greeting) => {
      if ('failed' in greeting) {
        end(failureFrom(greeting.failed));
        return;
      }
      worker.on('message', receive);
      resolve({
        keys: greeting.ready,
        call: ((name: string, ...args: readonly unknown[]) => ask(name, args)) as Channel<Calls>['call'],
        async close() {
          if (ended) return;
          if (!closing) {
            const last = ask('close', []);
            closing = true;
            await last;
          }
          await exited;
        },
      });
    });
  });
}
