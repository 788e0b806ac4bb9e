/** Where a command of `suture hl7` reads and writes, and how it ends; a test gives its own. */
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type Clock, systemClock } from '../../../std/index.ts';
import { type ExitCode, failureText } from '../../output.ts';

/** What commander calls with arguments, options and the command itself. */
type Words = readonly unknown[];

export interface Terminal {
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: Writable;
  readonly errors: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly clock: Clock;
  end(code: ExitCode): void;
}

/** This process's own. */
export const processTerminal: Terminal = {
  get input() {
    return process.stdin;
  },
  get output() {
    return process.stdout;
  },
  get errors() {
    return process.stderr;
  },
  clock: systemClock,
  end(code) {
    process.exitCode = code;
  },
};

/** Waits while the reader is slower than we are, so that no output piles up in memory. */
export async function write(to: Writable, what: string | Uint8Array): Promise<void> {
  if (!to.write(what)) await once(to, 'drain');
}

export const writeLine = (to: Writable, text = ''): Promise<void> => write(to, `${text}\n`);
export const writeJson = (to: Writable, value: unknown): Promise<void> =>
  writeLine(to, JSON.stringify(value));
export const note = (terminal: Terminal, text: string): Promise<void> =>
  writeLine(terminal.errors, `suture: ${text}`);

/** An action that ends with its exit code, or with what failed told in one line. */
export function action<Arguments extends Words>(
  terminal: Terminal,
  work: (...words: Arguments) => Promise<ExitCode>,
): (...words: Arguments) => Promise<void> {
  return async (...words) => {
    try {
      terminal.end(await work(...words));
    } catch (error) {
      const { text, code } = failureText(error);
      await note(terminal, text);
      terminal.end(code);
    }
  };
}
