import { buildSegment, type FieldContent } from './build.ts';
import { bytesOf, type Charset, CharsetError, charsetNamed, undeclared } from './charset.ts';
import type { Delimiters } from './delimiters.ts';
import { type Header, peek } from './header.ts';
import { parse } from './message.ts';

/** HL7 table 0008: application (A) and commit (C) acknowledgement; accept, error, reject. */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

const ackCodes: ReadonlySet<string> = new Set(['AA', 'AE', 'AR', 'CA', 'CE', 'CR']);

/** One error of an acknowledgement. */
export interface AckFault {
  /** HL7 table 0357; 207 (application internal error) when left out. */
  readonly code?: string;
  readonly text?: string;
  /** Where: ERR-2, or the front of ERR-1 before 2.5. Numbers from 1. */
  readonly segment?: string;
  readonly segmentSequence?: number;
  readonly field?: number;
  readonly repetition?: number;
  readonly component?: number;
  /** ERR-4, from 2.5 on: `E` unless given. */
  readonly severity?: 'I' | 'W' | 'E' | 'F';
}

export interface AckContent {
  readonly code: AckCode;
  /** MSA-3, one line; cut at 80 characters, the length of the field. */
  readonly text?: string;
  /** MSH-10 of the acknowledgement. */
  readonly controlId: string;
  /** MSH-7: a Date is written in UTC, `20260131120000+0000`; a string as it is. */
  readonly time: Date | string;
  readonly errors?: readonly AckFault[];
}

/** HL7 table 0357, message error condition codes. */
export const ackErrorTexts: Readonly<Record<string, string>> = {
  '0': 'Message accepted',
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '200': 'Unsupported message type',
  '201': 'Unsupported event code',
  '202': 'Unsupported processing id',
  '203': 'Unsupported version id',
  '204': 'Unknown key identifier',
  '205': 'Duplicate key identifier',
  '206': 'Application record locked',
  '207': 'Application internal error',
};

/** True for an acknowledgement, which is never acknowledged itself: two systems would answer each other for ever. */
export const isAck = (header: Header): boolean => header.code === 'ACK' || header.code === 'MCF';

/**
 * The acknowledgement of a message: sender and receiver exchanged, the original's delimiters, version, processing id
 * and character set, MSA-2 its MSH-10 byte for byte, and an ERR for every code but AA and CA in the form of the version
 * (ERR-1 up to 2.4; ERR-2, 3, 4 and 8 from 2.5). Never throws: bytes without a usable MSH are answered with
 * the usual delimiters and an empty MSA-2; characters that the original's set cannot hold become `?`.
 * The same arguments give the same bytes.
 *
 *     buildAck(bytes, { code: 'AA', controlId: '1', time: '20260131120000' })
 */
export function buildAck(original: Uint8Array | Header, content: AckContent): Uint8Array {
  const header = original instanceof Uint8Array ? peek(original) : original;
  const { delimiters, fields } = header;
  const raw = (n: number, otherwise = ''): FieldContent => ({ raw: fields[n] || otherwise });
  const version = versionNumber(header.version);
  const charset = charsetNamed(header.charset) ?? undeclared;
  const say = (text: string): string => encodable(text, delimiters, charset);
  const trigger = say(header.trigger) || undefined;
  const time = say(typeof content.time === 'string' ? content.time : hl7Time(content.time));
  const type = ['ACK', trigger, trigger && version >= 2_003_001 ? 'ACK' : undefined];
  const text = shortened(content.text ?? '');
  const none = undefined;
  const sender = [raw(5), raw(6), raw(3), raw(4)];
  const identity = [time, none, type, say(content.controlId), raw(11, 'P'), raw(12, '2.5.1')];
  const lines = [
    buildSegment('MSH', [...sender, ...identity, none, none, none, none, none, raw(18)], delimiters),
    buildSegment('MSA', [content.code, raw(10), say(text)], delimiters),
  ];
  if (content.code !== 'AA' && content.code !== 'CA') {
    const errors = content.errors?.length ? content.errors : [text === '' ? {} : { text }];
    for (const error of errors) lines.push(buildSegment('ERR', errorFields(error, version, say), delimiters));
  }
  return bytesOf(`${lines.join('\r')}\r`);
}

/** One line of 80 characters at most, cut between characters, never within one. */
const shortened = (text: string): string =>
  Array.from(text.slice(0, 1_000).replace(/\s+/g, ' ').trim()).slice(0, 80).join('');

/** `2.3.1` as 2003001, so that versions compare as numbers; an unknown one counts as the newest form. */
function versionNumber(version: string): number {
  const [, major = '2', minor = '5', patch = '0'] = version.match(/^(\d+)\.(\d+)(?:\.(\d+))?/) ?? [];
  return Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(patch);
}

