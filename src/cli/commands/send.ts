/** `suture send`: messages of files over MLLP, with a table of what was answered. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createMllpClient, peek, splitMessages } from '../../hl7/index.ts';
import { Failure } from '../../std/index.ts';
import { announced, dataFolder } from '../data-folder.ts';
import { explain, printJson, printLine, printNote } from '../output.ts';
import { portSetting } from '../settings.ts';

interface Options {
  host: string;
  port?: string;
  project: string;
  whole?: boolean;
  json?: boolean;
  quiet?: boolean;
}

interface Outgoing {
  readonly from: string;
  readonly bytes: Uint8Array;
}

const FILES = /\.(hl7|txt|json)$/i;
const PROGRESS_EVERY_MS = 2_000;

export function addSend(program: Command): void {
  program
    .command('send')
    .description(
      'send HL7 v2 messages over MLLP: files, folders (.hl7, .txt, .json lists of {text}), or - for standard input',
    )
    .argument('<files...>')
    .option('--host <host>', 'where to', '127.0.0.1')
    .option('--port <number>', 'the MLLP port (the running engine’s, or MLLP_PORT, or 6661)')
    .option('--project <folder>', 'the project whose engine is meant', '.')
    .option('--whole', 'send each file as one message, even if it holds several or none')
    .option('--quiet', 'only the summary')
    .option('--json', 'one JSON object a message')
    .action(async (files: string[], options: Options) => {
      try {
        process.exitCode = await run(files, options);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

async function run(files: readonly string[], options: Options): Promise<0 | 1> {
  const messages = files.flatMap((file) => read(file, options.whole === true));
  if (messages.length === 0) {
    throw new Failure({
      code: 'NOTHING_TO_SEND',
      kind: 'config',
      message: `There is nothing to send in ${files.join(', ')}.`,
      fix: 'Name files that hold HL7 messages (.hl7, .txt, .json), or folders of them.',
    });
  }
  const client = createMllpClient({ host: options.host, port: targetPort(options), anyBytes: true });
  const counts = new Map<string, number>();
  let told = performance.now();
  try {
    for (const [index, { from, bytes }] of messages.entries()) {
      const result = await client.send(bytes);
      if (result.kind === 'unreachable') {
        throw new Failure({
          code: 'MLLP_UNREACHABLE',
          kind: 'unreachable',
          message: `Nobody listens on ${options.host}:${targetPort(options)}.`,
          fix: 'Start the engine, or give its MLLP port with --port.',
        });
      }
      const verdict = result.kind === 'ack' ? result.code : result.kind;
      const text = (result.kind === 'ack' ? result.text : undefined) ?? '';
      const key = text ? `${verdict}: ${text}` : verdict;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const { type, controlId } = peek(bytes);
      if (options.json) printJson({ file: from, type, controlId, verdict, text, bytes: bytes.length });
      else if (!options.quiet)
        printLine(
          `${verdict}  ${type || '?'}  ${controlId || '(no control id)'}  ${from}${text ? `  ${text}` : ''}`,
        );
      if (performance.now() - told > PROGRESS_EVERY_MS) {
        told = performance.now();
        printNote(`${index + 1} of ${messages.length} sent`);
      }
    }
  } finally {
    await client.close();
  }
  if (!options.json) {
    if (!options.quiet) printLine();
    for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1]))
      printLine(`${String(count).padStart(6)}  ${key}`);
  }
  const positive = (counts.get('AA') ?? 0) + (counts.get('CA') ?? 0);
  return positive === messages.length ? 0 : 1;
}

function targetPort(options: Options): number {
  if (options.port !== undefined) return portSetting({ port: options.port }, 'port', 0);
  if (process.env.MLLP_PORT === undefined) {
    const word = announced(dataFolder(options.project, process.env));
    if (word?.mllp) return Number(word.mllp.slice(word.mllp.lastIndexOf(':') + 1));
  }
  return portSetting(process.env, 'MLLP_PORT', 6661);
}

function read(file: string, whole: boolean): Outgoing[] {
  if (file !== '-' && statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    return readdirSync(file, { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .filter((entry) => entry.isDirectory() || FILES.test(entry.name))
      .flatMap((entry) => read(join(file, entry.name), whole));
  }
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file === '-' ? 0 : file);
  } catch (error) {
    throw new Failure({
      code: 'FILE_UNREADABLE',
      kind: 'config',
      message: `${file} cannot be read.`,
      fix: 'Correct the name, or the permissions.',
      cause: error,
    });
  }
  if (/\.json$/i.test(file)) return jsonList(file, bytes);
  const split = splitMessages(bytes);
  // A file of one message goes as it is, so that what comes back can be compared with the file.
  if (whole || (split.messages.length <= 1 && split.envelope.length === 0)) return [{ from: file, bytes }];
  return split.messages.map((message, index) => ({ from: `${file}#${index + 1}`, bytes: message }));
}

function jsonList(file: string, bytes: Uint8Array): Outgoing[] {
  try {
    const list = JSON.parse(Buffer.from(bytes).toString('utf8')) as { text: string }[];
    return list.map(({ text }, index) => ({
      from: `${file}#${index + 1}`,
      bytes: Buffer.from(text, 'utf8'),
    }));
  } catch (error) {
    throw new Failure({
      code: 'FILE_NOT_A_LIST',
      kind: 'config',
      message: `${file} is no JSON list of messages.`,
      fix: 'It should read [{"text": "MSH|..."}, ...].',
      cause: error,
    });
  }
}
