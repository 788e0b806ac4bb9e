import type { Charset } from './charset.ts';
import type { Delimiters } from './delimiters.ts';
import { unescapeText } from './escape.ts';
import type { Choice, Condition, Path } from './path.ts';
import { countParts, fieldSpan, isDeclaration, narrow, type SegmentSpan, type Span } from './span.ts';

/** What reading a value needs to know of its message. */
export interface Reading {
  readonly delimiters: Delimiters;
  readonly charset: Charset;
  /** All bytes are ASCII: what has no escape sequence is its own text, and the character set need not be known. */
  readonly ascii: boolean;
}

/** A place that a path led to. */
export interface Place extends Span {
  readonly segment: SegmentSpan;
}

const asItIs = (bytes: string): string => bytes;

/** The text of a range: escape sequences resolved on bytes (`\XC3\\XA9\` is one character), then decoded. */
export function readText(reading: Reading, segment: SegmentSpan, start: number, end: number): string {
  if (start === end) return '';
  const raw = segment.text.slice(start, end);
  const { delimiters } = reading;
  const scan = segment.scan === segment.text ? raw : segment.scan.slice(start, end);
  const plain = unescapeText(raw, delimiters, asItIs, scan, reading);
  return plain === raw && reading.ascii ? raw : reading.charset.decode(plain);
}

/** The text of a range as written. */
export function readRaw(reading: Reading, segment: SegmentSpan, start: number, end: number): string {
  const raw = segment.text.slice(start, end);
  return reading.ascii ? raw : reading.charset.decode(raw);
}

const scratch: Span = { start: 0, end: 0 };

/**
 * Follows the field, repetition, component and subcomponent of a path that names one place at most, into `span`.
 * A repetition that is not named is the first.
 */
export function follow(
  delimiters: Delimiters,
  segment: SegmentSpan,
  path: Path,
  span: Span,
  repetition: number,
): boolean {
  if (!fieldSpan(segment, delimiters, path.field, span)) return false;
  if (path.field < 3 && isDeclaration(segment, path.field))
    return repetition === 1 && path.component <= 1 && path.subcomponent <= 1;
  const { codes } = delimiters;
  if (repetition === 1 && path.component > 0) {
    if (!narrow(segment.scan, span, codes.component, path.component, codes.repetition)) return false;
    return path.subcomponent === 0 || narrow(segment.scan, span, codes.subcomponent, path.subcomponent);
  }
  if (!narrow(segment.scan, span, codes.repetition, repetition)) return false;
  return within(delimiters, segment, path.component, path.subcomponent, span);
}

function within(
  { codes }: Delimiters,
  segment: SegmentSpan,
  component: number,
  subcomponent: number,
  span: Span,
): boolean {
  if (component === 0) return true;
  if (!narrow(segment.scan, span, codes.component, component)) return false;
  return subcomponent === 0 || narrow(segment.scan, span, codes.subcomponent, subcomponent);
}

/** Keeps the ones that meet the conditions, and of these the chosen one; `every` says that no number means all. */
function choose<Item>(
  items: readonly Item[],
  choice: Choice,
  meets: (item: Item, condition: Condition) => boolean,
  every: boolean,
): readonly Item[] {
  const matching =
    choice.conditions.length === 0
      ? items
      : items.filter((item) => choice.conditions.every((condition) => meets(item, condition)));
  if (choice.index === -1 || (choice.index === 0 && every)) return matching;
  const chosen = matching[Math.max(choice.index, 1) - 1];
  return chosen === undefined ? [] : [chosen];
}

/** The segments that a path means, of those that have its id. */
export function chooseSegments(
  reading: Reading,
  segments: readonly SegmentSpan[],
  path: Path,
  every: boolean,
): readonly SegmentSpan[] {
  return choose(
    segments,
    path.segments,
    (segment, condition) => segmentMeets(reading, segment, condition),
    every,
  );
}

function segmentMeets(reading: Reading, segment: SegmentSpan, condition: Condition): boolean {
  return repetitionsOf(reading.delimiters, segment, condition.field).some((repetition) =>
    spanMeets(reading, segment, repetition, condition),
  );
}

/** A condition on an empty value is met by an absent one too: neither says anything. */
function spanMeets(reading: Reading, segment: SegmentSpan, repetition: Span, condition: Condition): boolean {
  scratch.start = repetition.start;
  scratch.end = repetition.end;
  if (!within(reading.delimiters, segment, condition.component, condition.subcomponent, scratch))
    return condition.value === '';
  return readText(reading, segment, scratch.start, scratch.end) === condition.value;
}

/** The repetitions of a field; none when the segment ends before it, one when it is empty. */
export function repetitionsOf(delimiters: Delimiters, segment: SegmentSpan, field: number): Span[] {
  const span: Span = { start: 0, end: 0 };
  if (!fieldSpan(segment, delimiters, field, span)) return [];
  if (isDeclaration(segment, field)) return [span];
  return split(segment.scan, span, delimiters.codes.repetition);
}

/** The parts of a span, each as a span. */
export function split(scan: string, span: Span, separator: number): Span[] {
  const parts: Span[] = [];
  let start = span.start;
  if (separator >= 0 && countParts(scan, span, separator) > 1)
    for (let at = start; at < span.end; at += 1)
      if (scan.charCodeAt(at) === separator) {
        parts.push({ start, end: at });
        start = at + 1;
      }
  parts.push({ start, end: span.end });
  return parts;
}

/**
 * Every place in one segment that a path means. With `every`, a repetition that is not named means all of them;
 * otherwise the first that meets the conditions.
 */
export function placesIn(reading: Reading, segment: SegmentSpan, path: Path, every: boolean): Place[] {
  if (path.field === 0) return [{ segment, start: segment.start, end: segment.end }];
  const { delimiters } = reading;
  const repetitions = choose(
    repetitionsOf(delimiters, segment, path.field),
    path.repetitions,
    (repetition, condition) => spanMeets(reading, segment, repetition, condition),
    every,
  );
  const places: Place[] = [];
  const declaration = isDeclaration(segment, path.field);
  for (const { start, end } of repetitions) {
    const place = { segment, start, end };
    if (declaration ? path.component <= 1 && path.subcomponent <= 1 : narrowed(place)) places.push(place);
  }
  return places;

  function narrowed(place: Place): boolean {
    return within(delimiters, place.segment, path.component, path.subcomponent, place);
  }
}
