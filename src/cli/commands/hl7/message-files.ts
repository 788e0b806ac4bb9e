/** The messages of files, folders and standard input, one after the other, in memory that does not grow with them. */
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Finding, parse, readBatches, splitMessages } from '../../../hl7/index.ts';
import { Failure } from '../../../std/index.ts';
import type { Terminal } from './terminal.ts';

/** One message, with a name for it that holds nothing of the patient: `night.hl7`, `night.hl7#17`. */
export interface FoundMessage {
  readonly kind: 'message';
  readonly file: string;
  readonly name: string;
  /** Counts the messages of the file from 1. */
  readonly nth: number;
  readonly bytes: Uint8Array;
  /** This is the only message of the only file that was named. */
  readonly only: boolean;
  /** All bytes of the file, of which `bytes` is a window; absent where the file is too large for that. */
  readonly whole?: Uint8Array;
}

/** Something about a file as a whole: a wrong count in its envelope, bytes that belong to no message. */
export interface FoundFault {
  readonly kind: 'fault';
  readonly file: string;
  readonly finding:
    | Finding
    | { readonly code: 'unreadable-file'; readonly text: string; readonly where: string };
}

/** How far the reading has come. */
export interface Progressed {
  readonly files: number;
  readonly ofFiles: number;
  readonly messages: number;
}

export interface MessageFile {
  readonly path: string;
  /** Found in a folder, so that it is passed over when it cannot be read. */
  readonly found: boolean;
}

const messageFile = /\.(hl7|txt)$/i;

/** Larger files are read in pieces; a message larger than this is left out, with a finding. */
const inMemory = 64 * 1024 * 1024;

/** The files that are meant: those named, and those below the folders named, in the order of their names. */
export function messageFiles(paths: readonly string[], wanted: RegExp = messageFile): MessageFile[] {
  const files = paths.flatMap((path) => filesOf(path, false, wanted));
  if (files.length > 0) return files;
  throw new Failure({
    code: 'NO_MESSAGE_FILES',
    kind: 'config',
    message: `There are no files to read in ${paths.join(', ')}.`,
    fix: 'In a folder, files are read whose names end in .hl7 or .txt; name another file itself.',
  });
}

