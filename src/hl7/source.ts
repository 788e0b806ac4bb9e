import { isAscii } from 'node:buffer';
import { byteString, bytesOf, type Charset, isAsciiText } from './charset.ts';
import { type CharsetChoice, chooseCharset, wideCharset } from './declared-charset.ts';
import type { Delimiters } from './delimiters.ts';
import { charsetNames, type Header, type HeaderPlace, placeHeader, readHeader } from './header.ts';
import { LargeIndex, largeBytes } from './large-index.ts';
import type { Reading } from './reading.ts';
import { type SegmentIndex, TextIndex } from './segment-index.ts';
import type { Change, SegmentSpan } from './span.ts';
import { narrowed, type WideForm, wideForm, widened } from './wide.ts';

/** Far beyond any MSH. */
const longestHeader = 65_536;

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);

/** How much of a message the processor has at hand for a second look. */
const blockBytes = 65_536;

/** True when there is nothing but ASCII, and no ESC of ISO 2022; block by block, for large messages. */
function isPlain(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const block = bytes.subarray(at, at + blockBytes);
    if (!isAscii(block) || block.includes(0x1b)) return false;
  }
  return true;
}

/**
 * The bytes of one message and what was found in them so far. Nothing is looked for before it is needed, and the
 * bytes stay as they came: an edit gives its segment a text of its own, and `bytes()` joins the rest around it.
 */
export class Source implements Reading {
  readonly place: HeaderPlace;
  /** The character set of bytes that this program made itself, from a text. */
  readonly forced: Charset | undefined;
  /** How the bytes are wide, when they are UTF-16 or UTF-32: `text` is then the same message in UTF-8. */
  readonly wide: WideForm | undefined;
  readonly #bytes: Uint8Array;
  /** The bytes that are searched: those that came, or their UTF-8 form when they are wide. */
  readonly #inner: Uint8Array;
  /** The same as a byte string; of a large message only when something needs the whole of it. */
  #text: string | undefined;
  #index: SegmentIndex | undefined;
  #ascii: boolean | undefined;
  #choice: CharsetChoice | undefined;
  #header: Header | undefined;
  #edited = false;

