import { byteString, type Charset, charsetOf, undeclared } from './charset.ts';
import { type Delimiters, declaredDelimiters, defaultDelimiters } from './delimiters.ts';
import { unescapeText } from './escape.ts';
import { narrowed, wideForm } from './wide.ts';

/**
 * What the MSH segment says. A position that is empty or absent is `''`; values are unescaped text.
 * `fields[n]` is MSH-n as written, as a byte string (one unit a byte).
 */
export interface Header {
  /** True when an MSH with readable delimiters stands first; otherwise `reason` is a sentence for a person. */
  readonly usable: boolean;
  readonly reason: string | undefined;
  readonly delimiters: Delimiters;
  /** MSH-3 to MSH-6, whole fields. */
  readonly sendingApplication: string;
  readonly sendingFacility: string;
  readonly receivingApplication: string;
  readonly receivingFacility: string;
  /** MSH-7 as sent: `20260131120000-0500`. */
  readonly time: string;
  /** MSH-8; Epic puts the id of the user there. */
  readonly security: string;
  /** MSH-9 in three parts, and code and trigger together as people say them: `ADT^A01`. */
  readonly code: string;
  readonly trigger: string;
  readonly structure: string;
  readonly type: string;
  /** MSH-10. */
  readonly controlId: string;
  /** MSH-11.1: `P`, `T` or `D`. */
  readonly processingId: string;
  /** MSH-12.1: `2.5.1`. */
  readonly version: string;
  readonly sequenceNumber: string;
  /** MSH-15 and MSH-16: `AL`, `NE`, `ER` or `SU`; either one set means enhanced acknowledgement. */
  readonly acceptAck: string;
  readonly applicationAck: string;
  /** MSH-18, first repetition, as declared. */
  readonly charset: string;
  readonly fields: readonly string[];
}

/** Where the MSH stands in a byte string, and the delimiters it declares. */
export interface HeaderPlace {
  /** Offset of `MSH`, or of the first byte that is not a blank when there is none. */
  readonly start: number;
  readonly delimiters: Delimiters;
  readonly reason: string | undefined;
}

const byteOrderMark = '\xef\xbb\xbf';
const isBlank = (code: number): boolean => (code >= 9 && code <= 13) || code === 32;

/** Finds the MSH after an optional UTF-8 byte order mark and blanks (a stray MLLP start byte counts as one). */
export function placeHeader(text: string): HeaderPlace {
  let start = 0;
  if (text.charCodeAt(0) !== 77) {
    if (text.startsWith(byteOrderMark)) start = 3;
    while (start < text.length && isBlank(text.charCodeAt(start))) start += 1;
  }
  // The common header costs one comparison.
  if (text.startsWith('MSH|^~\\&|', start))
    return { start, delimiters: defaultDelimiters, reason: undefined };
  if (!text.startsWith('MSH', start))
    return { start, delimiters: defaultDelimiters, reason: missingHeader(text, start) };
  const field = text.charAt(start + 3);
  let end = start + 4;
  while (end < text.length) {
    const code = text.charCodeAt(end);
    if (text[end] === field || code === 13 || code === 10 || code === 28) break;
    end += 1;
    // No message has more than a handful; without a separator this would run through the whole file.
    if (end - start > 40) break;
  }
  const delimiters = declaredDelimiters(field, text.slice(start + 4, end));
  if (typeof delimiters === 'string')
    return { start, delimiters: defaultDelimiters, reason: `${delimiters}.` };
  return { start, delimiters, reason: undefined };
}

function missingHeader(text: string, start: number): string {
  if (start >= text.length) return text === '' ? 'There are no bytes.' : 'There are only blanks.';
  if (/^(\xff\xfe|\xfe\xff|\0\0\xfe\xff)/.test(text))
    return 'A byte order mark of UTF-16 or UTF-32 stands first, but what follows is neither.';
  const id = text.slice(start, start + 3);
  const separator = text.charAt(start + 3);
  if (/^(FHS|BHS)$/.test(id) && !/[A-Za-z0-9]/.test(separator))
    return 'This is a batch file: split it first.';
  if (/^[A-Z][A-Z0-9]{2}$/.test(id) && /[^A-Za-z0-9\s]/.test(separator))
    return `The first segment is ${id}, not MSH: the header of the message is missing.`;
  return 'The bytes do not begin with an MSH segment.';
}

/** Far beyond any MSH; a first line longer than this is read as if it ended here. */
const longestHeader = 65_536;

/**
 * Reads the MSH segment alone and leaves the rest of the bytes untouched: what a receiver needs before it stores a
 * message (about 1 microsecond, whatever the size of the message). Never throws.
 *
 *     peek(bytes).type        // 'ADT^A01'
 *     peek(bytes).controlId   // '4711'
 */
