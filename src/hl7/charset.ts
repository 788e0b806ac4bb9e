import { isUtf8 } from 'node:buffer';
import { bytesOf, type Charset, CharsetError, isAsciiText } from './byte-string.ts';
import { doubleByte, isDoubleByte, singleByte, singleByteFault } from './charset-table.ts';
import { iso2022, iso2022Sets, partNamed } from './iso2022.ts';

export {
  type ByteString,
  byteString,
  bytesOf,
  type Charset,
  CharsetError,
  isAsciiText,
} from './byte-string.ts';

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
export const latin1: Charset = {
  ...below(256, '8859/1'),
  fault: (bytes) => singleByteFault(bytes, '8859/1'),
};

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

/**
 * Table 0211, the names that DICOM gives the same sets, and spellings met in practice, to a label of the platform.
 * `ISO IR14` alone is Shift_JIS: its half-width katakana are the same bytes, and that is what its senders use.
 * `CNS 11643-1992` is not here: the platform has no table of it.
 */
const labels: Readonly<Record<string, string>> = {
  'GB 18030-2000': 'gb18030',
  'GB 18030': 'gb18030',
  'KS X 1001': 'euc-kr',
  'ISO IR149': 'euc-kr',
  'ISO IR58': 'gb2312',
  'GB 2312': 'gb2312',
  'GB 2312-1980': 'gb2312',
  'BIG-5': 'big5',
  'ISO IR13': 'shift_jis',
  'ISO IR14': 'shift_jis',
  'ISO IR166': 'tis-620',
};

const keyOf = (name: string): string =>
  name
    .trim()
    .toUpperCase()
    .replace(/^ISO[ _-]?IR[ _-]?(?=\d)/, 'ISO IR');

const found = new Map<string, Charset | undefined>();

function remembered(key: string, make: () => Charset | undefined): Charset | undefined {
  if (found.has(key)) return found.get(key);
  const charset = make();
  // Names come from the bytes of strangers: what is remembered must not grow with them.
  if (found.size >= 100) found.clear();
  found.set(key, charset);
  return charset;
}

/**
 * The character set that MSH-18 names; `undefined` when this program has no decoder for the name. An empty name is
 * {@link undeclared}. UTF-16 and UTF-32 are not among them: they are read as whole messages (see wide.ts).
 *
 *     charsetNamed('8859/15')?.decode('\xa4')   // '€'
 */
export function charsetNamed(name: string): Charset | undefined {
  const key = keyOf(name);
  if (key === '' || key === 'UNICODE') return undeclared;
  if (key === 'UNICODE UTF-8' || key === 'UTF-8' || key === 'UTF8') return utf8;
  return remembered(key, () => built(key));
}

/**
 * The character set that all repetitions of MSH-18 name together (2.15.9.18): the first is the one a value begins in,
 * ASCII when it is empty, and the others are switched to by the escape sequences of ISO 2022.
 *
 *     charsetOf(['', 'ISO IR87'])?.decode('\x1b$B4A\x1b(B')   // '漢'
 */
export function charsetOf(names: readonly string[]): Charset | undefined {
  const [first = '', ...others] = names.map(keyOf);
  const alternates = others.filter((key) => key !== '');
  if (alternates.length === 0) return charsetNamed(first);
  const base = charsetNamed(first);
  const initial = iso2022Sets(first);
  // A Unicode set holds the others, and from the sets of two bytes no sequence leads away.
  if (initial === undefined) return base;
  return remembered([first, ...alternates].join('~'), () => {
    const sets = alternates.flatMap((key) => iso2022Sets(key) ?? []);
    if (sets.length === 0) return base;
    const right = initial.find((each) => each.right);
    return iso2022([first, ...alternates].join('~'), [...initial, ...sets], right);
  });
}

/** True when MSH-18 may name this set behind the first repetition: an escape sequence leads to it. */
export const isAlternate = (name: string): boolean => iso2022Sets(keyOf(name)) !== undefined;

function built(key: string): Charset | undefined {
  if (key === 'ASCII' || key === 'US-ASCII' || key === 'ISO IR6') return ascii;
  if (key === 'ISO IR87' || key === 'ISO IR159' || key === 'ISO-2022-JP')
    return iso2022(key, iso2022Sets(key === 'ISO-2022-JP' ? 'ISO IR87' : key) ?? [], undefined);
  const part = partNamed(key);
  if (part === '1') return latin1;
  const label = part === undefined ? (labels[key] ?? key.toLowerCase()) : `iso-8859-${part}`;
  if (isDoubleByte(label)) return doubleByte(key, label);
  try {
    const { encoding } = new TextDecoder(label);
    // The scan finds ASCII delimiters byte by byte; a set of 16-bit units has none.
    if (encoding.startsWith('utf-')) return undefined;
    if (encoding === 'iso-2022-jp') return iso2022(key, iso2022Sets('ISO IR87') ?? [], undefined);
    return isDoubleByte(encoding)
      ? doubleByte(key, encoding)
      : singleByte(part ? `8859/${part}` : key, label);
  } catch {
    // TextDecoder throws RangeError for a label it does not know: the set is unknown, which the caller reports.
    return undefined;
  }
}
