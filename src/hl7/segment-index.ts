import type { Delimiters } from './delimiters.ts';
import type { SegmentSpan } from './span.ts';

/** Finds segments from the top, no further than asked; what was found stays. */
export abstract class SegmentIndex {
  readonly segments: SegmentSpan[] = [];
  /** Where segments end: at the end of the bytes, or at a stray MLLP end byte. */
  readonly end: number;
  #byCode: Map<number, SegmentSpan[]> | undefined;

  constructor(end: number) {
    this.end = end;
  }

  /** The first segment of all. */
  top(): SegmentSpan | undefined {
    return this.segments[0] ?? this.next();
  }

  /** The first segment with this id. */
  first(code: number): SegmentSpan | undefined {
    const { segments } = this;
    for (let i = 0; i < segments.length; i += 1) if (segments[i]?.code === code) return segments[i];
    for (;;) {
      const segment = this.next();
      if (segment === undefined || segment.code === code) return segment;
    }
  }

  /** The nth segment with this id (0 means the first, too). */
  nth(code: number, n: number): SegmentSpan | undefined {
    return n <= 1 ? this.first(code) : this.having(code)[n - 1];
  }

  /** Every segment with this id, in order. */
  having(code: number): readonly SegmentSpan[] {
    if (this.#byCode === undefined) {
      this.#byCode = new Map();
      // Segments of one id mostly follow each other.
      let code = -1;
      let same: SegmentSpan[] = [];
      for (const segment of this.all()) {
        if (segment.code !== code) {
          code = segment.code;
          same = this.#byCode.get(code) ?? [];
          this.#byCode.set(code, same);
        }
        same.push(segment);
      }
    }
    return this.#byCode.get(code) ?? [];
  }

  all(): readonly SegmentSpan[] {
    while (this.next() !== undefined);
    return this.segments;
  }

  /** The next line that is not blank, put behind the others. CR, LF and CRLF all end a line: senders mix them. */
  protected abstract next(): SegmentSpan | undefined;
}

/** Segments of a byte string; they are ranges of it. */
export class TextIndex extends SegmentIndex {
  readonly #text: string;
  readonly #scan: string;
  readonly #separator: number;
  #at: number;
  #nextReturn = -1;
  #nextLineFeed = -1;

  constructor(text: string, scan: string, start: number, delimiters: Delimiters) {
    super(contentEnd(text));
    this.#text = text;
    this.#scan = scan;
    this.#separator = delimiters.codes.field;
    this.#at = start;
  }

  protected override next(): SegmentSpan | undefined {
    const text = this.#text;
    while (this.#at < this.end) {
      const start = this.#at;
      // Both places are remembered: in a file with one kind only, each search for the other would run to its end.
      if (this.#nextReturn < start) this.#nextReturn = orNever(text.indexOf('\r', start));
      if (this.#nextLineFeed < start) this.#nextLineFeed = orNever(text.indexOf('\n', start));
      const end = Math.min(this.#nextReturn, this.#nextLineFeed, this.end);
      this.#at = end + 1;
      if (isBlankLine(text, start, end)) continue;
      const segment: SegmentSpan = {
        code: this.#codeAt(start, end),
        text,
        scan: this.#scan,
        start,
        end,
        from: start,
        to: end,
        change: undefined,
        fields: undefined,
      };
      this.segments.push(segment);
      return segment;
    }
    return undefined;
  }

  #codeAt(start: number, end: number): number {
    if (end - start < 3) return 0;
    const text = this.#scan;
    if (end > start + 3 && text.charCodeAt(start + 3) !== this.#separator) return 0;
    return idCode(text.charCodeAt(start), text.charCodeAt(start + 1), text.charCodeAt(start + 2));
  }
}

/** A segment id as a number; 0 when the characters are none. */
export function idCode(first: number, second: number, third: number): number {
  if (first < 65 || first > 90 || !isIdCharacter(second) || !isIdCharacter(third)) return 0;
  return (first << 16) | (second << 8) | third;
}

const isIdCharacter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 48 && code <= 57);

/** What a search found, or a place that never comes. */
export const orNever = (at: number): number => (at < 0 ? Number.MAX_SAFE_INTEGER : at);

function isBlankLine(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 9) return false;
  }
  return true;
}

/** The end of what can be segments: a stray MLLP end (FS, line ends) is not one. */
function contentEnd(text: string): number {
  let end = text.length;
  while (end > 0) {
    const code = text.charCodeAt(end - 1);
    if (code !== 13 && code !== 10) return code === 28 ? end - 1 : text.length;
    end -= 1;
  }
  return text.length;
}
