import { type AckFault, errorSegments, errorsOf, shortened, versionNumber } from './ack-error.ts';
import { buildSegment, type FieldContent } from './build.ts';
import { bytesOf, type Charset, CharsetError, charsetNamed, undeclared } from './charset.ts';
import type { Delimiters } from './delimiters.ts';
import { type Header, peek } from './header.ts';
import { parse } from './message.ts';
import { path } from './path.ts';

export { type AckFault, ackErrorTexts } from './ack-error.ts';
export { isAck } from './ack-mode.ts';

/** HL7 table 0008: application (A) and commit (C) acknowledgement; accept, error, reject. */
export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR';

const ackCodes: ReadonlySet<string> = new Set(['AA', 'AE', 'AR', 'CA', 'CE', 'CR']);

export interface AckContent {
  readonly code: AckCode;
  /** MSA-3, one line; cut at 80 characters, the length of the field. */
  readonly text?: string;
  /** MSH-10 of the acknowledgement. */
  readonly controlId: string;
  /** MSH-7: a Date is written in UTC, `20260131120000+0000`; a string as it is. */
  readonly time: Date | string;
  readonly errors?: readonly AckFault[];
  /** MSA-4, for links that number their messages: what `receiveSequence` says. */
  readonly sequenceNumber?: string;
}

/**
 * The acknowledgement of a message: sender and receiver exchanged, the original's delimiters, version, processing id
 * and character set, MSA-2 its MSH-10 byte for byte, and ERR for every code but AA and CA in the form of the version
 * (none up to 2.2, where MSA-3 says it; ERR-1 up to 2.4; ERR-2 to ERR-8 from 2.5). Never throws: bytes without a usable MSH are answered with
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
  const negative = content.code !== 'AA' && content.code !== 'CA';
  // Before 2.3 there is no ERR to say it in.
  const first = negative && version < 2_003_000 ? content.errors?.[0]?.text : undefined;
  const text = shortened(content.text || first || '');
  const none = undefined;
  const sender = [raw(5), raw(6), raw(3), raw(4)];
  const identity = [time, none, type, say(content.controlId), raw(11, 'P'), raw(12, '2.5.1')];
  const lines = [
    buildSegment('MSH', [...sender, ...identity, none, none, none, none, none, raw(18)], delimiters),
    buildSegment('MSA', [content.code, raw(10), say(text), content.sequenceNumber], delimiters),
  ];
  if (negative) {
    const errors = content.errors?.length ? content.errors : [text === '' ? {} : { text }];
    lines.push(...errorSegments(errors, version, delimiters, say));
  }
  return bytesOf(`${lines.join('\r')}\r`);
}

/**
 * A text that can be escaped and encoded for sure, as a byte string: what the set cannot hold, or what cannot be
 * escaped for want of an escape character, becomes `?` (another mark where that is a delimiter).
 */
function encodable(text: string, delimiters: Delimiters, charset: Charset): string {
  // What every set writes alike, and no delimiter rule can touch.
  if (delimiters.escape !== undefined && plain.test(text)) return text;
  let bytes = '';
  const bare = delimiters.escape === undefined ? delimiters.field + delimiters.encoding : '';
  // The mark may be a delimiter itself.
  const unsaid = ['?', '.', '_', '-'].find((mark) => !bare.includes(mark)) ?? '';
  for (const character of text) {
    // In a double-byte set a delimiter may hide in a character, which escaping byte by byte would break.
    if (charset.mask !== undefined && character > '~') bytes += unsaid;
    else if (bare.includes(character) || (bare !== '' && character < ' ')) bytes += unsaid;
    else
      try {
        bytes += charset.encode(character);
      } catch (error) {
        if (!(error instanceof CharsetError)) throw error;
        bytes += unsaid;
      }
  }
  return bytes;
}

/** Printable ASCII but for the two places that sets of one country fill otherwise. */
const plain = /^[ -[\]-}]*$/;

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
  const code = message.get(paths.code)?.trim();
  if (code === undefined) return { kind: 'junk', reason: 'The answer has no MSA segment.' };
  if (!isAckCode(code))
    return { kind: 'junk', reason: 'MSA-1 of the answer is none of AA, AE, AR, CA, CE and CR.' };
  // A positive answer is the everyday one, and hardly ever has an ERR: it is not searched for one.
  const positive = code === 'AA' || code === 'CA';
  const errors = positive && message.raw(paths.error) === undefined ? noErrors : errorsOf(message);
  return {
    kind: 'ack',
    code,
    controlId: message.get(paths.controlId) ?? '',
    rawControlId: message.raw(paths.controlId) ?? '',
    text:
      message.get(paths.text) || errors.find(({ text }) => text)?.text || message.get(paths.condition) || '',
    errors,
    sequenceNumber: message.get(paths.sequence) ?? '',
  };
}

const noErrors: readonly AckFault[] = [];

const paths = {
  code: path('MSA-1'),
  controlId: path('MSA-2'),
  text: path('MSA-3'),
  sequence: path('MSA-4'),
  /** Error condition, 2.2 to 2.6. */
  condition: path('MSA-6.2'),
  error: path('ERR'),
};

const isAckCode = (code: string): code is AckCode => ackCodes.has(code);