  constructor(bytes: Uint8Array, forced?: Charset) {
    this.#bytes = bytes;
    this.forced = forced;
    const wide = wideForm(bytes);
    const inner = wide === undefined ? undefined : narrowed(bytes, wide);
    this.wide = inner === undefined ? undefined : wide;
    this.#inner = inner ?? bytes;
    this.place = placeHeader(this.#head());
  }

  /** The whole message as it came, as a byte string. */
  get text(): string {
    this.#text ??= byteString(this.#inner);
    return this.#text;
  }

  /** What holds the first line: the whole text, but of a large message only its begin where that will do. */
  #head(): string {
    if (this.#text !== undefined || this.#inner.length < largeBytes) return this.text;
    const head = byteString(this.#inner, 0, longestHeader);
    const first = head.search(/[^\s\xef\xbb\xbf]/);
    return first >= 0 && /[\r\n]/.test(head.slice(first)) ? head : this.text;
  }

  get delimiters(): Delimiters {
    return this.place.delimiters;
  }

  /** True while the message, with its edits, holds nothing but ASCII, and no ESC of ISO 2022. */
  get ascii(): boolean {
    this.#ascii ??=
      this.#text === undefined
        ? isPlain(asBuffer(this.#body()))
        : isAscii(this.#body()) && !this.#text.includes('\x1b');
    return this.#ascii;
  }

  get charset(): Charset {
    return this.choice.charset;
  }

  get choice(): CharsetChoice {
    this.#choice ??= this.wide
      ? wideCharset(this.text, this.wide, this.#charsetNames())
      : this.forced
        ? { charset: this.forced, finding: undefined }
        : chooseCharset(this.#body(), this.#charsetNames());
    return this.#choice;
  }

  get header(): Header {
    if (this.#header === undefined) {
      const first = this.place.reason === undefined ? this.index.top() : undefined;
      this.#header = readHeader(first === undefined ? this.text : first.text.slice(first.start, first.end));
    }
    return this.#header;
  }

  get index(): SegmentIndex {
    if (this.#index === undefined) {
      const large = this.#inner.length >= largeBytes;
      // Delimiters can hide in double-byte characters and behind ISO 2022's ESC, and nowhere else.
      const mask = this.ascii ? undefined : this.charset.mask;
      const { start } = this.place;
      if (large && mask === undefined)
        this.#index = new LargeIndex(asBuffer(this.#inner), start, this.delimiters);
      else {
        const scan = mask ? this.text.slice(0, start) + mask(this.text.slice(start)) : this.text;
        this.#index = new TextIndex(this.text, scan, start, this.delimiters);
      }
    }
    return this.#index;
  }

  /** A byte order mark says how the rest is encoded and is not part of it. */
  #body(): Uint8Array {
    return this.place.start > 0 ? this.#inner.subarray(this.place.start) : this.#inner;
  }

  /** Read from the text itself, since the index needs the character set first. */
  #charsetNames(): readonly string[] {
    return charsetNames(readHeader(this.#head().slice(this.place.start)).fields[18], this.delimiters);
  }

  /** Puts bytes in place of a range of one segment. */
  splice(segment: SegmentSpan, start: number, end: number, insert: string): void {
    const plain = this.ascii && isAsciiText(insert) && !insert.includes('\x1b');
    if (!plain) this.#ascii = false;
    const masked = plain ? insert : (this.charset.mask?.(insert) ?? insert);
    const same = segment.scan === segment.text && masked === insert;
    const text = segment.text.slice(segment.start, start) + insert + segment.text.slice(end, segment.end);
    segment.change = changed(segment, start, end, insert, text);
    segment.scan = same
      ? text
      : segment.scan.slice(segment.start, start) + masked + segment.scan.slice(end, segment.end);
    segment.text = text;
    segment.start = 0;
    segment.end = text.length;
    segment.fields = undefined;
    this.#edited = true;
    this.#header = undefined;
  }

  /** The message as it is now; the very bytes that came in when nothing was edited. */
  bytes(): Uint8Array {
    if (!this.#edited) return this.#bytes;
    if (this.wide !== undefined) return this.bytesFor(this.joined());
    const { segments } = this.index;
    let length = this.#bytes.length;
    for (const { change } of segments)
      if (change !== undefined) length += change.bytes.length - (change.end - change.start);
    const bytes = Buffer.allocUnsafe(length);
    let copied = 0;
    let at = 0;
    for (const { change } of segments) {
      if (change === undefined) continue;
      bytes.set(this.#bytes.subarray(copied, change.start), at);
      at += change.start - copied;
      at += bytes.write(change.bytes, at, 'latin1');
      copied = change.end;
    }
    bytes.set(this.#bytes.subarray(copied), at);
    return bytes;
  }

  /** A byte string that stands for `text`, as the bytes of this message: wide again where they were. */
  bytesFor(joined: string): Uint8Array {
    return this.wide === undefined ? bytesOf(joined) : widened(bytesOf(joined), this.wide);
  }

  /** The message as it is now, as a byte string. */
  joined(): string {
    if (!this.#edited) return this.text;
    const parts: string[] = [];
    let copied = 0;
    for (const { change } of this.index.segments) {
      if (change === undefined) continue;
      parts.push(this.text.slice(copied, change.start), change.bytes);
      copied = change.end;
    }
    parts.push(this.text.slice(copied));
    return parts.join('');
  }
}

/** What differs from the source when a range of a segment gave way to `insert`, and the segment became `text`. */
function changed(segment: SegmentSpan, start: number, end: number, insert: string, text: string): Change {
  const { change, from, to } = segment;
  const before = start - segment.start;
  const after = segment.end - end;
  if (change === undefined) return { start: from + before, end: to - after, bytes: insert };
  // From the first change of all to the last one.
  const keptBefore = Math.min(before, change.start - from);
  const keptAfter = Math.min(after, to - change.end);
  return {
    start: from + keptBefore,
    end: to - keptAfter,
    bytes: text.slice(keptBefore, text.length - keptAfter),
  };
}
