import type { Delimiters } from './delimiters.ts';

/** A range of a byte string; narrowed in place while a path is followed, so that reading a value allocates nothing. */
export interface Span {
  start: number;
  end: number;
}

/**
 * Narrows the span to its nth part between separators (n from 1). False when it has fewer; the span is then untouched.
 * Without that separator in the message (-1) the whole span is part 1. The span ends early at `stop`, where one is
 * given: the first component of a first repetition is found without a look at the rest of the field.
 */
export function narrow(scan: string, span: Span, separator: number, n: number, stop = -1): boolean {
  if (separator < 0 && stop < 0) return n === 1;
  let { start, end } = span;
  let part = 1;
  for (let at = start; at < end; at += 1) {
    const code = scan.charCodeAt(at);
    if (code === separator) {
      if (part === n) end = at;
      else {
        part += 1;
        start = at + 1;
      }
    } else if (code === stop) end = at;
  }
  if (part !== n) return false;
  span.start = start;
  span.end = end;
  return true;
}

/** The number of parts between separators; an empty span has one. */
export function countParts(scan: string, span: Span, separator: number): number {
  let parts = 1;
  if (separator >= 0)
    for (let at = span.start; at < span.end; at += 1) if (scan.charCodeAt(at) === separator) parts += 1;
  return parts;
}

/** One segment: where it stands in `text`, which is the whole source until the segment is edited. */
export interface SegmentSpan {
  /** The three characters of the id as a number; 0 when what stands there is not a segment id. */
  readonly code: number;
  text: string;
  /** `text`, or its mask in a character set that needs one (Charset.mask). */
  scan: string;
  start: number;
  end: number;
  /** The place in the source, which edits do not move. */
  readonly from: number;
  readonly to: number;
  /**
   * Offsets of the fields found so far, no further than was asked: [0] is the id. Behind the last field's stands the
   * segment's end plus one, so that each field ends one before the next.
   */
  fields: number[] | undefined;
}

const MSH = 0x4d5348;
const FHS = 0x464853;
const BHS = 0x424853;

/** MSH, FHS and BHS number their fields differently: field 1 is the separator itself. */
export const isHeader = (segment: SegmentSpan): boolean =>
  segment.code === MSH || segment.code === FHS || segment.code === BHS;

/** MSH-1 and MSH-2 declare the delimiters, so they are neither divided nor unescaped. */
export const isDeclaration = (segment: SegmentSpan, field: number): boolean =>
  (field === 1 || field === 2) && isHeader(segment);

/** Looks for fields until the end of field n is known, or the segment ends; goes on where it stopped before. */
function findFields(segment: SegmentSpan, delimiters: Delimiters, n: number): number[] {
  const { scan, start, end } = segment;
  const separator = delimiters.codes.field;
  let starts = segment.fields;
  if (starts === undefined) {
    // A list that grows takes room for sixteen more, which an id without fields need not.
    if (segment.code !== 0 && end - start === 3) starts = [start, end + 1];
    else starts = isHeader(segment) ? [start, start + 3, start + 4] : [start];
    segment.fields = starts;
  }
  let at = starts[starts.length - 1] as number;
  if (at > end) return starts;
  for (; at < end; at += 1) {
    if (scan.charCodeAt(at) !== separator) continue;
    starts.push(at + 1);
    if (starts.length > n + 1) return starts;
  }
  starts.push(end + 1);
  return starts;
}

/** The number of fields, empty ones included. */
export const countFields = (segment: SegmentSpan, delimiters: Delimiters): number =>
  findFields(segment, delimiters, Number.MAX_SAFE_INTEGER).length - 2;

/** Sets the span to field n; false when the segment ends before it. */
export function fieldSpan(segment: SegmentSpan, delimiters: Delimiters, n: number, span: Span): boolean {
  let starts = segment.fields;
  if (starts === undefined || starts.length <= n + 1) starts = findFields(segment, delimiters, n);
  const next = starts[n + 1];
  if (next === undefined) return false;
  const start = starts[n] as number;
  span.start = start;
  span.end = n === 1 && isHeader(segment) ? start + 1 : next - 1;
  return true;
}

/** Finds segments from the top, no further than asked; what was found stays. */
export class SegmentIndex {
  readonly segments: SegmentSpan[] = [];
  readonly #text: string;
  readonly #scan: string;
  readonly #separator: number;
  readonly #end: number;
  #at: number;
  #nextReturn = -1;
  #nextLineFeed = -1;
  #byCode: Map<number, SegmentSpan[]> | undefined;

  constructor(text: string, scan: string, start: number, delimiters: Delimiters) {
    this.#text = text;
    this.#scan = scan;
    this.#separator = delimiters.codes.field;
    this.#at = start;
    this.#end = contentEnd(text);
  }

  /** Where segments end: at the end of the bytes, or at a stray MLLP end byte. */
  get end(): number {
    return this.#end;
  }

  /** The first segment of all. */
  top(): SegmentSpan | undefined {
    return this.segments[0] ?? this.#next();
  }

  /** The first segment with this id. */
  first(code: number): SegmentSpan | undefined {
    for (const segment of this.segments) if (segment.code === code) return segment;
    for (;;) {
      const segment = this.#next();
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
    while (this.#next() !== undefined);
    return this.segments;
  }

  /** The next line that is not blank. CR, LF and CRLF all end a line: senders mix them. */
  #next(): SegmentSpan | undefined {
    const text = this.#text;
    while (this.#at < this.#end) {
      const start = this.#at;
      // Both places are remembered: in a file with one kind only, each search for the other would run to its end.
      if (this.#nextReturn < start) this.#nextReturn = placeOf(text, '\r', start);
      if (this.#nextLineFeed < start) this.#nextLineFeed = placeOf(text, '\n', start);
      const end = Math.min(this.#nextReturn, this.#nextLineFeed, this.#end);
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
    const first = text.charCodeAt(start);
    const second = text.charCodeAt(start + 1);
    const third = text.charCodeAt(start + 2);
    if (first < 65 || first > 90 || !isIdCharacter(second) || !isIdCharacter(third)) return 0;
    return (first << 16) | (second << 8) | third;
  }
}

const isIdCharacter = (code: number): boolean => (code >= 65 && code <= 90) || (code >= 48 && code <= 57);

function placeOf(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at < 0 ? Number.MAX_SAFE_INTEGER : at;
}

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
