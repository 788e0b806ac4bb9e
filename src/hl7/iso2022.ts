import { isUtf8 } from 'node:buffer';
import { type ByteString, bytesOf, type Charset, CharsetError, isAsciiText } from './byte-string.ts';
import { doubleByte, noCharacters, singleByte, type TableCharset } from './charset-table.ts';

/** A set that an escape sequence of ISO 2022 puts into the left (bytes below 80) or the right half of the code. */
export interface GraphicSet {
  /** What stands behind ESC; the first one is written. */
  readonly sequences: readonly string[];
  readonly right: boolean;
  readonly width: 1 | 2;
  /** Both in the form of the right half: every byte above 127. */
  decode(bytes: ByteString): string;
  encode(character: string): ByteString | undefined;
}

/** The half of a set that lies beyond ASCII; its tables are made when first used. */
function half(make: () => TableCharset): Pick<GraphicSet, 'decode' | 'encode'> {
  let made: TableCharset | undefined;
  const charset = (): TableCharset => {
    made ??= make();
    return made;
  };
  return {
    decode: (bytes) => charset().decode(bytes),
    encode: (character) => charset().find(character),
  };
}

const jis0208 = half(() => doubleByte('ISO IR87', 'euc-jp'));
const korean = half(() => doubleByte('ISO IR149', 'euc-kr'));
const chinese = half(() => doubleByte('ISO IR58', 'gb2312'));

/** JIS X 0212 lies behind a byte 8F in EUC-JP; its table back is made of all its pairs at once. */
function jis0212(): Pick<GraphicSet, 'decode' | 'encode'> {
  const decoder = new TextDecoder('euc-jp');
  const decode = (bytes: ByteString): string =>
    decoder.decode(bytesOf(bytes.replace(/[\x80-\xff]{2}/g, (pair) => `\x8f${pair}`)));
  let back: Map<string, ByteString> | undefined;
  return {
    decode,
    encode(character) {
      if (back === undefined) {
        back = new Map();
        for (let lead = 0xa1; lead <= 0xfe; lead += 1)
          for (let trail = 0xa1; trail <= 0xfe; trail += 1) {
            const pair = String.fromCharCode(lead, trail);
            const text = decode(pair);
            if (!text.includes('\ufffd')) back.set(text, pair);
          }
      }
      return back.get(character);
    },
  };
}

/** Half-width katakana of JIS X 0201: A1 to DF are U+FF61 to U+FF9F. */
const katakana: Pick<GraphicSet, 'decode' | 'encode'> = {
  decode: (bytes) =>
    bytes.replace(/[\x80-\xff]/g, (byte) => {
      const code = byte.charCodeAt(0);
      return code > 0xa0 && code < 0xe0 ? String.fromCharCode(code + 0xfec0) : '\ufffd';
    }),
  encode(character) {
    const code = character.charCodeAt(0);
    return code > 0xff60 && code < 0xffa0 ? String.fromCharCode(code - 0xfec0) : undefined;
  },
};

const set = (
  sequences: readonly string[],
  right: boolean,
  width: 1 | 2,
  both: Pick<GraphicSet, 'decode' | 'encode'>,
): GraphicSet => ({ sequences, right, width, ...both });

const iso8859 = (part: number, final: string): GraphicSet =>
  set(
    [`-${final}`],
    true,
    1,
    half(() => singleByte(`8859/${part}`, `iso-8859-${part}`)),
  );

const kanji = set(['$B', '$@', '$(B'], false, 2, jis0208);
const moreKanji = set(['$(D'], false, 2, jis0212());
const hangul = set(['$)C'], true, 2, korean);
const hanzi = set(['$)A'], true, 2, chinese);
const rightKatakana = set([')I'], true, 1, katakana);

/** The right halves of ISO 8859 by part, each with the last byte of its escape sequence. */
const rightHalves = new Map(
  (
    [
      [1, 'A'],
      [2, 'B'],
      [3, 'C'],
      [4, 'D'],
      [5, 'L'],
      [6, 'G'],
      [7, 'F'],
      [8, 'H'],
      [9, 'M'],
      [10, 'V'],
      [13, 'Y'],
      [14, '_'],
      [15, 'b'],
    ] as const
  ).map(([part, final]) => [String(part), iso8859(part, final)]),
);

