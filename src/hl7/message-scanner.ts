import { byteString } from './byte-string.ts';
import { placeHeader } from './header.ts';

/** What the scanner found, with its place counted from the first byte of the file. */
export type Found =
  | { readonly kind: 'message' | 'envelope'; readonly at: number; readonly bytes: Uint8Array }
  /** Bytes that belong to nothing; `length` counts them without line ends. */
  | { readonly kind: 'stray' | 'oversized'; readonly at: number; readonly length: number };

const VT = 0x0b;
const FS = 0x1c;

/**
 * Divides bytes that come in pieces into messages and the lines of batch envelopes. It holds the open message and the
 * line that has not ended, and nothing else: at most two times the limit and one piece. Each byte is looked at once and
 * copied twice at most. What is found are windows of the bytes, which are never written to again.
 */
export class MessageScanner {
  readonly #limit: number;
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;
  /** The place of `#bytes[0]` in the file. */
  #base = 0;
  #begun = false;
  /** Start of the line that has not ended, and how far its end was looked for. */
  #line = 0;
  #looked = 0;
  #framed = false;
  /** Start of the open message, and the end of its last line that is not blank; -1 when none is open. */
  #open = -1;
  #end = -1;
  /** The rest of a message beyond the limit, or of a line beyond it, is left out. */
  #skipping = false;
  #dropping = false;
  #separator: number | undefined;
  #strayAt = -1;
  #strayLength = 0;
  #found: Found[] = [];

  /** @param limit the largest message, in bytes. */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  /** The bytes that are held because they may belong to something that has not ended. */
  get held(): number {
    return this.#bytes.length - Math.min(this.#needed(), this.#bytes.length);
  }

  /** What has ended with this piece. */
  push(piece: Uint8Array): Found[] {
    this.#append(piece);
    this.#scan(false);
    return this.#taken();
  }

  /** What has ended with the file. */
  finish(): Found[] {
    this.#scan(true);
    this.#close();
    this.#endStray();
    return this.#taken();
  }

