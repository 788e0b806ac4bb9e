import { byteString } from './charset.ts';
import { placeHeader } from './header.ts';

/** What a file of messages holds. */
export interface SplitFile {
  /** The bytes of each message, from its MSH to its last line end; slices of the file, not copies. */
  readonly messages: readonly Uint8Array[];
  /** The batch and file headers and trailers (FHS, BHS, BTS, FTS) that were left out, as slices. */
  readonly envelope: readonly Uint8Array[];
  /** Bytes that belong to neither and are not blanks or MLLP framing: read a file with any as damaged. */
  readonly strayBytes: number;
  /** Where the first stray byte stands; -1 when there is none. */
  readonly strayAt: number;
}

const VT = 0x0b;
const FS = 0x1c;

/**
 * Divides a file into its messages. A message begins where a line begins with MSH and a field separator; it ends before
 * the next one, before a line of the batch envelope, or at an MLLP end byte. One pass over the bytes; never throws.
 *
 *     splitMessages(await readFile('adt.hl7')).messages.length
 */
export function splitMessages(bytes: Uint8Array): SplitFile {
  const messages: Uint8Array[] = [];
  const envelope: Uint8Array[] = [];
  let strayBytes = 0;
  let strayAt = -1;
  let separator: number | undefined;
  /** Start of the message that is open, and the end of its last line that is not blank. */
  let open = -1;
  let end = -1;
  const close = (): void => {
    if (open >= 0) messages.push(bytes.subarray(open, end));
    open = -1;
  };
  for (const line of lines(bytes)) {
    if (line.framed) close();
    if (line.end === line.start) continue;
    // Blanks may precede a header, but only where no text can be going on.
    if (open < 0) while (line.start < line.end && isBlank(bytes[line.start])) line.start += 1;
    const kind = lineKind(bytes, line, separator);
    if (kind === 'message') {
      close();
      separator ??= bytes[line.start + 3];
      open = line.start;
      end = line.next;
    } else if (kind === 'envelope') {
      close();
      envelope.push(bytes.subarray(line.start, line.end));
    } else if (isBlankLine(bytes, line)) continue;
    else if (open >= 0) end = line.next;
    else {
      if (strayAt < 0) strayAt = line.start;
      strayBytes += line.end - line.start;
    }
  }
  close();
  return { messages, envelope, strayBytes, strayAt };
}

interface Line {
  start: number;
  end: number;
  /** Behind the line end, which may be CR, LF or CRLF; where an MLLP byte ends the line, before that byte. */
  next: number;
  /** An MLLP byte stands before this line. */
  framed: boolean;
}

function* lines(bytes: Uint8Array): Generator<Line> {
  const line: Line = { start: 0, end: 0, next: 0, framed: false };
  const { length } = bytes;
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (at < length) {
    line.start = at;
    let byte = -1;
    for (; at < length; at += 1) {
      byte = bytes[at] as number;
      if (byte === 13 || byte === 10 || byte === VT || byte === FS) break;
    }
    line.end = at;
    const framing = at < length && (byte === VT || byte === FS);
    line.next = at >= length || framing ? at : byte === 13 && bytes[at + 1] === 10 ? at + 2 : at + 1;
    yield line;
    at = framing ? at + 1 : line.next;
    line.framed = framing;
  }
  line.start = length;
  line.end = length;
  yield line;
}

function isBlankLine(bytes: Uint8Array, line: Line): boolean {
  for (let at = line.start; at < line.end; at += 1) if (!isBlank(bytes[at])) return false;
  return true;
}

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9;

/** A text may go over several lines, one of which may begin with MSH: only a header with delimiters counts. */
function lineKind(
  bytes: Uint8Array,
  line: Line,
  separator: number | undefined,
): 'message' | 'envelope' | 'other' {
  if (line.end - line.start < 3) return 'other';
  const first = bytes[line.start];
  const second = bytes[line.start + 1];
  const third = bytes[line.start + 2];
  const fourth = line.end - line.start > 3 ? (bytes[line.start + 3] as number) : -1;
  if (first === 0x4d && second === 0x53 && third === 0x48) {
    if (fourth === separator && fourth !== -1) return 'message';
    const start = byteString(bytes, line.start, Math.min(line.end, line.start + 60));
    return placeHeader(start).reason === undefined ? 'message' : 'other';
  }
  // FHS, BHS, BTS, FTS, which end with their separator.
  if ((first === 0x46 || first === 0x42) && (second === 0x48 || second === 0x54) && third === 0x53)
    return isWordByte(fourth) ? 'other' : 'envelope';
  return 'other';
}

const isWordByte = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 32;