function errorFields(error: AckFault, version: number, say: (text: string) => string): FieldContent[] {
  const number = (n: number | undefined): string | undefined => (n === undefined ? undefined : String(n));
  const code = say(error.code ?? '207');
  const meaning = ackErrorTexts[code];
  const segment = error.segment && say(error.segment);
  const sequence = number(error.segmentSequence ?? (segment ? 1 : undefined));
  const text = say(shortened(error.text ?? ''));
  if (version < 2_005_000)
    return [[segment, sequence, number(error.field), [code, text || meaning, 'HL70357']]];
  const where = [segment, sequence, number(error.field), number(error.repetition), number(error.component)];
  const table = meaning === undefined ? undefined : 'HL70357';
  return [
    undefined,
    where,
    [code, meaning, table],
    error.severity ?? 'E',
    undefined,
    undefined,
    undefined,
    text,
  ];
}

/**
 * A text that can be escaped and encoded for sure, as a byte string: what the set cannot hold, or what cannot be
 * escaped for want of an escape character, becomes `?`.
 */
function encodable(text: string, delimiters: Delimiters, charset: Charset): string {
  let bytes = '';
  const bare = delimiters.escape === undefined ? delimiters.field + delimiters.encoding : '';
  for (const character of text) {
    // In a double-byte set a delimiter may hide in a character, which escaping byte by byte would break.
    if (charset.mask !== undefined && character > '~') bytes += '?';
    else if (bare.includes(character) || (bare !== '' && character < ' ')) bytes += '?';
    else
      try {
        bytes += charset.encode(character);
      } catch (error) {
        if (!(error instanceof CharsetError)) throw error;
        bytes += '?';
      }
  }
  return bytes;
}

/** `20260131120000+0000`, in UTC. */
export function hl7Time(date: Date): string {
  return Number.isNaN(date.getTime())
    ? ''
    : `${date
        .toISOString()
        .replace(/[-:T]|\..*/g, '')
        .slice(0, 14)}+0000`;
}

/** What an acknowledgement says, or why the bytes are none. */
export type ParsedAck =
  | {
      readonly kind: 'ack';
      readonly code: AckCode;
      /** MSA-2, unescaped; and as written, to compare with the MSH-10 that was sent. */
      readonly controlId: string;
      readonly rawControlId: string;
      /** MSA-3, or the first text of an ERR. */
      readonly text: string;
      readonly errors: readonly AckFault[];
      /** MSA-4, the expected sequence number. */
      readonly sequenceNumber: string;
    }
  | { readonly kind: 'junk'; readonly reason: string };

/**
 * Reads the answer to a message. Never throws; `junk` has a reason without any value of the bytes.
 *
 *     parseAck(bytes).kind === 'ack'
 */
export function parseAck(bytes: Uint8Array): ParsedAck {
  const message = parse(bytes);
  if (!message.usable) return { kind: 'junk', reason: message.reason ?? 'The bytes are not a message.' };
  const code = message.get('MSA-1')?.trim();
  if (code === undefined) return { kind: 'junk', reason: 'The answer has no MSA segment.' };
  if (!isAckCode(code))
    return { kind: 'junk', reason: 'MSA-1 of the answer is none of AA, AE, AR, CA, CE and CR.' };
  const errors = message.segments('ERR').map((segment): AckFault => {
    const modern = segment.get('3') !== undefined && segment.get('3') !== '';
    const at = modern ? '2' : '1';
    const fault: { -readonly [Key in keyof AckFault]: AckFault[Key] } = {};
    const number = (path: string): number | undefined => Number(segment.get(path)) || undefined;
    const said = modern
      ? segment.get('8') || segment.get('7') || segment.get('3.9') || segment.get('3.2')
      : segment.get('1.4.2') || segment.get('1.4.1');
    const errorCode = segment.get(modern ? '3.1' : '1.4.1');
    if (errorCode) fault.code = errorCode;
    if (said) fault.text = said;
    const where = segment.get(`${at}.1`);
    if (where) fault.segment = where;
    const sequence = number(`${at}.2`);
    if (sequence !== undefined) fault.segmentSequence = sequence;
    const field = number(`${at}.3`);
    if (field !== undefined) fault.field = field;
    const severity = segment.get('4');
    if (severity === 'I' || severity === 'W' || severity === 'E' || severity === 'F')
      fault.severity = severity;
    return fault;
  });
  return {
    kind: 'ack',
    code,
    controlId: message.get('MSA-2') ?? '',
    rawControlId: message.raw('MSA-2') ?? '',
    text: message.get('MSA-3') || errors.find(({ text }) => text)?.text || '',
    errors,
    sequenceNumber: message.get('MSA-4') ?? '',
  };
}

const isAckCode = (code: string): code is AckCode => ackCodes.has(code);
