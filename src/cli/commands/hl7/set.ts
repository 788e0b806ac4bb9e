/** `suture hl7 set`: a value written, all other bytes left alone. */
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Message } from '../../../hl7/index.ts';
import type { ExitCode } from '../../output.ts';
import { exitsWith } from './exit-codes.ts';
import { type FoundMessage, isFolder } from './message-files.ts';
import { MessageRun } from './message-run.ts';
import { badUsage, pathNamed, told } from './refusal.ts';
import { action, type Terminal, write, writeJson } from './terminal.ts';

interface Options {
  readonly raw?: boolean;
  readonly null?: boolean;
  readonly inPlace?: boolean;
  readonly json?: boolean;
}

export function addSet(hl7: Command, terminal: Terminal): void {
  const command = hl7
    .command('set')
    .description('write a value at a path; every other byte stays as it is')
    .argument('<file>', 'a file, a folder (with --in-place), or - for standard input')
    .argument('<path>', 'where: PID-5.1, PID-3[5=MR].1; [*] writes to every one')
    .argument('[value]', 'the text, which is escaped as the message needs it; "" empties the place')
    .option('--raw', 'the value is written as it is, escapes and delimiters included')
    .option('--null', 'writes HL7’s "" (delete what you have) instead of a value')
    .option('--in-place', 'changes the files instead of printing the messages')
    .option('--json', 'one JSON object a message: its name, how many places were written, and the message')
    .action(
      action(terminal, (file: string, path: string, value: string | undefined, options: Options) =>
        set(terminal, file, path, value, options),
      ),
    );
  exitsWith(command, 'when a message has no such place, or cannot hold the value; its file stays as it was');
}

async function set(
  terminal: Terminal,
  file: string,
  path: string,
  value: string | undefined,
  options: Options,
): Promise<ExitCode> {
  if ((value === undefined) !== (options.null === true))
    throw badUsage('One value is needed.', 'Give the value behind the path, or --null instead of it.');
  if (isFolder(file) && !options.inPlace)
    throw badUsage(`${file} is a folder.`, 'Say --in-place to change its files, or name one file.');
  if (file === '-' && options.inPlace)
    throw badUsage('Standard input has no place.', 'Leave out --in-place: the message is printed.');
  const place = pathNamed(path);
  const run = new MessageRun(terminal, [file], options);
  const change = new FileChange(terminal, options);
  for await (const found of run.messages()) {
    await change.open(found.file);
    const message = await run.parsed(found);
    let written: number;
    try {
      written = options.raw
        ? message.setRaw(place, value ?? '')
        : message.set(place, options.null ? null : (value ?? ''));
    } catch (error) {
      throw told(error, found.name);
    }
    await change.add(found, message, written);
  }
  await change.close();
  await run.finish();
  return run.unreadable === 0 ? 0 : 1;
}

/** One file as it will be: what stands around its messages is kept. */
class FileChange {
  readonly #terminal: Terminal;
  readonly #options: Options;
  #file: string | undefined;
  #pieces: Uint8Array[] = [];
  /** The bytes of the file as it was, and how far they have been taken over. */
  #whole: Uint8Array | undefined;
  #taken = 0;
  #told: object[] = [];

  constructor(terminal: Terminal, options: Options) {
    this.#terminal = terminal;
    this.#options = options;
  }

  async open(file: string): Promise<void> {
    if (file === this.#file) return;
    await this.close();
    this.#file = file;
  }

  async add(found: FoundMessage, message: Message, written: number): Promise<void> {
    const { bytes, whole } = found;
    if (whole === undefined)
      throw badUsage(
        `${found.file} is too large to be changed as a whole.`,
        'Divide it with "suture hl7 split", and change the messages.',
      );
    const start = bytes.byteOffset - whole.byteOffset;
    this.#pieces.push(whole.subarray(this.#taken, start), message.bytes());
    this.#whole = whole;
    this.#taken = start + bytes.length;
    this.#told.push({
      message: found.name,
      written,
      ...(this.#options.inPlace ? {} : { text: message.toString() }),
    });
  }

  async close(): Promise<void> {
    if (this.#file === undefined || this.#whole === undefined) return;
    const { output } = this.#terminal;
    this.#pieces.push(this.#whole.subarray(this.#taken));
    const bytes = Buffer.concat(this.#pieces);
    if (this.#options.inPlace) replaceFile(this.#file, bytes);
    if (this.#options.json) for (const each of this.#told) await writeJson(output, each);
    else if (!this.#options.inPlace) await write(output, bytes);
    this.#pieces = [];
    this.#told = [];
    this.#whole = undefined;
    this.#taken = 0;
  }
}

/** Whole or not at all: a reader never sees half a file. */
function replaceFile(file: string, bytes: Uint8Array): void {
  const beside = `${file}.suture-new`;
  try {
    writeFileSync(beside, bytes, { flag: 'wx', mode: statSync(file).mode });
  } catch (error) {
    throw unchanged(file, error);
  }
  try {
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw unchanged(file, error);
  }
}

const unchanged = (file: string, error: unknown) =>
  badUsage(`${file} cannot be changed.`, 'Check the permissions of the file and its folder.', error);
