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

/** Other bytes that stand in place of a range of the source. */
export interface Change {
  readonly start: number;
  readonly end: number;
  readonly bytes: string;
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
  /** What edits made of it; then it has a text of its own. */
  change: Change | undefined;
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

/** A list that grows takes room for sixteen more, which a line without fields need not. */
function firstFields({ code, scan, start, end }: SegmentSpan, separator: number): number[] {
  if (end > start + 3 && (code === MSH || code === FHS || code === BHS)) return [start, start + 3, start + 4];
  let at = start;
  while (at < end && scan.charCodeAt(at) !== separator) at += 1;
  return [start, at + 1];
}

/** Looks for fields until the end of field n is known, or the segment ends; goes on where it stopped before. */
function findFields(segment: SegmentSpan, delimiters: Delimiters, n: number): number[] {
  const { scan, end } = segment;
  const separator = delimiters.codes.field;
  segment.fields ??= firstFields(segment, separator);
  const starts = segment.fields;
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

/**
 * As fieldSpan, for one look at a segment that is changed next: fields that are known already are used, but none are
 * kept, since the edit moves them.
 */
export function fieldSpanOnce(segment: SegmentSpan, delimiters: Delimiters, n: number, span: Span): boolean {
  if (segment.fields !== undefined || isHeader(segment)) return fieldSpan(segment, delimiters, n, span);
  const { field } = delimiters;
  const { start } = segment;
  // Searched as a line of its own: in the whole text the search for one more field would run on behind it.
  const line = segment.scan.slice(start, segment.end);
  let from = 0;
  for (let i = 0; i < n; i += 1) {
    from = line.indexOf(field, from) + 1;
    if (from === 0) return false;
  }
  const end = line.indexOf(field, from);
  span.start = start + from;
  span.end = start + (end < 0 ? line.length : end);
  return true;
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
