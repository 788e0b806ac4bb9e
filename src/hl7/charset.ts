import { isUtf8 } from 'node:buffer';

/**
 * A string in which each UTF-16 unit is one byte (0-255). The codec scans and splices byte strings, so that what it
 * does not touch returns byte for byte whatever the character set, and decodes only the values that are read.
 */
export type ByteString = string;

/** The bytes as a byte string; a copy of one byte a unit, made by the platform in one go. */
export function byteString(bytes: Uint8Array, start = 0, end = bytes.length): ByteString {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return buffer.toString('latin1', start, end);
}

/** The bytes of a byte string. */
export const bytesOf = (text: ByteString): Buffer => Buffer.from(text, 'latin1');

/** A character set of HL7 table 0211, in both directions. */
export interface Charset {
  /** The name a person would look for: `UNICODE UTF-8`, `8859/1`. */
  readonly name: string;
  decode(bytes: ByteString): string;
  /** Throws {@link CharsetError} for a character that the set does not hold. */
  encode(text: string): ByteString;
  /**
   * Only for sets in which the second byte of a character can look like a delimiter (Big5, GB 18030, Shift_JIS,
   * ISO-2022-JP): the same length, with those bytes replaced by 0x80, to find delimiters in.
   */
  readonly mask?: (bytes: ByteString) => ByteString;
}

/** A text holds a character that the message's character set cannot hold. */
export class CharsetError extends Error {
  override readonly name = 'CharsetError';
  readonly character: string;
  readonly charset: string;
  constructor(character: string, charset: string) {
    const point = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    super(`the character U+${point} cannot be written in ${charset}, the character set of this message`);
    this.character = character;
    this.charset = charset;
  }
}

const beyondAscii = /[\u0080-\uffff]/;

/** True when every unit is below 128, so that the text is the same in any set that extends ASCII. */
export const isAsciiText = (text: string): boolean => !beyondAscii.test(text);

/** `UNICODE UTF-8`. Bytes that are not UTF-8 read as U+FFFD; the message carries a finding then. */
export const utf8: Charset = {
  name: 'UNICODE UTF-8',
  decode: (bytes) => (isAsciiText(bytes) ? bytes : bytesOf(bytes).toString('utf8')),
  encode(text) {
    if (isAsciiText(text)) return text;
    if (!text.isWellFormed())
      throw new CharsetError(text.match(/[\ud800-\udfff]/u)?.[0] ?? '', 'UNICODE UTF-8');
    return Buffer.from(text, 'utf8').toString('latin1');
  },
};

function below(limit: number, name: string): Charset {
  return {
    name,
    decode: (bytes) => bytes,
    encode(text) {
      for (const character of text)
        if ((character.codePointAt(0) ?? 0) >= limit) throw new CharsetError(character, name);
      return text;
    },
  };
}

/** `8859/1`: the true ISO set, in which 0x80-0x9F are control characters (the web's "latin1" is windows-1252). */
export const latin1: Charset = below(256, '8859/1');

/** Nothing declared: each value is UTF-8 where it is valid UTF-8, else 8859/1; edits are written as UTF-8. */
export const undeclared: Charset = {
  name: 'UNICODE UTF-8',
  decode(bytes) {
    if (isAsciiText(bytes)) return bytes;
    const buffer = bytesOf(bytes);
    return isUtf8(buffer) ? buffer.toString('utf8') : bytes;
  },
  encode: utf8.encode,
};

/** Declared ASCII: bytes above 127 are read as if nothing were declared (with a finding), but never written. */
const ascii: Charset = { name: 'ASCII', decode: undeclared.decode, encode: below(128, 'ASCII').encode };

/** One byte a character, by the platform's table; for the ISO sets 0x80-0x9F are the controls they are in ISO. */
function singleByte(name: string, label: string): Charset {
  const table = Array.from(
    new TextDecoder(label).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
  );
  if (name.startsWith('8859/'))
    for (let byte = 0x80; byte < 0xa0; byte += 1) table[byte] = String.fromCharCode(byte);
  const back = new Map(table.map((character, byte) => [character, String.fromCharCode(byte)]));
  back.delete('\ufffd');
  return { name, decode: (bytes) => mapped(bytes, table), encode: (text) => written(text, back, name) };
}

function mapped(bytes: ByteString, table: readonly string[]): string {
  if (isAsciiText(bytes)) return bytes;
  let text = '';
  for (let i = 0; i < bytes.length; i += 1) text += table[bytes.charCodeAt(i)];
  return text;
}

function written(text: string, back: ReadonlyMap<string, string>, name: string): ByteString {
  if (isAsciiText(text)) return text;
  let bytes = '';
  for (const character of text) {
    const byte = character < '\u0080' ? character : back.get(character);
    if (byte === undefined) throw new CharsetError(character, name);
    bytes += byte;
  }
  return bytes;
}

