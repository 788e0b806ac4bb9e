/** One run of a command over messages: reads them, shows progress, and tells what was found by the way. */
import { relative } from 'node:path';
import type { Writable } from 'node:stream';
import { type Message, parse } from '../../../hl7/index.ts';
import { FindingTable, type Told, toldLine } from './finding-table.ts';
import { type FoundMessage, isFolder, messageFiles, readMessages } from './message-files.ts';
import { Progress } from './progress.ts';
import { type Terminal, writeJson, writeLine } from './terminal.ts';

export interface RunOptions {
  readonly json?: boolean;
  /** Every finding on a line of its own, also of many messages. */
  readonly each?: boolean;
}

export class MessageRun {
  readonly #terminal: Terminal;
  readonly #paths: readonly string[];
  readonly #options: RunOptions;
  readonly #findings: Writable;
  readonly #table = new FindingTable();
  readonly #progress: Progress;
  /** Several files, or a folder of them. */
  readonly #many: boolean;
  readonly #folder: string | undefined;
  #messages = 0;
  #unreadable = 0;
  #faults = 0;

  /** @param findings Where findings are told: on standard error unless they are what the command is for. */
  constructor(
    terminal: Terminal,
    paths: readonly string[],
    options: RunOptions = {},
    findings: Writable = terminal.errors,
  ) {
    this.#terminal = terminal;
    this.#paths = paths;
    this.#options = options;
    this.#findings = findings;
    const [only] = paths;
    this.#folder = paths.length === 1 && only !== undefined && isFolder(only) ? only : undefined;
    this.#many = paths.length > 1 || this.#folder !== undefined;
    this.#progress = new Progress(terminal, { quiet: options.json === true, many: this.#many });
  }

  /** How many were read. */
  get count(): number {
    return this.#messages;
  }

  /** Files of a folder that could not be read. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** What was wrong with files as a whole: their envelopes, and those that could not be read. */
  get faults(): number {
    return this.#faults;
  }

  async *messages(): AsyncGenerator<FoundMessage, void, undefined> {
    const files = messageFiles(this.#paths);
    for await (const found of readMessages(this.#terminal, files, !this.#many, this.#progress.at)) {
      if (found.kind === 'message') {
        this.#messages += 1;
        yield found;
        continue;
      }
      const { code, where, text } = found.finding;
      this.#faults += 1;
      if (code === 'unreadable-file') this.#unreadable += 1;
      await this.#tell(found.file, { rule: code, where, text }, code === 'unreadable-file' || !this.#many);
    }
  }

  /** The message, and what is odd about its bytes told. */
  async parsed(found: FoundMessage): Promise<Message> {
    const message = parse(found.bytes);
    for (const { code, where, text } of message.findings) await this.tell(found, { rule: code, where, text });
    return message;
  }

  async tell(found: FoundMessage, told: Told): Promise<void> {
    await this.#tell(found.name, told, found.only || this.#options.each === true);
  }

  async #tell(name: string, told: Told, alone: boolean): Promise<void> {
    if (this.#options.json === true) return writeJson(this.#findings, { message: name, ...told });
    if (!alone) return this.#table.add(told, this.#short(name));
    this.#progress.clear();
    const start = this.#findings === this.#terminal.errors ? 'suture: ' : '';
    await writeLine(this.#findings, start + toldLine(name, told));
  }

  /** Below the one folder that was named: the table has little room. */
  #short(name: string): string {
    return this.#folder === undefined ? name : relative(this.#folder, name);
  }

  /** Ends the progress and shows the table of findings. */
  async finish(): Promise<void> {
    await this.#progress.finish();
    if (this.#table.empty) return;
    for (const line of this.#table.lines()) await writeLine(this.#findings, line);
  }
}
