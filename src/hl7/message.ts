import { bytesOf, CharsetError, charsetOf, undeclared, utf8 } from './charset.ts';
import { declaredCharsets, encodeDeclared } from './declared-text.ts';
import type { Delimiters } from './delimiters.ts';
import { rawBytes, textBytes, write } from './edit.ts';
import { hl7Null } from './escape.ts';
import { type FieldReference, pathOf } from './field.ts';
import type { Finding } from './finding.ts';
import { htmlText, linesAt, plainText } from './formatted-text.ts';
import type { Header } from './header.ts';
import { inspect } from './inspect.ts';
import { insertLine, removeLine } from './lines.ts';
import { type Choice, fieldPath, type Path, path as readPath, segmentCode } from './path.ts';
import { follow, type Place, placesIn, readRaw, readText } from './reading.ts';
import { Source } from './source.ts';
import { countFields, fieldSpan, type SegmentSpan, type Span } from './span.ts';
import { segmentsOf } from './structure-path.ts';
import { type Node, segmentNode } from './tree.ts';

/** What stands at a place. `absent`: the message ends before it; `null`: `""`, "delete what you have". */
export interface Value {
  readonly kind: 'absent' | 'empty' | 'null' | 'text';
  readonly text: string;
}

const absent: Value = Object.freeze({ kind: 'absent', text: '' });
const empty: Value = Object.freeze({ kind: 'empty', text: '' });
const nullValue: Value = Object.freeze({ kind: 'null', text: hl7Null });

/** Reused by the calls that read one value; nothing that holds it runs another. */
const span: Span = { start: 0, end: 0 };

/** A path as text, read before, or made of names: `field.PID.patientName`. */
export type AnyPath = string | Path | FieldReference;

const compiled = (path: AnyPath): Path =>
  typeof path === 'string' ? readPath(path) : pathOf in path ? path[pathOf] : path;

/**
 * One HL7 v2 message: its bytes as they came, read on demand, edited in place. Made by {@link parse}.
 *
 * Paths are those of {@link Path}; a wrong one throws PathError. A path that names no [n] means the first segment and
 * the first repetition (in `getAll`, all of them). `raw`, `set` and `setRaw` take a field without [n] as a whole, with
 * all its repetitions.
 */
export class Message {
  #source: Source;
  #findings: readonly Finding[] | undefined;

  constructor(source: Source) {
    this.#source = source;
  }

  /** True when a readable MSH stands first. An unusable message can still be read, with `|^~\&`, but not edited. */
  get usable(): boolean {
    return this.#source.place.reason === undefined;
  }

  /** Why the message is not usable, as a sentence for a person. */
  get reason(): string | undefined {
    return this.#source.place.reason;
  }

  get delimiters(): Delimiters {
    return this.#source.delimiters;
  }

  /** The name of the character set that values are read and written in: `UNICODE UTF-8`, `8859/1`. */
  get charset(): string {
    return this.#source.charset.name;
  }

  /** What the MSH says, as {@link peek} gives it. */
  get header(): Header {
    return this.#source.header;
  }

  /** What is odd about the bytes; reads the whole message once. One finding for each kind, with where it began. */
  get findings(): readonly Finding[] {
    this.#findings ??= inspect(this.#source);
    return this.#findings;
  }

