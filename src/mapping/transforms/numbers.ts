/** Numbers: read, rounded, written, counted. */
import { type Catalogue, hasOnly, isText, isWhole, own, plain, refuse, text } from './transform.ts';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const places = (value: unknown): boolean =>
  isWhole(value as never) && (value as number) >= 0 && (value as number) <= 12;

export function numberOf(value: unknown): number {
  const written = text(value).trim();
  return written.length < 60 && NUMBER.test(written) && Number.isFinite(Number(written))
    ? Number(written)
    : refuse('a number');
}

/** As it is written, to so many decimal places: halves go away from zero, and 1.005 is what it says. */
export function rounded(value: number, digits: number): number {
  if (!Number.isFinite(value) || Math.abs(value) >= 1e15) return value;
  const [mantissa, exponent = '0'] = String(Math.abs(value)).split('e');
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  const [whole, power = '0'] = String(shifted).split('e');
  const size = Number(`${whole}e${Number(power) - digits}`);
  return value < 0 && size !== 0 ? -size : size;
}

const numbersOf = (value: unknown): readonly number[] => (value as readonly unknown[]).flat(1).map(numberOf);

export const numbers: Catalogue = {
  number: {
    about: 'A text as a number; a decimal point, no thousands separators.',
    examples: [{ from: '37.50', gives: 37.5 }],
    make: plain(numberOf),
  },
  numberFrom: {
    about:
      'A text as a number, with the decimal sign in `with`; the other sign, blanks and apostrophes divide thousands.',
    with: { about: '"," or "."', fits: (value) => value === ',' || value === '.' },
    examples: [{ from: '1.234,56', with: ',', gives: 1234.56 }],
    make: (decimal) => (value) => {
      const plainly = text(value)
        .trim()
        .replace(decimal === ',' ? /[.\s'’]/g : /[,\s'’]/g, '');
      return numberOf(decimal === ',' ? plainly.replace(',', '.') : plainly);
    },
  },
  round: {
    about: 'Rounded to so many decimal places, halves away from zero.',
    with: { about: 'a number of decimal places, 0 to 12', fits: places },
    examples: [
      { from: 36.649, with: 1, gives: 36.6 },
      { from: '1.005', with: 2, gives: 1.01 },
    ],
    make: (digits) => (value) => rounded(numberOf(value), digits as number),
  },
  whole: {
    about: 'The whole number of a number; what is behind the point is left out.',
    examples: [{ from: '12.9', gives: 12 }],
    make: plain((value) => Math.trunc(numberOf(value))),
  },
  decimals: {
    about: 'A number as text with so many decimal places, zeros included.',
    with: { about: 'a number of decimal places, 0 to 12', fits: places },
    examples: [{ from: 37.5, with: 2, gives: '37.50' }],
    make: (digits) => (value) => rounded(numberOf(value), digits as number).toFixed(digits as number),
  },
  times: {
    about: 'Multiplied by a number.',
    with: { about: 'a number', fits: (value) => typeof value === 'number' },
    examples: [{ from: '0.97', with: 100, gives: 97 }],
    make: (factor) => (value) => rounded(numberOf(value) * (factor as number), 12),
  },
  plus: {
    about: 'With a number added.',
    with: { about: 'a number', fits: (value) => typeof value === 'number' },
    examples: [{ from: '12', with: -2, gives: 10 }],
    make: (more) => (value) => rounded(numberOf(value) + (more as number), 12),
  },
  sum: {
    about: 'The sum of all values.',
    many: true,
    examples: [{ from: ['1.5', 2], gives: 3.5 }],
    make: plain((value) =>
      rounded(
        numbersOf(value).reduce((sum, each) => sum + each, 0),
        12,
      ),
    ),
  },
  smallest: {
    about: 'The smallest of all values.',
    many: true,
    examples: [{ from: [3, '1.5'], gives: 1.5 }],
    make: plain((value) => numbersOf(value).reduce((one, other) => Math.min(one, other))),
  },
  largest: {
    about: 'The largest of all values.',
    many: true,
    examples: [{ from: [3, '1.5'], gives: 3 }],
    make: plain((value) => numbersOf(value).reduce((one, other) => Math.max(one, other))),
  },
  count: {
    about: 'How many values there are.',
    many: true,
    examples: [{ from: ['a', 'b'], gives: 2 }],
    make: plain((value) => (value as readonly unknown[]).flat(1).length),
  },
  quantity: {
    about: 'A result as text ("<5.0 mg/dL") as a FHIR Quantity, the unit as it is written.',
    with: {
      about: '{ unit: "mg/dL" } for numbers without one; may be left out',
      fits: (value) =>
        value === undefined || (hasOnly(value, ['unit']) && isText(own(value, 'unit') as never)),
    },
    examples: [
      { from: '<5.0 mg/dL', gives: { comparator: '<', value: 5, unit: 'mg/dL' } },
      { from: '98.6', with: { unit: '[degF]' }, gives: { value: 98.6, unit: '[degF]' } },
    ],
    make: (argument) => (value) => {
      const written = text(value).trim().slice(0, 200);
      const comparator = /^(?:<=|>=|<|>)/.exec(written)?.[0];
      const rest = written.slice(comparator?.length ?? 0).trim();
      const number = /^[+-]?\d+(?:\.\d+)?/.exec(rest)?.[0];
      if (number === undefined) return refuse('a number, perhaps with < or > before it and a unit behind it');
      const unit = rest.slice(number.length).trim() || own(argument, 'unit');
      return {
        ...(comparator === undefined ? {} : { comparator }),
        value: Number(number),
        ...(unit === undefined ? {} : { unit }),
      };
    },
  },
};
