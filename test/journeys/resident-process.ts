/**
 * The command line, loaded once and run as often as its parent asks: each command in its own folder and environment, one after the
 * other, the project's modules read anew each time as a process of its own would. Ends when its parent goes.
 */
import { enableCompileCache, registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launcher, root } from './process.ts';

export interface ResidentOrder {
  readonly nth: number;
  readonly words: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export interface ResidentAnswer {
  readonly nth: number;
  readonly code: number;
  readonly pieces: readonly { readonly stream: 'out' | 'errors'; readonly bytes: string }[];
}

// As the launcher has it.
enableCompileCache(join(root, 'node_modules', '.cache', 'suture'));
const own = pathToFileURL(launcher).href;
registerHooks({
  resolve: (specifier, context, next) =>
    next(specifier, {
      ...context,
      ...(/^suture(\/|$)/.test(specifier) ? { parentURL: own } : {}),
      conditions: [...context.conditions, 'suture-source'],
    }),
});
const { main } = await import('../../src/cli/main.ts');
const { freshModules } = await import('../../src/cli/watching.ts');

class Exit {
  readonly exitCode: number;
  constructor(code: number) {
    this.exitCode = code;
  }
}

async function obey({ nth, words, cwd, env }: ResidentOrder): Promise<ResidentAnswer> {
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  freshModules(cwd).renew();
  const at = words.indexOf('--project');
  if (at >= 0) freshModules(words[at + 1] as string).renew();
  process.exitCode = 0;
  const pieces: { stream: 'out' | 'errors'; bytes: string }[] = [];
  const usual = { out: process.stdout.write, errors: process.stderr.write, exit: process.exit };
  const caught =
    (stream: 'out' | 'errors') =>
    (chunk: string | Uint8Array, ...more: readonly unknown[]): boolean => {
      pieces.push({ stream, bytes: Buffer.from(chunk as string).toString('base64') });
      const told = more.at(-1);
      if (typeof told === 'function') process.nextTick(told as () => void);
      return true;
    };
  let left: number | undefined;
  process.stdout.write = caught('out') as typeof process.stdout.write;
  process.stderr.write = caught('errors') as typeof process.stderr.write;
  process.exit = (code) => {
    left = Number(code ?? process.exitCode ?? 0);
    throw new Exit(left);
  };
  try {
    await main(words);
  } catch (error) {
    if (!(error instanceof Exit)) {
      process.stderr.write(`${(error as Error).stack}\n`);
      left = 1;
    }
  } finally {
    process.stdout.write = usual.out;
    process.stderr.write = usual.errors;
    process.exit = usual.exit;
    process.stdout.removeAllListeners('error');
  }
  return { nth, code: left ?? Number(process.exitCode), pieces };
}

let last: Promise<void> = Promise.resolve();
process.on('message', (order: ResidentOrder) => {
  last = last.then(async () => void process.send?.(await obey(order)));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
