import { isUtf8 } from 'node:buffer';
import { type ByteString, bytesOf, type Charset, CharsetError, isAsciiText } from './byte-string.ts';

/** Bytes that are valid UTF-8 beyond ASCII are hardly ever text of a set of one byte a character. */
export function singleByteFault(bytes: ByteString, name: string): string | undefined {
  if (isAsciiText(bytes)) return undefined;
  if (isUtf8(bytesOf(bytes)))
    return `MSH-18 says ${name}, but the bytes beyond ASCII are valid UTF-8; they are read as ${name}. Ask the sender to declare what it sends.`;
  if (name.startsWith('8859/') && /[\x80-\x9f]/.test(bytes))
    return `MSH-18 says ${name}, in which the bytes 80 to 9F are control characters; another set is meant, such as WINDOWS-1252.`;
  return undefined;
}

/** The sentence about bytes that are no characters of the set. */
export const noCharacters = (name: string): string =>
  `MSH-18 says ${name}, but some bytes are no characters of it and read as U+FFFD.`;

/** A set with a table of what it holds beyond ASCII. */
export interface TableCharset extends Charset {
  /** The bytes of one character beyond ASCII; `undefined` when the set does not hold it. */
  find(character: string): ByteString | undefined;
}

/** One byte a character, by the platform's table; for the ISO sets 0x80-0x9F are the controls they are in ISO. */
export function singleByte(name: string, label: string): TableCharset {
  const table = Array.from(
    new TextDecoder(label).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte)),
  );
  if (name.startsWith('8859/'))
    for (let byte = 0x80; byte < 0xa0; byte += 1) table[byte] = String.fromCharCode(byte);
  const back = new Map(table.map((character, byte) => [character, String.fromCharCode(byte)]));
  back.delete('\ufffd');
  const decode = (bytes: ByteString): string => mapped(bytes, table);
  return {
    name,
    decode,
    find: (character) => back.get(character),
    encode: (text) => written(text, (character) => back.get(character), name),
    fault: (bytes) =>
      singleByteFault(bytes, name) ?? (decode(bytes).includes('\ufffd') ? noCharacters(name) : undefined),
  };
}

function mapped(bytes: ByteString, table: readonly string[]): string {
  if (isAsciiText(bytes)) return bytes;
  let text = '';
  for (let i = 0; i < bytes.length; i += 1) text += table[bytes.charCodeAt(i)];
  return text;
}

function written(
  text: string,
  back: (character: string) => ByteString | undefined,
  name: string,
): ByteString {
  if (isAsciiText(text)) return text;
  let bytes = '';
  for (const character of text) {
    const byte = character < '\u0080' ? character : back(character);
    if (byte === undefined) throw new CharsetError(character, name);
    bytes += byte;
  }
  return bytes;
}

/** A range of bytes, both ends included. */
type Range = readonly [from: number, to: number];

interface DoubleByteSet {
  /** Which pairs are written: what the platform reads beyond the set's own standard is read, never written. */
  readonly lead: Range;
  readonly trail: Range;
  /** Characters of one byte beyond ASCII. */
  readonly alone?: Range;
  /** The characters whose bytes can look like delimiters; the EUC sets keep every byte above 127. */
  readonly pairs?: RegExp;
}

const doubleByteSets: Readonly<Record<string, DoubleByteSet>> = {
  'euc-kr': { lead: [0xa1, 0xfe], trail: [0xa1, 0xfe] },
  'euc-jp': { lead: [0xa1, 0xfe], trail: [0xa1, 0xfe] },
  gb2312: { lead: [0xa1, 0xf7], trail: [0xa1, 0xfe] },
  gbk: { lead: [0x81, 0xfe], trail: [0x40, 0xfe], pairs: /[\x81-\xfe][\x40-\x7e\x80-\xfe]/g },
  gb18030: {
    lead: [0x81, 0xfe],
    trail: [0x40, 0xfe],
    pairs: /[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]|[\x81-\xfe][\x40-\x7e\x80-\xfe]/g,
  },
  big5: { lead: [0xa1, 0xf9], trail: [0x40, 0xfe], pairs: /[\x81-\xfe][\x40-\x7e\xa1-\xfe]/g },
  // 0xA1-0xDF stand alone: half-width katakana.
  shift_jis: {
    lead: [0x81, 0xfc],
    trail: [0x40, 0xfc],
    alone: [0xa1, 0xdf],
    pairs: /[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]/g,
  },
};