export function peek(bytes: Uint8Array): Header {
  const wide = wideForm(bytes);
  if (wide !== undefined) {
    // UTF-32 is checked as a whole; of UTF-16 the header is enough, and it ends within twice the length.
    const part = wide.width === 4 ? bytes : bytes.subarray(0, 2 * longestHeader);
    const inner = narrowed(part, wide);
    if (inner !== undefined) return peek(inner);
  }
  const { length } = bytes;
  let end = 0;
  // Blanks may precede the header; its line ends at the first CR or LF after them.
  while (end < length && (isBlank(bytes[end] as number) || (bytes[end] as number) >= 0x80)) end += 1;
  const limit = Math.min(length, end + longestHeader);
  for (; end < limit; end += 1) {
    const byte = bytes[end];
    if (byte === 13 || byte === 10 || byte === 28) break;
  }
  const header = readHeader(byteString(bytes, 0, end));
  return header.usable ? header : readHeader(byteString(bytes, 0, limit));
}

/** The header of a byte string that begins with its first line. */
export function readHeader(text: string): Header {
  const { start, delimiters, reason } = placeHeader(text);
  if (reason !== undefined) return unusable(reason);
  const line: HeaderLine = { fields: ['MSH', delimiters.field], end: start, beyondAscii: false };
  readFields(text, text, start, delimiters, line);
  // In a double-byte set a separator may be half a character, and MSH-18 then seems to stand further on.
  if (line.beyondAscii) {
    const masks = line.fields.slice(18, 30).map((each) => charsetOf(charsetNames(each, delimiters))?.mask);
    const mask = masks.find((each) => each !== undefined);
    if (mask !== undefined) {
      line.fields.length = 2;
      readFields(text, text.slice(0, start) + mask(text.slice(start, line.end)), start, delimiters, line);
    }
  }
  const { fields } = line;
  const component = delimiters.component;
  const first = (value: string): string => {
    const cut = value.indexOf(component);
    return cut < 0 ? value : value.slice(0, cut);
  };
  const names = charsetNames(fields[18], delimiters);
  const read = reader(delimiters, charsetOf(names) ?? undeclared);
  const [code = '', trigger = '', structure = ''] = (fields[9] ?? '').split(component, 3);
  return {
    usable: true,
    reason: undefined,
    delimiters,
    sendingApplication: read(fields[3]),
    sendingFacility: read(fields[4]),
    receivingApplication: read(fields[5]),
    receivingFacility: read(fields[6]),
    time: read(fields[7]),
    security: read(fields[8]),
    code: read(code),
    trigger: read(trigger),
    structure: read(structure),
    type: trigger === '' ? read(code) : `${read(code)}^${read(trigger)}`,
    controlId: read(fields[10]),
    processingId: read(first(fields[11] ?? '')),
    version: read(first(fields[12] ?? '')),
    sequenceNumber: read(fields[13]),
    acceptAck: read(fields[15]),
    applicationAck: read(fields[16]),
    charset: read(names[0]),
    fields,
  };
}

/** The repetitions of MSH-18. */
export const charsetNames = (declared: string | undefined, { repetition }: Delimiters): string[] =>
  repetition === undefined ? [declared ?? ''] : (declared ?? '').split(repetition);

interface HeaderLine {
  readonly fields: string[];
  end: number;
  beyondAscii: boolean;
}

/** Fills in the fields from MSH-2 on, with separators found in `scan`, up to the end of the line. */
function readFields(
  text: string,
  scan: string,
  start: number,
  delimiters: Delimiters,
  line: HeaderLine,
): void {
  const separator = delimiters.codes.field;
  let from = start + 4;
  let at = from;
  for (; at < scan.length; at += 1) {
    const code = scan.charCodeAt(at);
    if (code === separator) {
      line.fields.push(text.slice(from, at));
      from = at + 1;
    } else if (code < 32) {
      if (code === 13 || code === 10 || code === 28) break;
      if (code === 27) line.beyondAscii = true;
    } else if (code > 127) line.beyondAscii = true;
  }
  line.fields.push(text.slice(from, at));
  line.end = at;
}

const asItIs = (bytes: string): string => bytes;

const reader =
  (delimiters: Delimiters, charset: Charset) =>
  (raw: string | undefined): string => {
    if (raw === undefined || raw === '') return '';
    const scan = charset.mask?.(raw) ?? raw;
    return charset.decode(unescapeText(raw, delimiters, asItIs, scan, { charset }));
  };

function unusable(reason: string): Header {
  return {
    usable: false,
    reason,
    delimiters: defaultDelimiters,
    sendingApplication: '',
    sendingFacility: '',
    receivingApplication: '',
    receivingFacility: '',
    time: '',
    security: '',
    code: '',
    trigger: '',
    structure: '',
    type: '',
    controlId: '',
    processingId: '',
    version: '',
    sequenceNumber: '',
    acceptAck: '',
    applicationAck: '',
    charset: '',
    fields: [],
  };
}
