/** Texts: cleaned, cut, joined, divided, and changed by patterns that run in time linear to the text. */
import { formattedLines, plainText } from '../../hl7/index.ts';
import { compilePattern, PATTERN_RULES } from './pattern.ts';
import { type Catalogue, hasOnly, isTable, isText, isWhole, own, plain, refuse, text } from './transform.ts';

const LONGEST_RESULT = 1_000_000;

const count = (value: unknown): boolean =>
  isWhole(value as never) && (value as number) >= 0 && (value as number) <= 100_000;
/** Lists in the list are one with it; mostly there are none. */
const flat = (value: unknown): readonly unknown[] =>
  (value as readonly unknown[]).some(Array.isArray)
    ? (value as readonly unknown[]).flat(1)
    : (value as readonly unknown[]);

export const texts: Catalogue = {
  upper: {
    about: 'In capitals.',
    examples: [{ from: 'Lopez', gives: 'LOPEZ' }],
    make: plain((value) => text(value).toUpperCase()),
  },
  lower: {
    about: 'In small letters.',
    examples: [{ from: 'LOPEZ', gives: 'lopez' }],
    make: plain((value) => text(value).toLowerCase()),
  },
  trim: {
    about: 'Without blanks at both ends.',
    examples: [{ from: '  203713 ', gives: '203713' }],
    make: plain((value) => text(value).trim()),
  },
  text: {
    about: 'A number or a boolean as text.',
    examples: [{ from: 37.5, gives: '37.5' }],
    make: plain(text),
  },
  clean: {
    about:
      'Without control characters and characters that have no width; runs of blanks and line ends become one blank.',
    examples: [{ from: 'NO\u0007 KNOWN \t\r\n ALLERGIES\u200b ', gives: 'NO KNOWN ALLERGIES' }],
    make: plain((value) => text(value).replace(/\s/g, ' ').replace(INVISIBLE, '').replace(/ +/g, ' ').trim()),
  },
  lines: {
    about:
      'A text with its line ends as \\n, without other control characters and without blanks at the ends of lines.',
    examples: [{ from: 'Impression: \r\nstable.\r', gives: 'Impression:\nstable.' }],
    make: plain((value) =>
      text(value)
        .replace(/\r\n?/g, '\n')
        .replace(INVISIBLE_BUT_LINES, '')
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n')
        .trimEnd(),
    ),
  },
  formatted: {
    about:
      'HL7 formatted text (FT) as plain text: \\.br\\, indents and centring are laid out, highlighting is left out.',
    examples: [{ from: 'Line one\\.br\\Line \\H\\two\\N\\', gives: 'Line one\nLine two' }],
    make: plain((value) => plainText(formattedLines(text(value)))),
  },
  ascii: {
    about:
      'Without accents, typographic quotation marks and dashes; what ASCII has no letter for is left out.',
    examples: [{ from: 'Núñez – “Müller”', gives: 'Nunez - "Muller"' }],
    make: plain((value) =>
      text(value)
        .replace(/[\u2018\u2019]/g, "'")
        .replace(/[\u201c\u201d]/g, '"')
        .replace(/[\u2010-\u2015]/g, '-')
        .replace(/ß/g, 'ss')
        .replace(/æ/gi, (each) => (each === 'æ' ? 'ae' : 'AE'))
        .replace(/ø/gi, (each) => (each === 'ø' ? 'o' : 'O'))
        .normalize('NFKD')
        .replace(/[^\n\r\t\x20-\x7e]/g, ''),
    ),
  },
  maxLength: {
    about: 'Cut to so many characters; a character of two halves is not divided.',
    with: { about: 'a number of characters', fits: count },
    examples: [{ from: 'HYPERTENSION', with: 5, gives: 'HYPER' }],
    make: (most) => (value) => {
      const whole = text(value);
      return whole.length <= (most as number) ? whole : cut(whole, most as number);
    },
  },
  pad: {
    about: 'Filled up to a length, at the left with zeros unless said otherwise.',
    with: {
      about: 'a length, or { length: 8, fill: " ", side: right }',
      fits: (value) =>
        count(value) ||
        (hasOnly(value, ['length', 'fill', 'side']) &&
          count(own(value, 'length')) &&
          [undefined, 'left', 'right'].includes(own(value, 'side') as string) &&
          (own(value, 'fill') === undefined || /^.$/su.test(String(own(value, 'fill'))))),
    },
    examples: [
      { from: '203713', with: 8, gives: '00203713' },
      { from: 'A', with: { length: 3, fill: '.', side: 'right' }, gives: 'A..' },
    ],
    make(argument) {
      const given = isTable(argument) ? argument : { length: argument };
      const length = given.length as number;
      const fill = 'fill' in given ? String(given.fill) : '0';
      return (value) =>
        own(given, 'side') === 'right'
          ? text(value).padEnd(length, fill)
          : text(value).padStart(length, fill);
    },
  },
  withoutZeros: {
    about: 'Without zeros at its beginning; a text of zeros alone keeps one.',
    examples: [{ from: '000203713', gives: '203713' }],
    make: plain((value) => text(value).replace(/^0+(?=.)/s, '')),
  },
  substring: {
    about:
      'A part of the text, by the place of its first character, counted from 0, and its length; below 0 from the end.',
    with: {
      about: '[first, length], or [first] for the rest',
      fits: (value) =>
        Array.isArray(value) &&
        value.length >= 1 &&
        value.length <= 2 &&
        isWhole(value[0]) &&
        (value.length === 1 || count(value[1])),
    },
    examples: [
      { from: 'E203713', with: [1], gives: '203713' },
      { from: '203713', with: [-4, 2], gives: '37' },
    ],
    make(argument) {
      const [first, length] = argument as readonly number[];
      return (value) => {
        const whole = text(value);
        const from =
          (first as number) < 0 ? Math.max(0, whole.length + (first as number)) : (first as number);
        return filled(whole.slice(from, length === undefined ? undefined : from + length));
      };
    },
  },
  before: {
    about: 'What stands before the first place where the text in `with` stands; all of it when it does not.',
    with: { about: 'a text', fits: (value) => isText(value) && value !== '' },
    examples: [{ from: '203713^^^EPI', with: '^', gives: '203713' }],
    make: (mark) => (value) => filled(text(value).split(mark as string, 1)[0] as string),
  },
  after: {
    about: 'What stands behind the first place where the text in `with` stands; nothing when it does not.',
    with: { about: 'a text', fits: (value) => isText(value) && value !== '' },
    examples: [{ from: 'urn:oid:1.2.3', with: 'urn:oid:', gives: '1.2.3' }],
    make: (mark) => (value) => {
      const whole = text(value);
      const at = whole.indexOf(mark as string);
      return at === -1 ? undefined : filled(whole.slice(at + (mark as string).length));
    },
  },
  prefix: {
    about: 'With the text in `with` before it, unless it begins with it.',
    with: { about: 'a text', fits: isText },
    examples: [{ from: '203713', with: 'E', gives: 'E203713' }],
    make: (mark) => (value) =>
      text(value).startsWith(mark as string) ? text(value) : `${mark}${text(value)}`,
  },
  suffix: {
    about: 'With the text in `with` behind it, unless it ends with it.',
    with: { about: 'a text', fits: isText },
    examples: [{ from: '12', with: ' mg', gives: '12 mg' }],
    make: (mark) => (value) => (text(value).endsWith(mark as string) ? text(value) : `${text(value)}${mark}`),
  },
  without: {
    about: 'Without any of the characters in `with`.',
    with: { about: 'characters', fits: (value) => isText(value) && value !== '' },
    examples: [{ from: '123-45-6789', with: '- ', gives: '123456789' }],
    make(characters) {
      const unwanted = new Set(characters as string);
      return (value) => filled([...text(value)].filter((each) => !unwanted.has(each)).join(''));
    },
  },
  replace: {
    about:
      'Every place where a pattern fits, changed: $1 is its first group. `text:` in place of `pattern:` is taken as it stands.',
    with: {
      about: `{ pattern: "…", by: "…" } or { text: "…", by: "…" }; ${PATTERN_RULES}`,
      fits: (value) =>
        hasOnly(value, ['pattern', 'text', 'by']) &&
        isText(own(value, 'by') as never) &&
        isText(own(value, 'pattern') as never) !== isText(own(value, 'text') as never) &&
        own(value, 'text') !== '',
    },
    examples: [
      { from: '555-0100 x12', with: { pattern: '\\s*x\\d+$', by: '' }, gives: '555-0100' },
      { from: 'A.B.C', with: { text: '.', by: '-' }, gives: 'A-B-C' },
    ],
    make(argument) {
      const { by, text: plainly, pattern } = argument as { by: string; text?: string; pattern?: string };
      if (plainly !== undefined) return (value) => filled(bounded(text(value).replaceAll(plainly, () => by)));
      const compiled = compilePattern(pattern as string);
      const made = compiled.replacement(by);
      return (value) => filled(bounded(compiled.replace(text(value), made)));
    },
  },
  match: {
    about: 'What a pattern finds first, or its first group; nothing when it does not fit.',
    with: { about: `a pattern; ${PATTERN_RULES}`, fits: isText },
    examples: [
      { from: 'Room 412-B', with: '\\d+', gives: '412' },
      { from: 'MRN: 203713 (EPI)', with: 'MRN: (\\d+)', gives: '203713' },
    ],
    make(argument) {
      const compiled = compilePattern(argument as string);
      return (value) => compiled.first(text(value));
    },
  },
  fits: {
    about: 'Whether a pattern fits anywhere in the text: true or false.',
    with: { about: `a pattern; ${PATTERN_RULES}`, fits: isText },
    examples: [{ from: 'E203713', with: '^E\\d+$', gives: true }],
    make(argument) {
      const compiled = compilePattern(argument as string);
      return (value) => compiled.fits(text(value));
    },
  },
  split: {
    about:
      'Divided at the text in `with`: a list, or one of its parts, counted from 0 and below 0 from the end.',
    with: {
      about: 'a text, or { at: ",", take: 0 }',
      fits: (value) =>
        (isText(value) && value !== '') ||
        (hasOnly(value, ['at', 'take']) &&
          isText(own(value, 'at') as never) &&
          own(value, 'at') !== '' &&
          (own(value, 'take') === undefined || isWhole(own(value, 'take') as never))),
    },
    examples: [
      { from: 'a; b;c', with: ';', gives: ['a', 'b', 'c'] },
      { from: 'LOPEZ,CAMILA', with: { at: ',', take: -1 }, gives: 'CAMILA' },
    ],
    make(argument) {
      const at = isText(argument) ? argument : String(own(argument, 'at'));
      const take = isText(argument) ? undefined : (own(argument, 'take') as number | undefined);
      return (value) => {
        const parts = text(value)
          .split(at)
          .map((part) => part.trim())
          .filter((part) => part !== '');
        return take === undefined ? some(parts) : parts.at(take);
      };
    },
  },
  join: {
    about: 'All values of all sources as one text, with a blank or the text in `with` between them.',
    many: true,
    with: {
      about: 'a text that stands between the values',
      fits: (value) => value === undefined || isText(value),
    },
    examples: [
      { from: ['Camila', 'Lopez'], gives: 'Camila Lopez' },
      { from: ['LOPEZ', 'CAMILA'], with: ', ', gives: 'LOPEZ, CAMILA' },
    ],
    make:
      (separator = ' ') =>
      (value) =>
        bounded(
          flat(value)
            .map(text)
            .join(separator as string),
        ),
  },
  fill: {
    about:
      'The text in `with`, its {1}, {2} … filled with the values in order. A value’s own braces stay as they are.',
    many: true,
    with: {
      about: 'a text with {1}, {2} …',
      fits: (value) => isText(value) && value.length <= 2_000 && /\{[1-9]\d?\}/.test(value),
    },
    examples: [{ from: ['Lopez', '203713'], with: '{1} (MRN {2})', gives: 'Lopez (MRN 203713)' }],
    make(argument) {
      // Divided once; what a value holds is never looked at as a part of the text.
      const parts = (argument as string).split(/\{([1-9]\d?)\}/);
      return (value) => {
        const values = flat(value);
        return bounded(
          parts
            .map((part, index) =>
              index % 2 === 0
                ? part
                : values[Number(part) - 1] === undefined
                  ? ''
                  : text(values[Number(part) - 1]),
            )
            .join(''),
        );
      };
    },
  },
  list: {
    about: 'All values of all sources as a list.',
    many: true,
    examples: [{ from: ['a', 'b'], gives: ['a', 'b'] }],
    make: plain(flat),
  },
  distinct: {
    about: 'All values of all sources as a list, each once.',
    many: true,
    examples: [{ from: ['a', 'b', 'a'], gives: ['a', 'b'] }],
    make: plain((value) => [...new Set(flat(value))]),
  },
  first: {
    about: 'The first of a list.',
    many: true,
    examples: [{ from: ['a', 'b'], gives: 'a' }],
    make: plain((value) => flat(value)[0]),
  },
  last: {
    about: 'The last of a list.',
    many: true,
    examples: [{ from: ['a', 'b'], gives: 'b' }],
    make: plain((value) => flat(value).at(-1)),
  },
  base64: {
    about: 'A text’s UTF-8 bytes in base64.',
    examples: [{ from: 'Núñez', gives: 'TsO6w7Fleg==' }],
    make: plain((value) => Buffer.from(text(value), 'utf8').toString('base64')),
  },
  fromBase64: {
    about: 'The UTF-8 text that base64 holds.',
    examples: [{ from: 'TsO6w7Fleg==', gives: 'Núñez' }],
    make: plain((value) => {
      const written = text(value).replace(/\s/g, '');
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(written) || written.length % 4 === 1) return refuse('base64');
      try {
        return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(written, 'base64'));
      } catch {
        return refuse('base64 of a UTF-8 text');
      }
    }),
  },
};

/** Of no width, or that turn the direction of what follows. */
const INVISIBLE = /[\p{Cc}\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;
const INVISIBLE_BUT_LINES = /[^\n\t\P{Cc}]|[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/gu;

const filled = (value: string): string | undefined => (value === '' ? undefined : value);
const some = <T>(values: readonly T[]): readonly T[] | undefined =>
  values.length === 0 ? undefined : values;

function bounded(value: string): string {
  return value.length > LONGEST_RESULT
    ? refuse(`values of together at most ${LONGEST_RESULT} characters`)
    : value;
}

function cut(whole: string, most: number): string {
  const code = whole.charCodeAt(most - 1);
  return whole.slice(0, code >= 0xd800 && code <= 0xdbff ? most - 1 : most);
}