  /**
   * The text at the path, escapes resolved; `''` when empty, `""` when HL7 null, `undefined` when absent.
   * Where the path stops above the lowest level, its separators stay in the text: `PID-5` gives `DOE^JOHN`.
   */
  get(path: AnyPath): string | undefined {
    const segment = this.#find(compiled(path));
    return segment === undefined ? undefined : readText(this.#source, segment, span.start, span.end);
  }

  /** The text at the path laid out by its formatting commands, for a terminal: `\.in+4\` indents (2.7.6). */
  plain(path: AnyPath): string | undefined {
    const segment = this.#find(compiled(path));
    return segment && plainText(linesAt(this.#source, segment, span.start, span.end));
  }

  /** The same as HTML that is safe to put into an element: only `<br>`, `<strong>` and `<span>` are tags. */
  html(path: AnyPath): string | undefined {
    const segment = this.#find(compiled(path));
    return segment && htmlText(linesAt(this.#source, segment, span.start, span.end));
  }

  /** True when the value was cut by its sender: it ends with the truncation character of MSH-2 (2.5.5.2). */
  isTruncated(path: AnyPath): boolean {
    const { truncation } = this.delimiters;
    const segment = truncation === undefined ? undefined : this.#find(compiled(path));
    return segment !== undefined && span.end > span.start && segment.scan[span.end - 1] === truncation;
  }

  /** The texts of every place that the path means, absent ones left out: `getAll('OBX[*]-5')`, `getAll('PID-3.1')`. */
  getAll(path: AnyPath): string[] {
    return this.#places(compiled(path), true).map(({ segment, start, end }) =>
      readText(this.#source, segment, start, end),
    );
  }

  /** The text at the path, and whether it is absent, empty, null or a text. */
  value(path: AnyPath): Value {
    const text = this.get(path);
    if (text === undefined) return absent;
    if (text === '') return empty;
    // `\X22\\X22\` is a text of two quotation marks: only the bare bytes are null.
    return text === hl7Null && span.end - span.start === 2 ? nullValue : { kind: 'text', text };
  }

  /** What stands at the path as written, escapes and all; a field without [n] with its repetitions. */
  raw(path: AnyPath): string | undefined {
    const to = compiled(path);
    const segment = isWholeField(to) ? this.#findField(to) : this.#find(to);
    return segment === undefined ? undefined : readRaw(this.#source, segment, span.start, span.end);
  }

  /**
   * Writes a text, escaped and in the message's character set; `null` writes HL7's `""`. Delimiters that are missing
   * on the way are added; segments are not. Returns the number of places written, which is 1 unless the path has [*].
   * Throws EditError, and changes nothing, when the segment is not there or the text cannot be written.
   */
  set(path: AnyPath, text: string | null): number {
    const to = compiled(path);
    return this.#write(to, textBytes(this.#source, to, text ?? hl7Null));
  }

  /** Writes raw text, delimiters and escapes included, that stays within the place: `setRaw('PID-5', 'DOE^JANE')`. */
  setRaw(path: AnyPath, raw: string): number {
    const to = compiled(path);
    return this.#write(to, rawBytes(this.#source, to, raw));
  }

  /** The segments, or those with an id, in order. Ask again after addSegment or removeSegment. */
  segments(id?: string): Segment[] {
    if (id !== undefined && /^[A-Z][A-Z0-9]{2}$/.test(id))
      return this.#source.index
        .having(segmentCode(id, 0))
        .map((each, i) => new Segment(this.#source, each, id, i + 1));
    const counts = new Map<string, number>();
    const segments: Segment[] = [];
    for (const each of this.#source.index.all()) {
      const own = idOf(this.#source, each);
      const occurrence = (counts.get(own) ?? 0) + 1;
      counts.set(own, occurrence);
      if (id === undefined || id === own) segments.push(new Segment(this.#source, each, own, occurrence));
    }
    return segments;
  }

  /** The whole message as nodes with paths, for showing; children are made when they are looked at. */
  tree(): Node[] {
    const segments = this.segments();
    const counts = new Map<string, number>();
    for (const { id } of segments) counts.set(id, (counts.get(id) ?? 0) + 1);
    return segments.map((segment) => segment.node((counts.get(segment.id) ?? 0) > 1));
  }

  /** Adds a segment, as raw text, behind the last one or behind the one the path names. */
  addSegment(raw: string, after?: string): void {
    this.#replace(insertLine(this.#source, raw, after === undefined ? undefined : compiled(after)));
  }

  /** Removes the segment the path names (MSH excepted), with its line end. False when it is not there. */
  removeSegment(path: string): boolean {
    const joined = removeLine(this.#source, compiled(path));
    if (joined === undefined) return false;
    this.#replace(joined);
    return true;
  }

  /** The message as bytes: untouched ones as they came, and the very array given to `parse` when nothing was edited. */
  bytes(): Uint8Array {
    return this.#source.bytes();
  }

  /** The message as text, in its character set. */
  toString(): string {
    return this.#source.charset.decode(this.#source.joined());
  }

  /** The same message again, to edit without changing this one. */
  copy(): Message {
    return new Message(new Source(this.bytes(), this.#source.forced));
  }

  /** The segment of the one place that the path means, with `span` set to it; undefined when it is absent. */
  #find(path: Path): SegmentSpan | undefined {
    if (isChoosy(path.segments) || isChoosy(path.repetitions)) {
      const place = this.#firstPlace(path);
      if (place === undefined) return undefined;
      span.start = place.start;
      span.end = place.end;
      return place.segment;
    }
    const segment = this.#findSegment(path);
    if (segment === undefined) return undefined;
    if (path.field > 0)
      return follow(this.#source.delimiters, segment, path, span, path.repetitions.index || 1)
        ? segment
        : undefined;
    span.start = segment.start;
    span.end = segment.end;
    return segment;
  }

  #firstPlace(path: Path): Place | undefined {
    if (isChoosy(path.segments) || path.groups.length > 0) return this.#places(path, false)[0];
    // One segment is meant: those behind it need not be found.
    const segment = this.#findSegment(path);
    return segment === undefined ? undefined : placesIn(this.#source, segment, path, false)[0];
  }

  #findField(path: Path): SegmentSpan | undefined {
    const segment = this.#findSegment(path);
    if (segment === undefined) return undefined;
    return fieldSpan(segment, this.#source.delimiters, path.field, span) ? segment : undefined;
  }

  #findSegment(path: Path): SegmentSpan | undefined {
    if (isChoosy(path.segments) || path.groups.length > 0) return this.#segmentsOf(path, false)[0];
    return this.#source.index.nth(path.code, path.segments.index);
  }

  #segmentsOf(path: Path, every: boolean): readonly SegmentSpan[] {
    return segmentsOf(this.#source, path, every);
  }

  #places(path: Path, every: boolean): Place[] {
    return this.#segmentsOf(path, every).flatMap((segment) => placesIn(this.#source, segment, path, every));
  }

  #write(path: Path, bytes: string): number {
    const written = write(this.#source, path, bytes);
    this.#findings = undefined;
    // MSH-18 says how all other bytes are read, so they are looked at afresh.
    if (path.field === 18 && path.segment === 'MSH') this.#replace(this.#source.joined());
    return written;
  }

  #replace(joined: string): void {
    this.#source = new Source(this.#source.bytesFor(joined), this.#source.forced);
    this.#findings = undefined;
  }
}

/** One segment of a message, to read within: `for (const obx of message.segments('OBX')) obx.get('3.1')`. */
export class Segment {
  /** Three capitals, or what stands before the first separator when that is no segment id. */
  readonly id: string;
  /** Which one of its id, from 1. */
  readonly occurrence: number;
  readonly #source: Source;
  readonly #span: SegmentSpan;

  constructor(source: Source, segment: SegmentSpan, id: string, occurrence: number) {
    this.#source = source;
    this.#span = segment;
    this.id = id;
    this.occurrence = occurrence;
  }

  /** The path of this segment: `OBX[3]`. */
  get path(): string {
    return `${this.id}[${this.occurrence}]`;
  }

  /** The number of fields, empty ones included; in MSH the separator counts as the first. */
  get fieldCount(): number {
    return countFields(this.#span, this.#source.delimiters);
  }

  /** The segment as written, without its line end. */
  get raw(): string {
    return readRaw(this.#source, this.#span, this.#span.start, this.#span.end);
  }

  /** As Message.get, with the part of a path after the segment: `get('3.1')`, `get('3[5=MR].1')`. */
  get(path: string): string | undefined {
    const to = fieldPath(path);
    if (to.repetitions.conditions.length > 0 || to.repetitions.index < 0) {
      const place = placesIn(this.#source, this.#span, to, false)[0];
      return place === undefined ? undefined : readText(this.#source, this.#span, place.start, place.end);
    }
    const found = follow(this.#source.delimiters, this.#span, to, span, to.repetitions.index || 1);
    return found ? readText(this.#source, this.#span, span.start, span.end) : undefined;
  }

  /** As Message.getAll, within this segment. */
  getAll(path: string): string[] {
    const places = placesIn(this.#source, this.#span, fieldPath(path), true);
    return places.map(({ start, end }) => readText(this.#source, this.#span, start, end));
  }

  /** This segment as a node; `numbered` puts [n] into the paths. */
  node(numbered: boolean): Node {
    return segmentNode(this.#source, this.#span, this.id, numbered ? this.path : this.id);
  }
}

/** A choice that needs a look at all there are. */
const isChoosy = (choice: Choice): boolean => choice.conditions.length > 0 || choice.index < 0;

const isWholeField = (path: Path): boolean =>
  path.field > 0 && path.component === 0 && path.repetitions.index === 0 && !isChoosy(path.repetitions);

function idOf(source: Source, segment: SegmentSpan): string {
  const { text, scan, start, end } = segment;
  if (segment.code !== 0) return text.slice(start, start + 3);
  let stop = start;
  while (stop < end && stop < start + 20 && scan.charCodeAt(stop) !== source.delimiters.codes.field)
    stop += 1;
  return text.slice(start, stop);
}

/**
 * Takes any bytes and never throws: what cannot be read is told by `usable`, `reason` and `findings`. The bytes are
 * kept, not copied: do not change them afterwards. A string is encoded in the character set it declares in MSH-18
 * (UTF-8 when it declares none, or one that cannot hold it).
 *
 *     const message = parse(bytes);
 *     message.get('PID-5.1');           // 'DOE'
 *     message.set('PID-5.1', 'ROE');
 *     socket.write(message.bytes());
 */
export function parse(source: Uint8Array | string): Message {
  return new Message(typeof source === 'string' ? textSource(source.toWellFormed()) : new Source(source));
}

function textSource(text: string): Source {
  try {
    return new Source(encodeDeclared(text));
  } catch (error) {
    if (!(error instanceof CharsetError)) throw error;
    // A set that is not known stays declared, and a finding says so; one that is too small is not what these bytes are.
    const known = charsetOf(declaredCharsets(text)) !== undefined;
    return new Source(bytesOf(utf8.encode(text)), known ? undeclared : undefined);
  }
}