const named: Readonly<Record<string, readonly GraphicSet[]>> = {
  '': [],
  ASCII: [],
  'US-ASCII': [],
  'ISO IR6': [],
  'ISO IR13': [rightKatakana],
  'ISO IR14': [rightKatakana],
  'ISO IR87': [kanji],
  'ISO IR159': [moreKanji],
  'ISO IR149': [hangul],
  'KS X 1001': [hangul],
  'ISO IR58': [hanzi],
  'GB 2312': [hanzi],
  'GB 2312-1980': [hanzi],
};

const registered: Readonly<Record<string, string>> = {
  'ISO IR100': '1',
  'ISO IR101': '2',
  'ISO IR109': '3',
  'ISO IR110': '4',
  'ISO IR144': '5',
  'ISO IR127': '6',
  'ISO IR126': '7',
  'ISO IR138': '8',
  'ISO IR148': '9',
  'ISO IR203': '15',
};

/** The part of ISO 8859 that a name means: `8859/2`, `ISO-8859-2`, `ISO IR101`. */
export const partNamed = (key: string): string | undefined =>
  registered[key] ?? key.match(/^(?:ISO[ -]?)?8859[/-](\d{1,2})$/)?.[1];

/** What MSH-18 allows to switch to by a name (in capitals); `undefined` where no escape sequence leads to it. */
export function iso2022Sets(key: string): readonly GraphicSet[] | undefined {
  if (Object.hasOwn(named, key)) return named[key];
  const right = rightHalves.get(partNamed(key) ?? '');
  return right === undefined ? undefined : [right];
}

/** ASCII and JIS-Roman: 5C and 7E of the latter are read as ASCII, since senders use it to switch back to ASCII. */
const roman = 'roman';

/** Every sequence that is understood, whether MSH-18 announces its set or not. */
const sequences = new Map<string, GraphicSet | typeof roman>([
  ['(B', roman],
  ['(J', roman],
  ['(I', set(['(I'], false, 1, katakana)],
  ['$(C', set(['$(C'], false, 2, korean)],
  ['$A', set(['$A'], false, 2, chinese)],
  ['$(A', set(['$(A'], false, 2, chinese)],
]);
for (const each of [kanji, moreKanji, hangul, hanzi, rightKatakana, ...rightHalves.values()])
  for (const sequence of each.sequences) sequences.set(sequence, each);

/** What a byte string divides into: a sequence, a shift, a line end, bytes of the left half, bytes of the right half. */
const runs =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of ISO 2022 begin with ESC
  /\x1b([\x20-\x2f]+[\x30-\x7e])|([\x0e\x0f])|([\r\n])|([^\x80-\xff\x0e\x0f\r\n\x1b]+)|([\x80-\xff]+)|\x1b/g;

interface Reading {
  readonly text: string;
  /** A line ended while the left half was not ASCII. */
  readonly open: boolean;
}

/** Every value, and every line, begins with ASCII at the left and `initial` at the right (2.15.9.18, 2.15.9.20). */
function read(bytes: ByteString, initial: GraphicSet | undefined, likely: GraphicSet | undefined): Reading {
  let left: GraphicSet | undefined;
  let right = initial;
  let shifted = false;
  let open = false;
  let text = '';
  for (const [whole, sequence, shift, lineEnd, low, high] of bytes.matchAll(runs)) {
    if (sequence !== undefined) {
      const meant = sequences.get(sequence);
      if (meant === undefined) text += '\ufffd';
      else if (meant === roman) left = undefined;
      else if (meant.right) right = meant;
      else left = meant;
    } else if (shift !== undefined) shifted = shift === '\x0e';
    else if (lineEnd !== undefined) {
      open ||= left !== undefined || shifted;
      left = undefined;
      right = initial;
      shifted = false;
      text += lineEnd;
    } else if (low !== undefined) text += lowText(low, shifted ? right : left);
    else if (high !== undefined)
      text += right === undefined ? strayText(high, likely) : highText(high, right);
    else text += whole;
  }
  return { text, open: open || left !== undefined || shifted };
}

function lowText(bytes: ByteString, graphic: GraphicSet | undefined): string {
  if (graphic === undefined) return bytes;
  return bytes.replace(/[!-~]+/g, (run) => {
    let raised = '';
    for (let i = 0; i < run.length; i += 1) raised += String.fromCharCode(run.charCodeAt(i) | 0x80);
    return highText(raised, graphic);
  });
}

/** Bytes at the right although no set was put there: UTF-8, or the set that should have been. There is a finding then. */
function strayText(bytes: ByteString, likely: GraphicSet | undefined): string {
  const buffer = bytesOf(bytes);
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return likely === undefined ? '\ufffd'.repeat(bytes.length) : highText(bytes, likely);
}

