import { CharsetError, isAsciiText } from './charset.ts';
import { type EscapeError, escapeText, hl7Null, isUnwritable } from './escape.ts';
import type { Path } from './path.ts';
import { placesIn } from './reading.ts';
import type { Source } from './source.ts';
import {
  countFields,
  countParts,
  fieldSpanOnce,
  isDeclaration,
  isHeader,
  narrow,
  type SegmentSpan,
  type Span,
} from './span.ts';
import { segmentsOf } from './structure-path.ts';

export type EditFault =
  /** The bytes are not a usable message. */
  | 'unusable'
  /** No segment, or no repetition, is there that the path could mean. */
  | 'not-found'
  /** MSH-1 and MSH-2 declare the delimiters of all other bytes. */
  | 'delimiters'
  /** The path needs a delimiter, or the text an escape character, that MSH-2 does not declare. */
  | 'undeclared'
  /** The message's character set cannot hold the text. */
  | 'charset'
  /** Raw text holds a delimiter or a line end that would reach beyond the place, or a text is to be a whole segment. */
  | 'raw';

/** An edit that would not do what was asked; the message is as it was before. */
export class EditError extends Error {
  override readonly name = 'EditError';
  readonly code: EditFault;
  readonly path: string;
  constructor(code: EditFault, path: string, text: string, cause?: Error) {
    super(`${path} was not changed: ${text}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.path = path;
  }
}

/**
 * Writes bytes at every place the path means, adding the delimiters that are missing on the way; the number of
 * places written. A path without [n] means the first segment and, from a component on, the first repetition;
 * without component it means the whole field. Writing nothing where nothing is leaves the message alone.
 */
export function write(source: Source, path: Path, bytes: string): number {
  if (source.place.reason !== undefined)
    throw new EditError(
      'unusable',
      path.source,
      `the bytes are not a usable message. ${source.place.reason}`,
    );
  if (namesOnePlace(path)) {
    // The usual edit needs no list of segments or of places.
    const segment = source.index.nth(path.code, path.segments.index);
    if (segment === undefined) throw missingSegment(path);
    guardDelimiters(segment, path);
    const target = aim(source, segment, path, bytes);
    if (target === undefined) return 0;
    source.splice(segment, target.start, target.end, target.padding + bytes);
    return 1;
  }
  const segments = segmentsOf(source, path, false);
  const [first] = segments;
  // All segments of a path have the same id.
  if (first !== undefined) guardDelimiters(first, path);
  else if (path.segments.index !== -1 && !path.groups.some(({ index }) => index === -1))
    throw missingSegment(path);
  // Every place is found before the first is written, so that an error leaves the message as it was.
  return writeAll(
    source,
    segments.flatMap((segment) => targetsIn(source, segment, path, bytes)),
    bytes,
  );
}

/** No condition, no [*] and no group: one segment and one repetition, found by counting. */
const namesOnePlace = ({ segments, repetitions, groups }: Path): boolean =>
  groups.length === 0 &&
  segments.index >= 0 &&
  segments.conditions.length === 0 &&
  repetitions.index >= 0 &&
  repetitions.conditions.length === 0;

const missingSegment = (path: Path): EditError =>
  new EditError(
    'not-found',
    path.source,
    path.segments.conditions.length > 0
      ? `no ${path.segment} segment meets its condition`
      : `the message has no such ${path.segment} segment; addSegment adds one`,
  );

/** MSH-1, MSH-2 and the whole MSH are not written. */
function guardDelimiters(segment: SegmentSpan, path: Path): void {
  if (!isDeclaration(segment, path.field === 0 ? 1 : path.field)) return;
  throw new EditError(
    'delimiters',
    path.source,
    'the delimiters of a message are not edited; build a new one',
  );
}

function writeAll(source: Source, targets: readonly Target[], bytes: string): number {
  // Later places of one segment first: an edit moves what follows it.
  const offsets = targets.map(
    ({ segment, start, end }) => [start - segment.start, end - segment.start] as const,
  );
  for (let i = targets.length - 1; i >= 0; i -= 1) {
    const { segment, padding } = targets[i] as Target;
    const [start, end] = offsets[i] as readonly [number, number];
    source.splice(segment, segment.start + start, segment.start + end, padding + bytes);
  }
  return targets.length;
}

interface Target extends Span {
  readonly segment: SegmentSpan;
  /** The separators that are missing before the value. */
  padding: string;
}

function targetsIn(source: Source, segment: SegmentSpan, path: Path, bytes: string): readonly Target[] {
  const { repetitions } = path;
  if (repetitions.conditions.length === 0 && repetitions.index !== -1)
    return listOf(aim(source, segment, path, bytes));
  // Conditions and [*] choose among the repetitions that are there; the path goes on inside each.
  const whole = { ...path, component: 0, subcomponent: 0 };
  const found = placesIn(source, segment, whole, false);
  if (found.length === 0 && repetitions.conditions.length > 0)
    throw new EditError(
      'not-found',
      path.source,
      `no repetition of ${path.segment}-${path.field} meets its condition`,
    );
  return found.flatMap((place) => listOf(inner(source, { ...place, padding: '' }, path, bytes)));
}

const listOf = (target: Target | undefined): readonly Target[] => (target === undefined ? [] : [target]);

/** The place of a path without conditions and [*] in its segment; undefined when nothing is to be written there. */
function aim(source: Source, segment: SegmentSpan, path: Path, bytes: string): Target | undefined {
  const target: Target = { segment, start: segment.start, end: segment.end, padding: '' };
  if (path.field === 0) return target;
  const { delimiters } = source;
  if (!fieldSpanOnce(segment, delimiters, path.field, target)) {
    target.start = segment.end;
    target.end = segment.end;
    const missing = path.field - countFields(segment, delimiters);
    // The first separator of a bare BHS is its field 1.
    const bare = isHeader(segment) && segment.end === segment.start + 3;
    target.padding = delimiters.field.repeat(bare ? missing - 1 : missing);
  }
  if (path.repetitions.index > 0 || path.component > 0)
    reach(target, delimiters.repetition, Math.max(1, path.repetitions.index), path, 'repetition');
  return inner(source, target, path, bytes);
}

function inner(source: Source, target: Target, path: Path, bytes: string): Target | undefined {
  const { delimiters } = source;
  if (path.component > 0) reach(target, delimiters.component, path.component, path, 'component');
  if (path.subcomponent > 0) reach(target, delimiters.subcomponent, path.subcomponent, path, 'subcomponent');
  return bytes === '' && target.padding !== '' ? undefined : target;
}

/** Narrows the target to its nth part, or moves it behind the last one with the separators that are missing. */
function reach(target: Target, separator: string | undefined, n: number, path: Path, part: string): void {
  if (separator === undefined) {
    if (n > 1) throw new EditError('undeclared', path.source, `MSH-2 declares no ${part} separator`);
    return;
  }
  const { scan } = target.segment;
  const code = separator.charCodeAt(0);
  if (narrow(scan, target, code, n)) return;
  target.padding += separator.repeat(n - countParts(scan, target, code));
  target.start = target.end;
}

/** A text as bytes of this message: escaped, then in its character set. */
export function textBytes(source: Source, path: Path, text: string): string {
  if (path.field === 0)
    throw new EditError('raw', path.source, 'a whole segment is no single text; setRaw() writes one');
  if (text === hl7Null && (source.delimiters.field + source.delimiters.encoding).includes('"'))
    throw new EditError(
      'undeclared',
      path.source,
      'the quotation mark is a delimiter here, so nothing can be null',
    );
  try {
    const escaped = text === hl7Null ? text : escapeText(text, source.delimiters);
    // ASCII is the same in every set, so the usual edit need not know which one it is.
    return source.ascii && isAsciiText(escaped) ? escaped : source.charset.encode(escaped);
  } catch (error) {
    throw unwritable(error, path.source);
  }
}

/** Raw text as bytes of this message. Throws when it would reach beyond the place that the path names. */
export function rawBytes(source: Source, path: Path, raw: string): string {
  const { delimiters } = source;
  const beyond = ['\r', '\n', '\x0b', '\x1c'];
  if (path.field > 0) beyond.push(delimiters.field);
  const wholeField = path.repetitions.index === 0 && path.repetitions.conditions.length === 0;
  if ((path.component > 0 || !wholeField) && delimiters.repetition !== undefined)
    beyond.push(delimiters.repetition);
  if (path.component > 0) beyond.push(delimiters.component);
  if (path.subcomponent > 0 && delimiters.subcomponent !== undefined) beyond.push(delimiters.subcomponent);
  const found = beyond.find((character) => raw.includes(character));
  if (found !== undefined)
    throw new EditError(
      'raw',
      path.source,
      `the raw text holds ${JSON.stringify(found)}, which reaches beyond it; set() escapes a plain text`,
    );
  if (path.field === 0 && !raw.startsWith(path.segment + delimiters.field) && raw !== path.segment)
    throw new EditError(
      'raw',
      path.source,
      `a segment ${path.segment} begins with "${path.segment}${delimiters.field}"`,
    );
  try {
    return source.charset.encode(raw);
  } catch (error) {
    throw unwritable(error, path.source);
  }
}

function unwritable(error: unknown, path: string): unknown {
  if (!isUnwritable(error)) return error;
  const cause: CharsetError | EscapeError = error;
  return new EditError(cause instanceof CharsetError ? 'charset' : 'undeclared', path, cause.message, cause);
}
