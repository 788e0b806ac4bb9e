/** `suture hl7 ...` in this process, with streams of its own: a child process takes half a second, this a millisecond. */
import { Readable, Writable } from 'node:stream';
import { Command } from 'commander';
import type { ExitCode } from '../../output.ts';
import { addHl7 } from '../hl7.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly bytes: Buffer;
  readonly errors: string;
}

export interface Given {
  readonly input?: string | Uint8Array;
  /** Standard error is a terminal. */
  readonly live?: boolean;
  /** How many milliseconds pass at each look at the clock. */
  readonly msPerLook?: number;
}

export const now = Date.UTC(2026, 0, 31, 12);

export async function hl7(words: readonly string[], given: Given = {}): Promise<Ended> {
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  const into = (list: Buffer[]): Writable =>
    new Writable({
      write(chunk: Buffer, _, done) {
        list.push(chunk);
        done();
      },
    });
  let code: ExitCode = 0;
  let elapsed = 0;
  const program = new Command('suture').exitOverride();
  program.configureOutput({
    writeOut: (text) => void out.push(Buffer.from(text)),
    writeErr: (text) => void errors.push(Buffer.from(text)),
  });
  addHl7(program, {
    input: Readable.from([Buffer.from(given.input ?? '')]),
    output: into(out),
    errors: Object.assign(into(errors), { isTTY: given.live === true }),
    clock: {
      now: () => now,
      elapsed() {
        elapsed += given.msPerLook ?? 0;
        return elapsed;
      },
      after: () => () => undefined,
    },
    end(with_) {
      code = with_;
    },
  });
  try {
    await program.parseAsync(['hl7', ...words], { from: 'user' });
  } catch (error) {
    const exit = (error as { exitCode?: number }).exitCode;
    if (exit === undefined) throw error;
    code = exit === 0 ? 0 : 2;
  }
  const bytes = Buffer.concat(out);
  return { code, out: bytes.toString('utf8'), bytes, errors: Buffer.concat(errors).toString('utf8') };
}

/** A synthetic admission; `n` makes another patient of it. */
export const admission = (n: number, more = ''): string =>
  [
    `MSH|^~\\&|EPIC|MERCY|LAB|MERCY|20260131120000||ADT^A01^ADT_A01|A-${n}|P|2.5.1`,
    'EVN||20260131120000',
    `PID|1||${7_000 + n}^^^EPIC^MR||LOPEZ-${n}^ANA||19700101|F`,
    `PV1|1|I|W1^2^3||||||||||||||||V${n}`,
    more,
  ]
    .filter((line) => line !== '')
    .map((line) => `${line}\r`)
    .join('');