function highText(bytes: ByteString, graphic: GraphicSet): string {
  const whole = bytes.length - (bytes.length % graphic.width);
  return graphic.decode(bytes.slice(0, whole)) + (whole < bytes.length ? '\ufffd' : '');
}

/** What a value, or the text of a whole message, is written as: each character in the first set that holds it. */
function write(
  text: string,
  name: string,
  sets: readonly GraphicSet[],
  initial: GraphicSet | undefined,
): ByteString {
  let bytes = '';
  let left: GraphicSet | undefined;
  let right = initial;
  for (const character of text) {
    if (character < '\u0080') {
      if (left !== undefined) bytes += '\x1b(B';
      left = undefined;
      bytes += character;
      // A delimiter takes the right half back to where it began; which characters are delimiters is not known here.
      if (!/[0-9A-Za-z]/.test(character)) {
        if (right !== initial && initial !== undefined) bytes = restored(bytes, initial);
        right = initial;
      }
      continue;
    }
    const [chosen, written] = choose(character, sets) ?? [];
    if (chosen === undefined || written === undefined) throw new CharsetError(character, name);
    if (chosen !== (chosen.right ? right : left)) bytes += `\x1b${chosen.sequences[0]}`;
    if (chosen.right) {
      right = chosen;
      bytes += written;
    } else {
      left = chosen;
      for (let i = 0; i < written.length; i += 1) bytes += String.fromCharCode(written.charCodeAt(i) & 0x7f);
    }
  }
  if (left !== undefined) bytes += '\x1b(B';
  if (right !== initial && initial !== undefined) bytes += `\x1b${initial.sequences[0]}`;
  return bytes;
}

/** The sequence goes before the delimiter: just before it and just behind it, the state is the first one. */
const restored = (bytes: ByteString, initial: GraphicSet): ByteString =>
  `${bytes.slice(0, -1)}\x1b${initial.sequences[0]}${bytes.slice(-1)}`;

function choose(character: string, sets: readonly GraphicSet[]): [GraphicSet, ByteString] | undefined {
  for (const each of sets) {
    const bytes = each.encode(character);
    if (bytes !== undefined) return [each, bytes];
  }
  return undefined;
}

/** All that is not ASCII text: sequences, and what follows one that puts something else than ASCII at the left. */
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of ISO 2022 begin with ESC
  /\x1b(?:\$\(?[@ABCD]|\(I)[^\x1b\r\n]*|\x1b[\x20-\x2f]+[\x30-\x7e]|\x0e[^\x0f\r\n\x1b]*/g;

/**
 * Several sets in one message, switched by the escape sequences of ISO 2022 (2.15.9.18 and 2.15.9.20).
 *
 * @param sets what may be written, in the order of MSH-18.
 * @param initial what the right half holds before any switch: the first repetition of MSH-18.
 */
export function iso2022(name: string, sets: readonly GraphicSet[], initial: GraphicSet | undefined): Charset {
  const likely = sets.find((each) => each.right);
  const plain = (bytes: ByteString): boolean =>
    isAsciiText(bytes) && !bytes.includes('\x1b') && !bytes.includes('\x0e');
  return {
    name,
    switches: true,
    decode: (bytes) => (plain(bytes) ? bytes : read(bytes, initial, likely).text),
    encode: (text) => (isAsciiText(text) ? text : write(text, name, sets, initial)),
    mask: (bytes) =>
      bytes.includes('\x1b') || bytes.includes('\x0e')
        ? bytes.replace(hidden, (run) => '\x80'.repeat(run.length))
        : bytes,
    fault(bytes) {
      if (plain(bytes)) return undefined;
      const { text, open } = read(bytes, initial, likely);
      if (open)
        return `MSH-18 says ${name}, but a line ends without the escape sequence that switches back to ASCII.`;
      if (text.includes('\ufffd')) return noCharacters(name);
      if (initial === undefined && undesignated(bytes))
        return `MSH-18 says ${name}, but there are bytes beyond ASCII without an escape sequence of ISO 2022 before them.`;
      return undefined;
    },
  };
}

/** True when a line has bytes beyond ASCII before any sequence fills the right half. */
const undesignated = (bytes: ByteString): boolean =>
  bytes
    .split(/[\r\n]/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of ISO 2022 begin with ESC
    .some((line) => !isAsciiText(line.split(/\x1b(?:[-)]|\$\))[\x30-\x7e]/, 1)[0] as string));
