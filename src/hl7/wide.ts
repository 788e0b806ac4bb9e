import { byteString, bytesOf } from './byte-string.ts';

/** How the bytes of a message are UTF-16 or UTF-32. Delimiters are looked for in its UTF-8 form. */
export interface WideForm {
  readonly name: 'UNICODE UTF-16' | 'UNICODE UTF-32';
  readonly width: 2 | 4;
  readonly littleEndian: boolean;
  /** Bytes at the end that are less than a unit. */
  readonly rest: Uint8Array;
}

/**
 * Looks whether the bytes begin as UTF-16 or UTF-32: with a byte order mark, or with `MSH` in wide units. One or two
 * comparisons for all other bytes.
 */
export function wideForm(bytes: Uint8Array): WideForm | undefined {
  const [a, b, c, d] = bytes;
  if (a === 0x4d) return b === 0 ? unmarked(bytes, 0, true) : undefined;
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? form(bytes, 4, true) : form(bytes, 2, true);
  if (a === 0xfe && b === 0xff) return form(bytes, 2, false);
  if (a !== 0) return undefined;
  if (b === 0 && c === 0xfe && d === 0xff) return form(bytes, 4, false);
  return unmarked(bytes, b === 0x4d ? 1 : 3, false);
}

const form = (bytes: Uint8Array, width: 2 | 4, littleEndian: boolean): WideForm => ({
  name: width === 2 ? 'UNICODE UTF-16' : 'UNICODE UTF-32',
  width,
  littleEndian,
  rest: bytes.subarray(bytes.length - (bytes.length % width)),
});

/** `MSH` without a mark: its three letters, each with zeros around it. */
function unmarked(bytes: Uint8Array, first: number, littleEndian: boolean): WideForm | undefined {
  for (const width of [2, 4] as const) {
    const units = bytes.subarray(0, 3 * width);
    const at = littleEndian ? 0 : width - 1;
    if (units.length < 3 * width || at !== first) continue;
    const fits = units.every((byte, i) => byte === (i % width === at ? 'MSH'.charCodeAt(i / width) : 0));
    if (fits) return form(bytes, width, littleEndian);
  }
  return undefined;
}

/**
 * The same message in UTF-8, from which {@link widened} makes the very bytes again: half a surrogate pair becomes the
 * three bytes that UTF-8 would give it. `undefined` for UTF-32 with a unit that is no character.
 */
export function narrowed(bytes: Uint8Array, wide: WideForm): Uint8Array | undefined {
  const whole = bytes.subarray(0, bytes.length - (bytes.length % wide.width));
  const text = wide.width === 2 ? text16(whole, wide.littleEndian) : text32(whole, wide.littleEndian);
  if (text === undefined) return undefined;
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  return Buffer.concat(
    text.split(/([\ud800-\udfff])/u).map((part, i) => {
      if (i % 2 === 0) return Buffer.from(part, 'utf8');
      const unit = part.charCodeAt(0);
      return Buffer.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    }),
  );
}

/** The bytes that {@link narrowed} was given, or their like after an edit. */
export function widened(utf8: Uint8Array, wide: WideForm): Uint8Array {
  // ED A0 to ED BF begin no character of UTF-8: they are the halves that narrowed kept.
  const text = byteString(utf8)
    .split(/(\xed[\xa0-\xbf][\x80-\xbf])/)
    .map((part, i) =>
      i % 2 === 0
        ? bytesOf(part).toString('utf8')
        : String.fromCharCode(0xd000 | ((part.charCodeAt(1) & 0x3f) << 6) | (part.charCodeAt(2) & 0x3f)),
    )
    .join('');
  const bytes = wide.width === 2 ? bytes16(text, wide.littleEndian) : bytes32(text, wide.littleEndian);
  return wide.rest.length === 0 ? bytes : Buffer.concat([bytes, wide.rest]);
}

/** True when some of the wide bytes are no characters. */
export const isDamaged = (utf8Form: string, wide: WideForm): boolean =>
  wide.rest.length > 0 || /\xed[\xa0-\xbf]/.test(utf8Form);

function text16(bytes: Uint8Array, littleEndian: boolean): string {
  const units = Buffer.from(bytes);
  return (littleEndian ? units : units.swap16()).toString('utf16le');
}

function bytes16(text: string, littleEndian: boolean): Buffer {
  const units = Buffer.from(text, 'utf16le');
  return littleEndian ? units : units.swap16();
}

function text32(bytes: Uint8Array, littleEndian: boolean): string | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const point = view.getUint32(at, littleEndian);
    if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return undefined;
    parts.push(String.fromCodePoint(point));
  }
  return parts.join('');
}

function bytes32(text: string, littleEndian: boolean): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) ?? 0);
  const bytes = Buffer.alloc(points.length * 4);
  for (const [i, point] of points.entries())
    if (littleEndian) bytes.writeUInt32LE(point, i * 4);
    else bytes.writeUInt32BE(point, i * 4);
  return bytes;
}

/** A text as UTF-16 or UTF-32 with a byte order mark, big end first as the standards have it where nothing is said. */
export function wideBytes(text: string, width: 2 | 4): Buffer {
  const marked = text.startsWith('\ufeff') ? text : `\ufeff${text}`;
  return width === 2 ? bytes16(marked, false) : bytes32(marked, false);
}

/** The width of the units that a name of MSH-18 means: `UNICODE UTF-16` is 2. */
export function wideWidth(name: string): 2 | 4 | undefined {
  const found = name.trim().match(/^(?:UNICODE )?UTF-?(16|32)(?:LE|BE)?$/i);
  return found === null ? undefined : found[1] === '16' ? 2 : 4;
}
