/** A line on standard error that says how far a command has come. */

import type { Progressed } from './message-files.ts';
import { note, type Terminal } from './terminal.ts';

/** On a terminal one line is written anew; into a file a line is added now and then. */
const everyMs = { terminal: 100, file: 2_000 };

const number = (value: number): string => value.toLocaleString('en-US');

export class Progress {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  /** Of many files the end is told, too. */
  readonly #many: boolean;
  readonly #started: number;
  #told: number;
  #shown = false;
  #last: Progressed = { files: 0, ofFiles: 0, messages: 0 };

  constructor(terminal: Terminal, { quiet, many }: { readonly quiet: boolean; readonly many: boolean }) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#many = many;
    this.#started = terminal.clock.elapsed();
    this.#told = this.#started;
  }

  readonly at = (progressed: Progressed): void => {
    this.#last = progressed;
    if (this.#quiet) return;
    const now = this.#terminal.clock.elapsed();
    const live = this.#terminal.errors.isTTY === true;
    if (now - this.#told < (live ? everyMs.terminal : everyMs.file)) return;
    this.#told = now;
    const text = `${this.#count()} ...`;
    if (live) {
      this.#shown = true;
      this.#terminal.errors.write(`\r\u001B[K${text}`);
    } else void note(this.#terminal, text);
  };

  #count(): string {
    const { files, ofFiles, messages } = this.#last;
    const of = ofFiles > 1 ? `, ${number(files)} of ${number(ofFiles)} files` : '';
    return `${number(messages)} ${messages === 1 ? 'message' : 'messages'}${of}`;
  }

  /** Takes the line away, before anything else is written to the terminal. */
  clear(): void {
    if (this.#shown) this.#terminal.errors.write('\r\u001B[K');
    this.#shown = false;
  }

  /** The last line: how many there were, and how long it took. */
  async finish(): Promise<void> {
    this.clear();
    if (this.#quiet || !this.#many) return;
    const seconds = (this.#terminal.clock.elapsed() - this.#started) / 1000;
    await note(this.#terminal, `${this.#count()} in ${seconds.toFixed(1)} s`);
  }
}
