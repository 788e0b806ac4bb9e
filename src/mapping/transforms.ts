/** What may become of a value on its way: the catalogue that `transform` in a field rule names. */
import { Buffer } from 'node:buffer';
import type { Json } from '../std/index.ts';
import { fhirDate, fhirDateTime, instantOf, readTime } from './time.ts';

export interface Transform {
  /** For the docs and the console. */
  readonly about: string;
  /** It takes the values of all sources as a list; others get the first that there is. */
  readonly many?: boolean;
  /** What `with` must be; left out: the transform takes none. */
  readonly with?: { readonly about: string; readonly fits: (value: Json | undefined) => boolean };
  /** Throws `Unreadable` for a value that it cannot take. */
  readonly run: (value: unknown, argument: Json | undefined, timeZone: string) => unknown;
}

/** A transform could not take its value. Says what was expected, never what came: that may be patient data. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const refuse = (expected: string): never => {
  throw new Unreadable(expected);
};

const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : refuse('a single text or number');

const moment = (value: unknown) => readTime(text(value).trim()) ?? refuse('an HL7 or FHIR date');

/** HL7 table 0001 to FHIR AdministrativeGender, by the v2-to-FHIR guide's concept map AdministrativeSex. */
const GENDERS = new Map([
  ['F', 'female'],
  ['M', 'male'],
  ['O', 'other'],
  ['U', 'unknown'],
  ['A', 'other'],
  ['N', 'other'],
]);
const FHIR_GENDERS = new Set(['female', 'male', 'other', 'unknown']);

const YES = new Set(['y', 'yes', 'true', 't', '1']);
const NO = new Set(['n', 'no', 'false', 'f', '0']);

const isText = (value: Json | undefined): boolean => typeof value === 'string';

const catalogue: Readonly<Record<string, Transform>> = {
  date: {
    about:
      'An HL7 or FHIR time as a FHIR date or dateTime, to the precision given; a time without offset is in the site’s zone.',
    run: (value, _, timeZone) => fhirDateTime(moment(value), timeZone),
  },
  dateOnly: {
    about: 'The date of an HL7 or FHIR time as it is written, without the time of day.',
    run: (value) => fhirDate(moment(value)),
  },
  instant: {
    about: 'An HL7 or FHIR time in UTC: 2026-01-31T17:00:00.000Z.',
    run(value, _, timeZone) {
      const at = instantOf(moment(value), timeZone) ?? refuse('a time of day beside the date');
      return new Date(at).toISOString();
    },
  },
  upper: { about: 'In capitals.', run: (value) => text(value).toUpperCase() },
  lower: { about: 'In small letters.', run: (value) => text(value).toLowerCase() },
  trim: { about: 'Without blanks at both ends.', run: (value) => text(value).trim() },
  text: { about: 'A number or a boolean as text.', run: text },
  number: {
    about: 'A text as a number; a decimal point, no thousands separators.',
    run(value) {
      const written = text(value).trim();
      return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(written) && Number.isFinite(Number(written))
        ? Number(written)
        : refuse('a number');
    },
  },
  boolean: {
    about: 'Y, yes, true, T, 1 as true; N, no, false, F, 0 as false.',
    run(value) {
      const written = text(value).trim().toLowerCase();
      return YES.has(written) || (NO.has(written) ? false : refuse('yes or no'));
    },
  },
  join: {
    about: 'All values of all sources as one text, with a blank or the text in `with` between them.',
    many: true,
    with: {
      about: 'a text that stands between the values',
      fits: (value) => value === undefined || isText(value),
    },
    run: (value, separator) =>
      (value as readonly unknown[])
        .flat(1)
        .map(text)
        .join((separator as string) ?? ' '),
  },
  list: {
    about: 'All values of all sources as a list.',
    many: true,
    run: (value) => (value as readonly unknown[]).flat(1),
  },
  id: {
    about: 'The id in a FHIR reference: Patient/abc gives abc, with or without a server before it.',
    run: (value) =>
      /(?:^|\/)([A-Za-z0-9.-]+)(?:\/_history\/[^/]+)?$/.exec(text(value))?.[1] ??
      refuse('a FHIR reference or id'),
  },
  reference: {
    about: 'An id as a reference to the resource type in `with`: abc gives Patient/abc.',
    with: {
      about: 'a resource type, such as Patient',
      fits: (value) => isText(value) && /^[A-Z][A-Za-z]+$/.test(value as string),
    },
    run: (value, type) =>
      /^[A-Za-z0-9.-]+$/.test(text(value)) ? `${type}/${text(value)}` : refuse('a FHIR id'),
  },
  gender: {
    about: 'HL7 table 0001 (F, M, O, U, A, N) or a FHIR gender as a FHIR gender.',
    run(value) {
      const written = text(value).trim();
      if (FHIR_GENDERS.has(written.toLowerCase())) return written.toLowerCase();
      return GENDERS.get(written.toUpperCase()) ?? refuse('a code of HL7 table 0001');
    },
  },
  digits: {
    about: 'A telephone number’s digits, with a leading + if there is one, without an extension.',
    run(value) {
      const number = text(value).replace(/\s*(?:x|ext\.?)\s*\d+\s*$/i, '');
      return `${/^\s*\+/.test(number) ? '+' : ''}${number.replace(/\D/g, '')}`;
    },
  },
  lookup: {
    about: 'The value that the table in `with` has for it; without one the delivery fails.',
    with: {
      about: 'a table: { "I": "inpatient", "O": "outpatient" }',
      fits: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    },
    run(value, table) {
      const key = text(value);
      return Object.hasOwn(table as object, key)
        ? (table as Record<string, Json>)[key]
        : refuse('a code of the table');
    },
  },
  base64: {
    about: 'A text’s UTF-8 bytes in base64.',
    run: (value) => Buffer.from(text(value), 'utf8').toString('base64'),
  },
};

/** Every transform by name. */
export const transforms: ReadonlyMap<string, Transform> = new Map(Object.entries(catalogue));
