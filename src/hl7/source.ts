import { isAscii } from 'node:buffer';
import { byteString, bytesOf, type Charset, isAsciiText } from './charset.ts';
import { type CharsetChoice, chooseCharset, wideCharset } from './declared-charset.ts';
import type { Delimiters } from './delimiters.ts';
import { charsetNames, type Header, type HeaderPlace, placeHeader, readHeader } from './header.ts';
import type { Reading } from './reading.ts';
import { SegmentIndex, type SegmentSpan } from './span.ts';
import { narrowed, type WideForm, wideForm, widened } from './wide.ts';

/**
 * The bytes of one message and what was found in them so far. Nothing is looked for before it is needed, and the
 * bytes stay as they came: an edit gives its segment a text of its own, and `bytes()` joins the rest around it.
 */
export class Source implements Reading {
  readonly text: string;
  readonly place: HeaderPlace;
  /** The character set of bytes that this program made itself, from a text. */
  readonly forced: Charset | undefined;
  /** How the bytes are wide, when they are UTF-16 or UTF-32: `text` is then the same message in UTF-8. */
  readonly wide: WideForm | undefined;
  readonly #bytes: Uint8Array;
  readonly #inner: Uint8Array;
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
    this.text = byteString(this.#inner);
    this.place = placeHeader(this.text);
  }

  get delimiters(): Delimiters {
    return this.place.delimiters;
  }

  /** True while the message, with its edits, holds nothing but ASCII, and no ESC of ISO 2022. */
  get ascii(): boolean {
    this.#ascii ??= isAscii(this.#body()) && !this.text.includes('\x1b');
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
      // Delimiters can hide in double-byte characters and behind ISO 2022's ESC, and nowhere else.
      const mask = this.ascii ? undefined : this.charset.mask;
      const { start } = this.place;
      const scan = mask ? this.text.slice(0, start) + mask(this.text.slice(start)) : this.text;
      this.#index = new SegmentIndex(this.text, scan, this.place.start, this.delimiters);
    }
    return this.#index;
  }

  /** A byte order mark says how the rest is encoded and is not part of it. */
  #body(): Uint8Array {
    return this.place.start > 0 ? this.#inner.subarray(this.place.start) : this.#inner;
  }

  /** Read from the text itself, since the index needs the character set first. */
  #charsetNames(): readonly string[] {
    return charsetNames(readHeader(this.text.slice(this.place.start)).fields[18], this.delimiters);
  }

  /** Puts bytes in place of a range of one segment. */
  splice(segment: SegmentSpan, start: number, end: number, insert: string): void {
    const plain = this.ascii && isAsciiText(insert) && !insert.includes('\x1b');
    if (!plain) this.#ascii = false;
    const masked = plain ? insert : (this.charset.mask?.(insert) ?? insert);
    const same = segment.scan === segment.text && masked === insert;
    const text = segment.text.slice(segment.start, start) + insert + segment.text.slice(end, segment.end);
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
    const edited = this.#editedSegments();
    let length = this.#bytes.length;
    for (const { text, from, to } of edited) length += text.length - (to - from);
    const bytes = Buffer.allocUnsafe(length);
    let copied = 0;
    let at = 0;
    for (const { text, from, to } of edited) {
      bytes.set(this.#bytes.subarray(copied, from), at);
      at += from - copied;
      at += bytes.write(text, at, 'latin1');
      copied = to;
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
    for (const { text, from, to } of this.#editedSegments()) {
      parts.push(this.text.slice(copied, from), text);
      copied = to;
    }
    parts.push(this.text.slice(copied));
    return parts.join('');
  }

  /** Those with a text of their own, in order. */
  #editedSegments(): SegmentSpan[] {
    return this.index.segments.filter(({ text }) => text !== this.text);
  }
}
