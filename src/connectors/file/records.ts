/** A file's content as the records that it holds, one by one. */
import { type BatchEvent, peek, readBatches } from '../../hl7/index.ts';
import type { Finding, Inbound } from '../contract.ts';
import type { TakeConfig } from './config.ts';
import { csvRows } from './csv.ts';
import { fileFailure } from './failures.ts';
import { Gathering } from './gathering.ts';
import { valueAt } from './patient.ts';

/** Where reading can go on: behind a record. */
export interface RecordPlace {
  /** Records that lie before it. */
  readonly nth: number;
  /** The byte behind the last of them; `null` where only counting leads there. */
  readonly at: number | null;
  readonly line: number;
  /** CSV: the columns that the first line named. */
  readonly columns?: readonly string[];
}

export const START: RecordPlace = { nth: 0, at: 0, line: 1 };

export interface FileRecord {
  readonly inbound: Omit<Inbound, 'reply'>;
  readonly place: RecordPlace;
}

export interface Reading {
  readonly take: TakeConfig;
  /** Tells apart what one content holds from what another does. */
  readonly hash: string;
  /** From where on the source comes; what lies before is passed over by counting where it had to begin at the start. */
  readonly from: RecordPlace;
  readonly found: (finding: Finding) => void;
}

export function recordsOf(source: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<FileRecord> {
  switch (reading.take.format) {
    case 'csv':
      return fromCsv(source, reading);
    case 'ndjson':
      return fromLines(source, reading);
    case 'hl7':
      return fromHl7(source, reading);
    case 'text':
      return fromText(source, reading);
  }
}

/** Whether reading can begin in the middle of the (unpacked) bytes. */
export const canBeginAt = ({ format }: TakeConfig): boolean => format === 'csv' || format === 'ndjson';

const encoder = new TextEncoder();

/** The same record of the same content is the same message, however often it is read. */
const keyOf = (hash: string, nth: number): string => `${hash.slice(0, 16)}:${nth}`;

function other(
  reading: Reading,
  nth: number,
  bytes: Uint8Array,
  { refused, patient }: { readonly refused?: string; readonly patient?: string | undefined } = {},
): Omit<Inbound, 'reply'> {
  const { take, hash } = reading;
  return {
    bytes,
    format: take.format === 'text' || refused !== undefined ? 'text' : 'json',
    door: 'file',
    type: take.type ?? take.format,
    key: keyOf(hash, nth),
    sender: 'file',
    ...(refused === undefined ? {} : { refused }),
    ...(patient === undefined ? {} : { patient }),
  };
}

async function* fromCsv(source: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<FileRecord> {
  const { take, from } = reading;
  let columns = take.columns ?? from.columns;
  let nth = from.at === null ? 0 : from.nth;
  const begin = from.at === null ? { at: 0, line: 1 } : { at: from.at, line: from.line };
  const rows = csvRows(source, {
    delimiter: take.delimiter === 'tab' ? '\t' : take.delimiter,
    encoding: take.encoding,
    maxRecord: take.maxRecord,
    from: begin,
  });
  let patientColumn = patientAt(columns, take);
  for await (const { fields, after, line } of rows) {
    if (columns === undefined || (take.columns === undefined && line === 1 && begin.at === 0)) {
      columns = headerOf(fields);
      patientColumn = patientAt(columns, take);
      continue;
    }
    nth++;
    if (from.at === null && nth <= from.nth) continue;
    const place: RecordPlace = { nth, at: after, line: line + 1, columns };
    if (fields.length !== columns.length) {
      const why = `Line ${line} has ${fields.length} fields, and there are ${columns.length} columns.`;
      yield {
        inbound: other(
          reading,
          nth,
          encoder.encode(fields.join(take.delimiter === 'tab' ? '\t' : take.delimiter)),
          { refused: why },
        ),
        place,
      };
      continue;
    }
    const row = Object.fromEntries(columns.map((column, at) => [column, fields[at]]));
    const patient = patientColumn < 0 ? undefined : fields[patientColumn]?.trim() || undefined;
    yield { inbound: other(reading, nth, encoder.encode(JSON.stringify(row)), { patient }), place };
  }
}

/** Which column names the patient; -1: none is asked for, or the columns are not known yet. */
function patientAt(columns: readonly string[] | undefined, { patient }: TakeConfig): number {
  if (columns === undefined || patient === undefined) return -1;
  const at = columns.indexOf(patient);
  if (at >= 0) return at;
  throw fileFailure('FILE_BROKEN', {
    message: `There is no column "${patient}", which names the patient by the site record.`,
    fix: 'Correct take.patient, or ask for the file with that column.',
  });
}

function headerOf(fields: readonly string[]): readonly string[] {
  const columns = fields.map((field) => field.trim());
  const twice = columns.findIndex((column, at) => column === '' || columns.indexOf(column) !== at);
  if (twice >= 0)
    throw fileFailure('FILE_BROKEN', {
      message: `In the first line, column ${twice + 1} has ${columns[twice] === '' ? 'no name' : 'the name of another one'}.`,
      fix: 'Have the columns named, or give their names in the record (take.columns) if the first line holds data.',
    });
  return columns;
}

async function* fromLines(source: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<FileRecord> {
  const { take, from } = reading;
  let nth = from.at === null ? 0 : from.nth;
  let line = from.at === null ? 1 : from.line;
  let at = from.at ?? 0;
  const gathered = new Gathering();
  let looked = 0;
  const one = (view: Buffer, after: number): FileRecord | undefined => {
    // A copy: what is gathered next is written over it.
    const bytes = Buffer.from(view);
    const own = line++;
    if (bytes.every((byte) => byte === 10 || byte === 13 || byte === 32 || byte === 9)) return undefined;
    nth++;
    if (from.at === null && nth <= from.nth) return undefined;
    const body = bytes.at(-1) === 10 ? bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1) : bytes;
    const plain = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf ? body.subarray(3) : body;
    const place: RecordPlace = { nth, at: after, line: line };
    let record: unknown;
    try {
      record = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
    } catch {
      return { inbound: other(reading, nth, plain, { refused: `Line ${own} is not JSON.` }), place };
    }
    const patient = take.patient === undefined ? undefined : valueAt(record, take.patient);
    return { inbound: other(reading, nth, plain, { patient }), place };
  };
  for await (const piece of source) {
    gathered.push(piece);
    const there = gathered.view;
    let begun = 0;
    for (let end = there.indexOf(10, looked); end >= 0; end = there.indexOf(10, begun)) {
      at += end + 1 - begun;
      const record = one(limited(there.subarray(begun, end + 1), take, line), at);
      begun = end + 1;
      if (record !== undefined) yield record;
    }
    gathered.take(begun);
    looked = limited(there.subarray(begun), take, line).length;
  }
  const left = gathered.view;
  const last = left.length > 0 ? one(left, at + left.length) : undefined;
  if (last !== undefined) yield last;
}

function limited(bytes: Buffer, { maxRecord }: TakeConfig, line: number): Buffer {
  if (bytes.length <= maxRecord) return bytes;
  throw fileFailure('FILE_TOO_LARGE', { message: `Line ${line} is larger than ${maxRecord} bytes.` });
}

async function* fromHl7(source: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<FileRecord> {
  const { from, take, found } = reading;
  let any = false;
  for await (const event of readBatches(source, { maxMessageBytes: take.maxRecord })) {
    if (event.kind === 'finding') found(told(event));
    if (event.kind !== 'message') continue;
    any = true;
    if (event.nth <= from.nth) continue;
    const header = peek(event.bytes);
    yield {
      inbound: {
        bytes: event.bytes,
        format: 'hl7',
        door: 'file',
        type: header.type,
        key: header.controlId === '' ? keyOf(reading.hash, event.nth) : header.controlId,
        sender: `${header.sendingApplication}|${header.sendingFacility}`,
        ...(header.usable ? {} : { refused: header.reason ?? 'There is no usable MSH.' }),
      },
      place: { nth: event.nth, at: null, line: 1 },
    };
  }
  if (!any)
    throw fileFailure('FILE_BROKEN', {
      message: 'There is no HL7 message in the file.',
      fix: 'Look whether it is another kind of file; take.match chooses by name.',
    });
}

const told = ({ finding }: Extract<BatchEvent, { kind: 'finding' }>): Finding => ({
  code: `FILE_${finding.code.toUpperCase().replaceAll('-', '_')}`,
  text: finding.text,
  count: 1,
});

async function* fromText(source: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<FileRecord> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of source) {
    size += piece.length;
    if (size > reading.take.maxRecord)
      throw fileFailure('FILE_TOO_LARGE', {
        message: `The file is larger than ${reading.take.maxRecord} bytes.`,
      });
    pieces.push(piece);
  }
  if (reading.from.nth > 0) return;
  let text: string;
  try {
    text = new TextDecoder(reading.take.encoding, { fatal: true }).decode(Buffer.concat(pieces));
  } catch {
    throw fileFailure('FILE_BROKEN', { message: `The file is not ${reading.take.encoding}.` });
  }
  yield { inbound: other(reading, 1, encoder.encode(text)), place: { nth: 1, at: null, line: 1 } };
}
