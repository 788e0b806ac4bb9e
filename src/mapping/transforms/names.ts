/** Names of people: parts to text and back. */
import { type Catalogue, isText, listOf, own, plain, refuse, text } from './transform.ts';

const ORDERS = ['first last', 'last, first', 'last, first middle', 'first middle last'];
const USES = ['official', 'usual', 'temp', 'nickname', 'anonymous', 'maiden', 'old'];
const PREFIXES = new Set(['dr', 'mr', 'mrs', 'ms', 'miss', 'prof', 'rev', 'sr', 'fr']);
const SUFFIXES = new Set(['jr', 'sr', 'ii', 'iii', 'iv', 'md', 'phd', 'rn', 'do', 'np', 'pa', 'dds', 'esq']);

export const names: Catalogue = {
  nameText: {
    about: 'A FHIR HumanName as text; of several the official one, then the usual one, then the first.',
    with: {
      about: `the order: ${ORDERS.map((order) => `"${order}"`).join(', ')}; left out: first middle last`,
      fits: (value) => value === undefined || ORDERS.includes(value as string),
    },
    many: true,
    examples: [
      { from: [{ family: 'Lopez', given: ['Camila', 'Maria'] }], gives: 'Camila Maria Lopez' },
      {
        from: [{ family: 'Lopez', given: ['Camila', 'Maria'] }],
        with: 'last, first',
        gives: 'Lopez, Camila',
      },
    ],
    make(argument) {
      const order = (argument ?? 'first middle last') as string;
      return (value) => {
        const name = chosen(value, ['official', 'usual']);
        const family = wordOf(own(name, 'family'));
        const given = listOf(own(name, 'given'))
          .map(wordOf)
          .filter((part) => part !== '');
        if (family === '' && given.length === 0) return wordOf(own(name, 'text')) || undefined;
        const first = order.includes('middle') ? given.join(' ') : (given[0] ?? '');
        const parts = order.startsWith('last') ? [family, first] : [first, family];
        return parts.filter((part) => part !== '').join(order.startsWith('last') ? ', ' : ' ');
      };
    },
  },
  nameParts: {
    about:
      'A name in one text as a FHIR HumanName: "LOPEZ, CAMILA M" or "Camila M Lopez"; titles become prefix and suffix.',
    examples: [
      {
        from: 'LOPEZ, CAMILA M',
        gives: { text: 'LOPEZ, CAMILA M', family: 'LOPEZ', given: ['CAMILA', 'M'] },
      },
      {
        from: 'Dr. Camila Lopez MD',
        gives: {
          text: 'Dr. Camila Lopez MD',
          family: 'Lopez',
          given: ['Camila'],
          prefix: ['Dr.'],
          suffix: ['MD'],
        },
      },
    ],
    make: plain((value) => {
      const whole = text(value).replace(/\s+/g, ' ').trim();
      if (whole === '') return undefined;
      const [before, ...rest] = whole.split(',').map((part) => part.trim());
      const tail = rest.filter((part) => part !== '');
      const isTitle = tail.length > 0 && tail.every((part) => SUFFIXES.has(bare(part)));
      const words = (tail.length === 0 || isTitle ? (before as string) : tail.join(' ')).split(' ');
      const prefix: string[] = [];
      const suffix: string[] = isTitle ? tail : [];
      while (words.length > 1 && PREFIXES.has(bare(words[0] as string))) prefix.push(words.shift() as string);
      while (words.length > 1 && SUFFIXES.has(bare(words.at(-1) as string)))
        suffix.unshift(words.pop() as string);
      const family = tail.length === 0 || isTitle ? (words.pop() as string) : (before as string);
      return {
        text: whole,
        ...(family === '' ? {} : { family }),
        ...(words.length === 0 ? {} : { given: words }),
        ...(prefix.length === 0 ? {} : { prefix }),
        ...(suffix.length === 0 ? {} : { suffix }),
      };
    }),
  },
  nameOf: {
    about: 'The FHIR HumanName of a use, of several; nothing when none has it.',
    many: true,
    with: { about: `a use: ${USES.join(', ')}`, fits: (value) => isText(value) && USES.includes(value) },
    examples: [
      {
        from: [
          { use: 'maiden', family: 'Diaz' },
          { use: 'official', family: 'Lopez' },
        ],
        with: 'maiden',
        gives: { use: 'maiden', family: 'Diaz' },
      },
    ],
    make: (use) => (value) => (value as readonly unknown[]).flat(1).find((name) => own(name, 'use') === use),
  },
  nameCase: {
    about:
      'A name that is written in capitals as it is usually written; one with small letters stays as it is.',
    examples: [
      { from: "O'BRIEN-MCDONALD", gives: "O'Brien-McDonald" },
      { from: 'van der Berg', gives: 'van der Berg' },
    ],
    make: plain((value) => {
      const name = text(value);
      if (name !== name.toUpperCase()) return name;
      return name
        .toLowerCase()
        .replace(
          /(^|[\s\-'’.])(\p{L})/gu,
          (_, before: string, letter: string) => before + letter.toUpperCase(),
        )
        .replace(/\bMc(\p{L})/gu, (_, letter: string) => `Mc${letter.toUpperCase()}`);
    }),
  },
  initials: {
    about: 'The first letter of each word, in capitals.',
    many: true,
    examples: [{ from: ['Camila', 'Maria', 'Lopez'], gives: 'CML' }],
    make: plain((value) =>
      (value as readonly unknown[])
        .flat(1)
        .flatMap((each) => text(each).split(/[\s-]+/))
        .map((word) => [...word][0]?.toUpperCase() ?? '')
        .join(''),
    ),
  },
};

const bare = (word: string): string => word.replaceAll('.', '').toLowerCase();
const wordOf = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

/** Of names the first of a use, in the order of uses; else the first. */
function chosen(value: unknown, uses: readonly string[]): unknown {
  const all = (value as readonly unknown[]).flat(1);
  if (!all.every((name) => typeof name === 'object' && name !== null)) return refuse('a FHIR HumanName');
  for (const use of uses) {
    const found = all.find((name) => own(name, 'use') === use);
    if (found !== undefined) return found;
  }
  return all[0];
}