function filesOf(path: string, found: boolean, wanted: RegExp): MessageFile[] {
  if (path === '-' || !isFolder(path)) return [{ path, found }];
  let entries: ReturnType<typeof readEntries>;
  try {
    entries = readEntries(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .filter((entry) => entry.isDirectory() || wanted.test(entry.name))
    .flatMap((entry) =>
      // A link to a folder may lead back here.
      entry.isSymbolicLink() && isFolder(join(path, entry.name))
        ? []
        : filesOf(join(path, entry.name), true, wanted),
    );
}

const readEntries = (path: string) => readdirSync(path, { withFileTypes: true });

export const isFolder = (path: string): boolean =>
  path !== '-' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

export function unreadable(file: string, error: unknown): Failure {
  const reasons: Readonly<Record<string, string>> = {
    ENOENT: 'there is no such file',
    EACCES: 'its permissions forbid it',
    EISDIR: 'it is a folder',
  };
  const reason = reasons[(error as NodeJS.ErrnoException | null)?.code ?? ''];
  return new Failure({
    code: 'FILE_UNREADABLE',
    kind: 'config',
    message: `${file} cannot be read${reason === undefined ? '' : `: ${reason}`}.`,
    fix: 'Correct the name, or the permissions.',
    cause: error,
  });
}

/** A whole file that a person wrote: a profile, a bundle, a message as JSON. */
export async function readText(terminal: Terminal, file: string): Promise<string> {
  if (file === '-') {
    const pieces: Uint8Array[] = [];
    for await (const piece of terminal.input) pieces.push(piece);
    return Buffer.concat(pieces)
      .toString('utf8')
      .replace(/^\uFEFF/, '');
  }
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw unreadable(file, error);
  }
}

/**
 * Reads the files one by one. A file of one message gives all its bytes, so that what is written can be compared with
 * it; one of several, or with a batch envelope, gives each message by itself.
 */
export async function* readMessages(
  terminal: Terminal,
  files: readonly MessageFile[],
  single: boolean,
  progress?: (progressed: Progressed) => void,
): AsyncGenerator<FoundMessage | FoundFault, void, undefined> {
  let messages = 0;
  for (const [index, { path, found }] of files.entries()) {
    try {
      for await (const each of readFile(terminal, path, single && files.length === 1)) {
        if (each.kind === 'message') messages += 1;
        yield each;
        progress?.({ files: index, ofFiles: files.length, messages });
      }
    } catch (error) {
      if (!found || !(error instanceof Failure) || error.code !== 'FILE_UNREADABLE') throw error;
      const text = `${error.message} It was passed over.`;
      yield { kind: 'fault', file: path, finding: { code: 'unreadable-file', text, where: 'the file' } };
    }
  }
  progress?.({ files: files.length, ofFiles: files.length, messages });
}

async function* readFile(
  terminal: Terminal,
  file: string,
  single: boolean,
): AsyncGenerator<FoundMessage | FoundFault, void, undefined> {
  const { start, rest } = await beginning(terminal, file);
  if (rest === undefined) {
    yield* inOnePiece(file, start, single);
    return;
  }
  const name = (nth: number): string => `${file}#${nth}`;
  for await (const event of readBatches(joined(start, rest), { maxMessageBytes: inMemory })) {
    if (event.kind === 'message')
      yield { kind: 'message', file, name: name(event.nth), nth: event.nth, bytes: event.bytes, only: false };
    else if (event.kind === 'finding') yield { kind: 'fault', file, finding: event.finding };
  }
}

function* inOnePiece(file: string, bytes: Uint8Array, single: boolean): Generator<FoundMessage | FoundFault> {
  const { messages, envelope, findings, strayAt, strayBytes } = splitMessages(bytes);
  const several = messages.length > 1 || envelope.length > 0;
  const whole = !several && (messages.length === 0 || parse(bytes).usable);
  if (several && strayBytes > 0)
    yield {
      kind: 'fault',
      file,
      finding: {
        code: 'stray-bytes',
        text: `${strayBytes} bytes belong to no message and no envelope: the file may be damaged.`,
        where: `byte ${strayAt}`,
      },
    };
  for (const finding of findings) yield { kind: 'fault', file, finding };
  for (const [index, each] of (whole ? [bytes] : messages).entries())
    yield {
      kind: 'message',
      file,
      name: messages.length > 1 ? `${file}#${index + 1}` : file,
      nth: index + 1,
      bytes: each,
      only: single && messages.length <= 1,
      whole: bytes,
    };
}

/** All of a file, or its first piece and the way to the rest of it. */
async function beginning(
  terminal: Terminal,
  path: string,
): Promise<{ start: Uint8Array; rest?: AsyncIterable<Uint8Array> }> {
  if (path === '-') return beginningOf(terminal.input);
  let size: number;
  try {
    const handle = openSync(path, 'r');
    try {
      const { size: length } = fstatSync(handle);
      size = length;
      if (length <= inMemory && length > 0) return { start: readFileSync(handle) };
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
  // A pipe or a device says that it has no bytes, and has some all the same.
  if (size === 0) return beginningOf(createReadStream(path));
  return { start: new Uint8Array(0), rest: createReadStream(path, { highWaterMark: 1024 * 1024 }) };
}

async function beginningOf(
  input: AsyncIterable<Uint8Array>,
): Promise<{ start: Uint8Array; rest?: AsyncIterable<Uint8Array> }> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const pieceByPiece = input[Symbol.asyncIterator]();
  for (let next = await pieceByPiece.next(); next.done !== true; next = await pieceByPiece.next()) {
    pieces.push(next.value);
    length += next.value.length;
    if (length > inMemory)
      return { start: Buffer.concat(pieces), rest: { [Symbol.asyncIterator]: () => pieceByPiece } };
  }
  return { start: Buffer.concat(pieces) };
}

async function* joined(
  start: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start.length > 0) yield start;
  yield* rest;
}