  #taken(): Found[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  #needed(): number {
    return this.#open >= 0 ? this.#open : this.#line;
  }

  #append(piece: Uint8Array): void {
    const needed = this.#needed();
    const rest = this.#length - needed;
    if (this.#bytes.length - this.#length >= piece.length) {
      this.#bytes.set(piece, this.#length);
      this.#length += piece.length;
      return;
    }
    // A new array each time, so that what was handed out stays as it is; twice the rest, so that copying stays linear.
    const bytes = rest > 0 ? new Uint8Array(2 * rest + piece.length) : piece;
    if (rest > 0) {
      bytes.set(this.#bytes.subarray(needed, this.#length));
      bytes.set(piece, rest);
    }
    this.#bytes = bytes;
    this.#length = rest + piece.length;
    this.#base += needed;
    this.#line -= needed;
    this.#looked -= needed;
    if (this.#open >= 0) {
      this.#open -= needed;
      this.#end -= needed;
    }
  }

  #scan(final: boolean): void {
    const bytes = this.#bytes;
    const length = this.#length;
    if (!this.#begun) {
      // A byte order mark is no part of the first line.
      if (length < 3 && !final) return;
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.#line = this.#looked = 3;
      this.#begun = true;
    }
    while (this.#line < length) {
      let at = this.#looked;
      let byte = -1;
      for (; at < length; at += 1) {
        byte = bytes[at] as number;
        if (byte === 13 || byte === 10 || byte === VT || byte === FS) break;
      }
      this.#looked = at;
      // An LF may follow the CR.
      if (!final && (at >= length || (byte === 13 && at + 1 >= length))) {
        if (at - this.#line > this.#limit) this.#drop(at);
        return;
      }
      const framing = at < length && (byte === VT || byte === FS);
      const next = at >= length || framing ? at : byte === 13 && bytes[at + 1] === 10 ? at + 2 : at + 1;
      this.#takeLine(this.#line, at, next);
      this.#line = this.#looked = framing ? at + 1 : next;
      this.#framed = framing;
    }
  }

  /** Leaves out the part of a line that is too long, as the whole of it will be. */
  #drop(at: number): void {
    if (this.#framed) this.#close();
    this.#framed = false;
    if (!this.#dropping) this.#takeLong(this.#line, at);
    else if (this.#strayAt >= 0) this.#strayLength += at - this.#line;
    this.#dropping = true;
    this.#line = at;
  }

  #takeLine(from: number, end: number, next: number): void {
    if (this.#dropping) {
      if (this.#strayAt >= 0) this.#strayLength += end - from;
      this.#dropping = false;
      return;
    }
    if (this.#framed) this.#close();
    if (end - from > this.#limit) this.#takeLong(from, end);
    else if (end === from) this.#bounded(next);
    else this.#takeText(from, end, next);
  }

  #takeText(from: number, end: number, next: number): void {
    const bytes = this.#bytes;
    let start = from;
    // Blanks may precede a header, but only where no text can be going on.
    if (this.#open < 0) while (start < end && isBlank(bytes[start])) start += 1;
    const kind = lineKind(bytes, start, end, this.#separator);
    if (kind === 'message') {
      this.#close();
      this.#endStray();
      this.#separator ??= bytes[start + 3];
      this.#open = start;
      this.#end = next;
      if (next - start > this.#limit) this.#refuse();
    } else if (kind === 'envelope') {
      this.#close();
      this.#endStray();
      this.#found.push({ kind, at: this.#base + start, bytes: bytes.subarray(start, end) });
    } else if (isBlankLine(bytes, start, end)) this.#bounded(next);
    else if (this.#open >= 0) {
      this.#end = next;
      if (next - this.#open > this.#limit) this.#refuse();
    } else if (!this.#skipping) this.#stray(start, end - start);
  }

  /** Blank lines behind a message do not make it larger, but they must not be held for ever. */
  #bounded(next: number): void {
    if (this.#open >= 0 && next - this.#open > this.#limit) this.#close();
  }

  #takeLong(from: number, end: number): void {
    const kind = lineKind(this.#bytes, from, end, this.#separator);
    if (kind !== 'other') {
      this.#close();
      this.#endStray();
    }
    if (kind === 'message') this.#open = from;
    if (this.#open >= 0) {
      this.#end = end;
      this.#refuse();
    } else if (!this.#skipping) this.#stray(from, end - from);
  }

  #refuse(): void {
    this.#found.push({ kind: 'oversized', at: this.#base + this.#open, length: this.#end - this.#open });
    this.#open = -1;
    this.#skipping = true;
  }

  #close(): void {
    if (this.#open >= 0) {
      this.#found.push({
        kind: 'message',
        at: this.#base + this.#open,
        bytes: this.#bytes.subarray(this.#open, this.#end),
      });
    }
    this.#open = -1;
    this.#skipping = false;
  }

  #stray(at: number, length: number): void {
    if (this.#strayAt < 0) this.#strayAt = this.#base + at;
    this.#strayLength += length;
  }

  #endStray(): void {
    if (this.#strayAt >= 0) this.#found.push({ kind: 'stray', at: this.#strayAt, length: this.#strayLength });
    this.#strayAt = -1;
    this.#strayLength = 0;
  }
}

function isBlankLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (!isBlank(bytes[at])) return false;
  return true;
}

const isBlank = (byte: number | undefined): boolean => byte === 32 || byte === 9;

/** A text may go over several lines, one of which may begin with MSH: only a header with delimiters counts. */
function lineKind(
  bytes: Uint8Array,
  from: number,
  end: number,
  separator: number | undefined,
): 'message' | 'envelope' | 'other' {
  if (end - from < 3) return 'other';
  const first = bytes[from];
  const second = bytes[from + 1];
  const third = bytes[from + 2];
  const fourth = end - from > 3 ? (bytes[from + 3] as number) : -1;
  if (first === 0x4d && second === 0x53 && third === 0x48) {
    if (fourth === separator && fourth !== -1) return 'message';
    const start = byteString(bytes, from, Math.min(end, from + 60));
    return placeHeader(start).reason === undefined ? 'message' : 'other';
  }
  // FHS, BHS, BTS, FTS, which end with their separator.
  if ((first === 0x46 || first === 0x42) && (second === 0x48 || second === 0x54) && third === 0x53)
    return isWordByte(fourth) ? 'other' : 'envelope';
  return 'other';
}

const isWordByte = (byte: number): boolean =>
  (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 32;
