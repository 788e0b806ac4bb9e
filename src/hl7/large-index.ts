import { byteString } from './byte-string.ts';
import type { Delimiters } from './delimiters.ts';
import { idCode, orNever, SegmentIndex } from './segment-index.ts';
import type { Change, SegmentSpan } from './span.ts';

/**
 * From here on a message has no byte string of its own, and its lines are found in the bytes. A string of 20 MB is as
 * many bytes again, which the system gives and takes back page by page: half of the time of reading one field.
 */
export const largeBytes = 1024 * 1024;

/** Segments of a large message; each becomes a byte string when it is read. */
export class LargeIndex extends SegmentIndex {
  readonly #bytes: Buffer;
  readonly #separator: number;
  #at: number;
  #nextReturn = -1;

  constructor(bytes: Buffer, start: number, delimiters: Delimiters) {
    super(contentEnd(bytes));
    this.#bytes = bytes;
    this.#separator = delimiters.codes.field;
    this.#at = start;
  }

  protected override next(): SegmentSpan | undefined {
    const bytes = this.#bytes;
    while (this.#at < this.end) {
      const start = this.#at;
      // Remembered: where lines end with LF, each search would run to the end of all.
      if (this.#nextReturn < start) this.#nextReturn = orNever(bytes.indexOf(13, start));
      let end = Math.min(this.#nextReturn, this.end);
      // An LF is looked for within the line, which the processor has at hand by now.
      const lineFeed = bytes.subarray(start, end).indexOf(10);
      if (lineFeed >= 0) end = start + lineFeed;
      this.#at = end + 1;
      if (isBlankLine(bytes, start, end)) continue;
      const segment = new LargeSegment(bytes, start, end, this.#codeAt(start, end));
      this.segments.push(segment);
      return segment;
    }
    return undefined;
  }

  #codeAt(start: number, end: number): number {
    const bytes = this.#bytes;
    if (end - start < 3 || (end > start + 3 && bytes[start + 3] !== this.#separator)) return 0;
    return idCode(bytes[start] as number, bytes[start + 1] as number, bytes[start + 2] as number);
  }
}

class LargeSegment implements SegmentSpan {
  readonly code: number;
  readonly from: number;
  readonly to: number;
  start = 0;
  end: number;
  change: Change | undefined = undefined;
  fields: number[] | undefined = undefined;
  readonly #bytes: Buffer;
  #text: string | undefined;
  #scan: string | undefined;

  constructor(bytes: Buffer, from: number, to: number, code: number) {
    this.#bytes = bytes;
    this.from = from;
    this.to = to;
    this.end = to - from;
    this.code = code;
  }

  get text(): string {
    this.#text ??= byteString(this.#bytes, this.from, this.to);
    return this.#text;
  }

  set text(text: string) {
    this.#text = text;
  }

  get scan(): string {
    return this.#scan ?? this.text;
  }

  set scan(scan: string) {
    this.#scan = scan;
  }
}

/** The end of what can be segments, as in a text. */
function contentEnd(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0) {
    const byte = bytes[end - 1];
    if (byte !== 13 && byte !== 10) return byte === 28 ? end - 1 : bytes.length;
    end -= 1;
  }
  return bytes.length;
}

function isBlankLine(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== 32 && bytes[at] !== 9) return false;
  return true;
}
