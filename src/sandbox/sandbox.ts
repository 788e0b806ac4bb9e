/**
 * Runs JavaScript that comes from elsewhere: imported scripts, code steps of a YAML flow. QuickJS as WebAssembly, in threads
 * of its own, with limits of memory and time. A script sees its input and gives a value, both as JSON; there is no network,
 * no file, no clock, no chance and nothing of Node. One that does not heed its deadline is stopped from outside.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Json } from '../std/index.ts';
import { systemClock } from '../std/index.ts';
import { sandboxFailure } from './failures.ts';
import type { Answer, Fault, SandboxLimits, Task } from './protocol.ts';

export interface Script {
  /** For messages: `code/clean-name.js`. */
  readonly file: string;
  /** The body of a function of `input`: `return { family: input.name.toUpperCase() };` */
  readonly source: string;
}

export interface SandboxRun {
  /** The time that the script sees as now, milliseconds since 1970; left out: 1970. */
  readonly at?: number;
  /** Minutes of the site's zone before or behind UTC then. */
  readonly offset?: number;
  readonly signal?: AbortSignal;
}

export interface Sandbox {
  /**
   * @throws Failure SCRIPT_INVALID, SCRIPT_FAILED, SCRIPT_TOO_LONG, SCRIPT_TOO_MUCH_MEMORY, SCRIPT_TOO_LARGE,
   * SCRIPT_NO_RESULT: never tried again by themselves. SANDBOX_CLOSED: the engine stopped.
   */
  run(script: Script, input: Json, options?: SandboxRun): Promise<Json>;
  /** Ends what runs, and its threads. */
  close(): Promise<void>;
}

export interface SandboxOptions {
  readonly clock?: Clock;
  readonly limits?: Partial<SandboxLimits>;
  /** Scripts at once; each is a thread, started when it is needed. */
  readonly threads?: number;
}

export const SANDBOX_LIMITS: SandboxLimits = {
  deadline: 2_000,
  memory: 64 * 1024 * 1024,
  stack: 512 * 1024,
  input: 16 * 1024 * 1024,
  result: 8 * 1024 * 1024,
  source: 1024 * 1024,
};

/** Milliseconds after its deadline in which a script must have stopped by itself; then its thread is ended. */
const GRACE = 500;
/** For the thread to start and to read QuickJS, on a busy machine. */
const START = 30_000;

interface Job {
  readonly task: Task;
  readonly resolve: (value: Json) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | undefined;
}

const EXTENSION = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';

/** @example
 * const sandbox = createSandbox();
 * await sandbox.run({ file: 'code/upper.js', source: 'return input.name.toUpperCase();' }, { name: 'Lopez' }); // 'LOPEZ'
 */
export function createSandbox(options: SandboxOptions = {}): Sandbox {
  const { clock = systemClock, threads = 1 } = options;
  const limits: SandboxLimits = { ...SANDBOX_LIMITS, ...options.limits };
  const waiting: Job[] = [];
  const idle: Thread[] = [];
  const all = new Set<Thread>();
  let closed = false;

  function next(): void {
    while (waiting.length > 0 && (idle.length > 0 || all.size < threads)) {
      const job = waiting.shift() as Job;
      if (job.signal?.aborted) {
        job.reject(sandboxFailure('SANDBOX_CLOSED'));
        continue;
      }
      const thread = idle.pop() ?? begin();
      thread.do(job).then((fit) => {
        if (fit) idle.push(thread);
        else {
          all.delete(thread);
          void thread.end();
        }
        next();
      });
    }
  }

  function begin(): Thread {
    const thread = new Thread(clock);
    all.add(thread);
    return thread;
  }

  return {
    run: (script, input, { at = 0, offset = 0, signal } = {}) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(sandboxFailure('SANDBOX_CLOSED'));
        const json = JSON.stringify(input ?? null);
        const tooLarge =
          script.source.length > limits.source
            ? 'The script'
            : json.length > limits.input
              ? 'What the script reads'
              : null;
        if (tooLarge !== null) {
          const message = `${tooLarge} is larger than may go into the sandbox.`;
          return reject(sandboxFailure('SCRIPT_TOO_LARGE', { message, at: { path: script.file } }));
        }
        const task = { file: script.file, source: script.source, input: json, at, offset, limits };
        waiting.push({ task, resolve, reject, signal });
        next();
      }),
    async close() {
      closed = true;
      for (const job of waiting.splice(0)) job.reject(sandboxFailure('SANDBOX_CLOSED'));
      await Promise.all([...all].map((thread) => thread.end()));
    },
  };
}

class Thread {
  readonly #worker: Worker;
  readonly #clock: Clock;
  readonly #ready: Promise<void>;
  #answer: ((answer: Answer | 'ended' | 'stopped') => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    // No environment, no arguments: there is nothing to find in this thread even for one who left QuickJS.
    this.#worker = new Worker(new URL(`./worker.${EXTENSION}`, import.meta.url), {
      env: {},
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    this.#worker.unref();
    let ready: () => void;
    this.#ready = new Promise((resolve) => {
      ready = resolve;
    });
    this.#worker.on('message', (message: Answer | 'ready') => {
      if (message === 'ready') ready();
      else this.#answer?.(message);
    });
    for (const name of ['error', 'exit', 'messageerror']) {
      this.#worker.on(name, () => {
        ready();
        this.#answer?.('ended');
      });
    }
  }

  /** Settles the job; whether the thread can be used again. */
  async do({ task, resolve, reject, signal }: Job): Promise<boolean> {
    const answer = await new Promise<Answer | 'ended' | 'stopped' | 'late'>((settle) => {
      let stopTimer = this.#clock.after(START, () => settle('ended'));
      const stop = (): void => settle('stopped');
      signal?.addEventListener('abort', stop, { once: true });
      this.#answer = (given) => {
        stopTimer();
        signal?.removeEventListener('abort', stop);
        settle(given);
      };
      this.#worker.ref();
      void this.#ready.then(() => {
        stopTimer();
        stopTimer = this.#clock.after(task.limits.deadline + GRACE, () => settle('late'));
        this.#worker.postMessage(task);
      });
    });
    this.#answer = undefined;
    this.#worker.unref();
    if (answer === 'late' || answer === 'ended' || answer === 'stopped') {
      const code =
        answer === 'late' ? 'SCRIPT_TOO_LONG' : answer === 'stopped' ? 'SANDBOX_CLOSED' : 'SANDBOX_BROKEN';
      reject(sandboxFailure(code, { at: { path: task.file } }));
      return false;
    }
    if ('result' in answer) {
      resolve(JSON.parse(answer.result) as Json);
      return true;
    }
    reject(failureOf(task, answer));
    return answer.fault !== 'memory' && answer.fault !== 'broken';
  }

  async end(): Promise<void> {
    this.#answer?.('stopped');
    await this.#worker.terminate();
  }
}

const codes = {
  invalid: 'SCRIPT_INVALID',
  threw: 'SCRIPT_FAILED',
  late: 'SCRIPT_TOO_LONG',
  memory: 'SCRIPT_TOO_MUCH_MEMORY',
  large: 'SCRIPT_TOO_LARGE',
  'no result': 'SCRIPT_NO_RESULT',
  broken: 'SANDBOX_BROKEN',
} as const satisfies Record<Fault, string>;

function failureOf(task: Task, { fault, line, said }: Extract<Answer, { fault: Fault }>): Error {
  const path = line === null ? task.file : `${task.file}:${line}`;
  return sandboxFailure(codes[fault], { at: { path }, ...(said === '' ? {} : { detail: said }) });
}
