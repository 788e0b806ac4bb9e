/** CSV as it streams in: RFC 4180, any delimiter, quotes that hold line ends; a file of any size in the memory of one record. */
import { fileFailure } from './failures.ts';
import { Gathering } from './gathering.ts';

export interface Row {
  readonly fields: readonly string[];
  /** The byte behind it, of the file as it is read. */
  readonly after: number;
  /** The line it begins on. */
  readonly line: number;
}

export interface CsvOptions {
  /** One character of ASCII. */
  readonly delimiter: string;
  readonly encoding: string;
  readonly maxRecord: number;
  /** Where the source begins in the file, and on which line. */
  readonly from?: { readonly at: number; readonly line: number };
}

const NEWLINE = 10;
const QUOTE = 34;

/** @throws Failure FILE_BROKEN, FILE_TOO_LARGE: with the line, never with what stands in it. */
export async function* csvRows(source: AsyncIterable<Uint8Array>, options: CsvOptions): AsyncGenerator<Row> {
  const decoder = new TextDecoder(options.encoding, { fatal: true, ignoreBOM: false });
  let at = options.from?.at ?? 0;
  let line = options.from?.line ?? 1;
  const gathered = new Gathering();
  /** Bytes of it that are looked through, and the quotes among them. */
  let looked = 0;
  let quotes = 0;
  let lines = 0;

  const rowOf = (bytes: Buffer, after: number): Row => {
    let text: string;
    try {
      text = decoder.decode(bytes);
    } catch (error) {
      throw fileFailure('FILE_BROKEN', {
        message: `Line ${line} holds bytes that are not ${options.encoding}.`,
        fix: 'Say in which encoding the file is written (take.encoding), or ask for it in that one.',
        cause: error,
      });
    }
    return { fields: fieldsOf(text.replace(/\r?\n$/, ''), options.delimiter, line), after, line };
  };

  for await (const piece of source) {
    gathered.push(piece);
    const rest = gathered.view;
    let begun = 0;
    for (;;) {
      const end = rest.indexOf(NEWLINE, looked);
      const until = end < 0 ? rest.length : end + 1;
      quotes += countQuotes(rest, looked, until);
      looked = until;
      if (end < 0) break;
      lines++;
      // A line end between quotes belongs to the field.
      if (quotes % 2 === 1) {
        if (until - begun > options.maxRecord) throw tooLarge(line, quotes);
        continue;
      }
      at += until - begun;
      const bytes = rest.subarray(begun, until);
      if (bytes.length > options.maxRecord) throw tooLarge(line, quotes);
      if (!isBlank(bytes)) yield rowOf(bytes, at);
      line += lines;
      begun = until;
      quotes = 0;
      lines = 0;
    }
    gathered.take(begun);
    looked -= begun;
    if (rest.length - begun > options.maxRecord) throw tooLarge(line, quotes);
  }
  if (quotes % 2 === 1)
    throw fileFailure('FILE_BROKEN', {
      message: `A quote that is opened in the record of line ${line} is not closed before the file ends.`,
    });
  const last = gathered.view;
  if (last.length > 0 && !isBlank(last)) yield rowOf(last, at + last.length);
}

const tooLarge = (line: number, quotes: number) =>
  quotes % 2 === 1
    ? fileFailure('FILE_BROKEN', {
        message: `A quote that is opened in the record of line ${line} is not closed.`,
      })
    : fileFailure('FILE_TOO_LARGE', {
        message: `The record of line ${line} is larger than this connection takes.`,
      });

function countQuotes(bytes: Buffer, from: number, to: number): number {
  // Of this part alone: a search beyond it would read the whole piece for each line.
  const part = bytes.subarray(from, to);
  let count = 0;
  for (let at = part.indexOf(QUOTE); at >= 0; at = part.indexOf(QUOTE, at + 1)) count++;
  return count;
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 10 || byte === 13 || byte === 32);

/** One record's fields; `""` inside quotes is a quote. */
export function fieldsOf(text: string, delimiter: string, line: number): string[] {
  if (!text.includes('"')) return text.split(delimiter);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    if (text[at] !== '"') {
      const end = text.indexOf(delimiter, at);
      const field = end < 0 ? text.slice(at) : text.slice(at, end);
      if (field.includes('"')) throw misplaced(line);
      fields.push(field);
      if (end < 0) return fields;
      at = end + 1;
      continue;
    }
    let field = '';
    for (let from = at + 1; ; ) {
      const end = text.indexOf('"', from);
      if (end < 0) throw misplaced(line);
      field += text.slice(from, end);
      if (text[end + 1] !== '"') {
        at = end + 1;
        break;
      }
      field += '"';
      from = end + 2;
    }
    fields.push(field);
    if (at >= text.length) return fields;
    if (text[at] !== delimiter) throw misplaced(line);
    at++;
  }
}

const misplaced = (line: number) =>
  fileFailure('FILE_BROKEN', {
    message: `In the record of line ${line} a quote stands in the middle of a field.`,
    fix: 'Fields with quotes must stand between quotes, and quotes in them must be doubled; ask for the file written so.',
  });
