/**
 * `suture` without a process for each command: one process loads the command line once and runs what it is asked, one command after
 * the other. For journeys that look often; that a command ends as a process, and how it is started, cli.test.ts says. With
 * `SUTURE_TEST_PROCESSES=1` each command is a process of its own again.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { type Ended, plainEnvironment, suture } from './command-line.ts';
import { root } from './process.ts';
import type { ResidentAnswer, ResidentOrder } from './resident-process.ts';

export interface Told extends Ended {
  /** Both, in the order in which they were written. */
  readonly both: string;
}

export interface Resident {
  run(
    words: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string },
  ): Promise<Told>;
  close(): Promise<void>;
}

export function openResident(): Resident {
  if (process.env.SUTURE_TEST_PROCESSES === '1') {
    return {
      run: async (words, options = {}) => {
        const ended = await suture(words, options);
        return { ...ended, both: `${ended.out}${ended.errors}` };
      },
      close: async () => undefined,
    };
  }
  const child: ChildProcess = fork(join(import.meta.dirname, 'resident-process.ts'), {
    execArgv: [],
    env: plainEnvironment(),
  });
  const waiting = new Map<number, { resolve(told: Told): void; reject(error: Error): void }>();
  const ended = new Promise<void>((resolve) =>
    child.once('exit', (code) => {
      for (const { reject } of waiting.values()) reject(new Error(`the command line ended with ${code}`));
      waiting.clear();
      resolve();
    }),
  );
  child.on('message', (message: 'ready' | ResidentAnswer) => {
    if (message === 'ready') return;
    waiting.get(message.nth)?.resolve(toldBy(message));
    waiting.delete(message.nth);
  });
  let nth = 0;
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()));
  return {
    run: (words, { env, cwd = root } = {}) =>
      new Promise((resolve, reject) => {
        const order: ResidentOrder = { nth: nth++, words, cwd, env: plainEnvironment(env) };
        waiting.set(order.nth, { resolve, reject });
        void ready.then(() => child.send(order));
      }),
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function toldBy({ code, pieces }: ResidentAnswer): Told {
  const said = (streams: readonly string[]): Buffer =>
    Buffer.concat(
      pieces
        .filter(({ stream }) => streams.includes(stream))
        .map(({ bytes }) => Buffer.from(bytes, 'base64')),
    );
  const bytes = said(['out']);
  const text = { out: bytes.toString('utf8'), errors: said(['errors']).toString('utf8') };
  return { code, bytes, ...text, both: said(['out', 'errors']).toString('utf8') };
}

/** The words of `npx suture ...` where nothing but `suture` is asked for; `null` for what needs a shell. */
export function wordsOf(command: string): readonly string[] | null {
  const rest = /^npx suture (.+)$/.exec(command)?.[1];
  if (rest === undefined) return null;
  const words: string[] = [];
  const word = /\s*(?:'([^']*)'|"([^"$`\\]*)"|([^\s'"$`\\|&;<>()*?#~]+))(?=\s|$)/y;
  for (let at = 0; at < rest.length; at = word.lastIndex) {
    word.lastIndex = at;
    const found = word.exec(rest);
    if (found === null) return null;
    words.push(found[1] ?? found[2] ?? found[3] ?? '');
  }
  return words;
}