/** The labels of {@link doubleByte}. */
export const isDoubleByte = (label: string): boolean => Object.hasOwn(doubleByteSets, label);

/** Character to bytes, by reading every pair once (about 20 ms); made when something beyond ASCII is first written. */
function invert(label: string, set: DoubleByteSet): Map<string, ByteString> {
  const decoder = new TextDecoder(label);
  const back = new Map<string, ByteString>();
  const learn = (...bytes: number[]): void => {
    const text = decoder.decode(Uint8Array.from(bytes));
    const [only, more] = text;
    // A private use character is a hole that the platform filled.
    if (more === undefined && only !== undefined && !/[\ufffd\ue000-\uf8ff\0-\x7f]/.test(only))
      if (!back.has(only)) back.set(only, String.fromCharCode(...bytes));
  };
  const [from, to] = set.alone ?? [1, 0];
  for (let byte = from; byte <= to; byte += 1) learn(byte);
  for (let lead = set.lead[0]; lead <= set.lead[1]; lead += 1)
    for (let trail = set.trail[0]; trail <= set.trail[1]; trail += 1) learn(lead, trail);
  return back;
}

/** GB 18030 numbers what has no pair by four bytes: the rest of the first plane by table, what follows by counting. */
function fourBytes(): (character: string) => ByteString | undefined {
  const decoder = new TextDecoder('gb18030');
  const bytesAt = (lead: number, n: number): number[] => [
    lead + Math.floor(n / 12_600),
    0x30 + (Math.floor(n / 1_260) % 10),
    0x81 + (Math.floor(n / 10) % 126),
    0x30 + (n % 10),
  ];
  let plane: Map<string, ByteString> | undefined;
  return (character) => {
    const point = character.codePointAt(0) ?? 0;
    if (point > 0xffff) return String.fromCharCode(...bytesAt(0x90, point - 0x10000));
    if (point >= 0xd800 && point < 0xe000) return undefined;
    if (plane === undefined) {
      plane = new Map();
      // 81308130 to 8431A439.
      for (let n = 0; n < 39_420; n += 1) {
        const bytes = bytesAt(0x81, n);
        const text = decoder.decode(Uint8Array.from(bytes));
        if (text !== '\ufffd' && !plane.has(text)) plane.set(text, String.fromCharCode(...bytes));
      }
    }
    return plane.get(character);
  };
}

/** One or two bytes a character (in GB 18030 four as well), by the platform's table in both directions. */
export function doubleByte(name: string, label: string): TableCharset {
  const set = doubleByteSets[label] as DoubleByteSet;
  const decoder = new TextDecoder(label);
  const { pairs } = set;
  const rest = label === 'gb18030' ? fourBytes() : () => undefined;
  let back: Map<string, ByteString> | undefined;
  const find = (character: string): ByteString | undefined => {
    back ??= invert(label, set);
    return back.get(character) ?? rest(character);
  };
  return {
    name,
    decode: (bytes) => (isAsciiText(bytes) ? bytes : decoder.decode(bytesOf(bytes))),
    find,
    encode: (text) => written(text, find, name),
    fault(bytes) {
      if (isAsciiText(bytes)) return undefined;
      const text = decoder.decode(bytesOf(bytes));
      if (text.includes('\ufffd')) return noCharacters(name);
      // The platform fills holes with control characters, and with private ones, which GB 18030 alone has of its own.
      if (/[\x80-\x9f]/.test(text))
        return `MSH-18 says ${name}, but some bytes are no characters of it and read as control characters.`;
      return label !== 'gb18030' && /[\ue000-\uf8ff]/.test(text)
        ? `MSH-18 says ${name}, but some bytes are no characters of it and read as private ones.`
        : undefined;
    },
    ...(pairs === undefined
      ? {}
      : {
          mask: (bytes) =>
            isAsciiText(bytes) ? bytes : bytes.replace(pairs, (character) => '\x80'.repeat(character.length)),
        }),
  };
}