/** One or two bytes a character. The table back is built when something beyond ASCII is first written. */
function doubleByte(name: string, label: string): Charset {
  const decoder = new TextDecoder(label);
  let back: Map<string, string> | undefined;
  const table = (): Map<string, string> => {
    const map = new Map<string, string>();
    const learn = (...bytes: number[]): void => {
      const text = decoder.decode(Uint8Array.from(bytes));
      if (Array.from(text).length === 1 && text !== '\ufffd' && !map.has(text))
        map.set(text, String.fromCharCode(...bytes));
    };
    for (let lead = 0x80; lead < 0x100; lead += 1) {
      learn(lead);
      for (let trail = 0x40; trail < 0x100; trail += 1) learn(lead, trail);
    }
    return map;
  };
  return {
    name,
    decode: (bytes) => (isAsciiText(bytes) ? bytes : decoder.decode(bytesOf(bytes))),
    encode(text) {
      back ??= table();
      return written(text, back, name);
    },
    // EUC sets keep every byte of a character above 127; in Shift_JIS 0xA1-0xDF stand alone.
    mask: (bytes) =>
      isAsciiText(bytes)
        ? bytes
        : bytes.replace(
            label === 'shift_jis'
              ? /[\x81-\x9f\xe0-\xfc][\x40-\xfc]/g
              : label === 'gb18030'
                ? /[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]|[\x81-\xfe][\x40-\xfe]/g
                : /[\x81-\xfe][\x40-\xfe]/g,
            (character) => '\x80'.repeat(character.length),
          ),
  };
}

/** Seven-bit Japanese: between ESC $ B and ESC ( B every pair of printable bytes is a character, `|` and `\` too. */
function iso2022jp(name: string): Charset {
  const decoder = new TextDecoder('iso-2022-jp');
  return {
    name,
    decode: (bytes) => (bytes.includes('\x1b') ? decoder.decode(bytesOf(bytes)) : bytes),
    encode: below(128, name).encode,
    mask: (bytes) =>
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of ISO 2022 begin with ESC
      bytes.replace(/\x1b\$\(?[@BD][\x21-\x7e]*/g, (run) => '\x80'.repeat(run.length)),
  };
}

/** Table 0211 and the spellings met in practice, to a label of the platform's decoders. */
const labels: Readonly<Record<string, string>> = {
  'GB 18030-2000': 'gb18030',
  'GB 18030': 'gb18030',
  'KS X 1001': 'euc-kr',
  'BIG-5': 'big5',
  BIG5: 'big5',
  'ISO IR14': 'shift_jis',
};
const doubles = new Set(['gb18030', 'gbk', 'big5', 'euc-kr', 'shift_jis', 'euc-jp']);
const found = new Map<string, Charset | undefined>();

/**
 * The character set that MSH-18 names; `undefined` when this program has no decoder for the name. An empty name is
 * {@link undeclared}. Several repetitions with a Japanese set among them are ISO-2022-JP.
 *
 *     charsetNamed('8859/15')?.decode('\xa4')   // '€'
 */
export function charsetNamed(name: string): Charset | undefined {
  const key = name.trim().toUpperCase();
  if (key === '' || key === 'UNICODE') return undeclared;
  if (key === 'UNICODE UTF-8' || key === 'UTF-8' || key === 'UTF8') return utf8;
  if (found.has(key)) return found.get(key);
  const charset = built(key);
  if (found.size >= 100) found.clear();
  found.set(key, charset);
  return charset;
}

/**
 * Of the repetitions of MSH-18, the one to read by: the first, but a Japanese set among the others announces the
 * escape sequences of ISO 2022, which include the first.
 */
export const mainCharset = (names: readonly string[]): string =>
  names.find((name) => /^ISO IR(87|159)$/i.test(name.trim())) ?? names[0] ?? '';

function built(key: string): Charset | undefined {
  if (key === 'ASCII' || key === 'US-ASCII' || key === 'ISO IR6') return ascii;
  if (key === 'ISO IR87' || key === 'ISO IR159' || key === 'ISO-2022-JP') return iso2022jp(key);
  const part = key.match(/^(?:ISO[ -]?)?8859[/-](\d{1,2})$/)?.[1];
  if (part === '1') return latin1;
  const label = part === undefined ? (labels[key] ?? key.toLowerCase()) : `iso-8859-${part}`;
  try {
    const encoding = new TextDecoder(label).encoding;
    // The scan finds ASCII delimiters byte by byte; a set of 16-bit units has none. See header.ts for its sentence.
    if (encoding.startsWith('utf-')) return undefined;
    if (encoding === 'iso-2022-jp') return iso2022jp(key);
    return doubles.has(encoding) ? doubleByte(key, encoding) : singleByte(part ? `8859/${part}` : key, label);
  } catch {
    // TextDecoder throws RangeError for a label it does not know: the set is unknown, which the caller reports.
    return undefined;
  }
}
