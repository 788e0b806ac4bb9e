/** Codes: truth, gender, tables, value set maps, codings. */
import { codeOf } from '../code-lookup.ts';
import { type Catalogue, hasOnly, isTable, isText, listOf, own, plain, refuse, text } from './transform.ts';

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

const tableOrName = (value: unknown): boolean => isTable(value as never) || isName(value);
const isName = (value: unknown): boolean => typeof value === 'string' && /^[a-z0-9][a-z0-9-]*$/.test(value);
const tableAbout = 'the name of a value set map, or a table: { "I": "inpatient", "O": "outpatient" }';

export const codes: Catalogue = {
  boolean: {
    about: 'Y, yes, true, T, 1 as true; N, no, false, F, 0 as false.',
    examples: [{ from: 'Y', gives: true }],
    make: plain((value) => {
      const written = text(value).trim().toLowerCase();
      return YES.has(written) || (NO.has(written) ? false : refuse('yes or no'));
    }),
  },
  yesNo: {
    about: 'True as Y, false as N (HL7 table 0136).',
    examples: [{ from: true, gives: 'Y' }],
    make: plain((value) => {
      const written = text(value).trim().toLowerCase();
      return YES.has(written) ? 'Y' : NO.has(written) ? 'N' : refuse('yes or no');
    }),
  },
  gender: {
    about: 'A code of HL7 table 0001, or a FHIR gender as a FHIR gender.',
    examples: [{ from: 'F', gives: 'female' }],
    make: plain((value) => {
      const written = text(value).trim();
      if (FHIR_GENDERS.has(written.toLowerCase())) return written.toLowerCase();
      return GENDERS.get(written.toUpperCase()) ?? refuse('a code of HL7 table 0001');
    }),
  },
  lookup: {
    about:
      'What the table in `with` has for the value, or the site’s value set map of that name; without one the delivery fails, or with a map waits until the code is added.',
    with: { about: tableAbout, fits: tableOrName },
    examples: [{ from: 'I', with: { I: 'inpatient', O: 'outpatient' }, gives: 'inpatient' }],
    make(argument) {
      if (isText(argument)) return codeOf({ map: argument });
      const table = new Map(Object.entries(argument as object));
      return (value) => (table.has(text(value)) ? table.get(text(value)) : refuse('a code of the table'));
    },
  },
  lookupBack: {
    about: 'The other way round: the source that a table or a value set map has the value for.',
    with: { about: tableAbout, fits: tableOrName },
    examples: [{ from: 'inpatient', with: { I: 'inpatient', O: 'outpatient' }, gives: 'I' }],
    make(argument) {
      if (isText(argument)) return codeOf({ map: argument, back: true });
      const table = new Map(Object.entries(argument as object).map(([key, to]) => [String(to), key]));
      return (value) => table.get(text(value)) ?? refuse('a value of the table');
    },
  },
  oneOf: {
    about: 'Whether the value is one of the list in `with`: true or false.',
    with: {
      about: 'a list of texts',
      fits: (value) => Array.isArray(value) && value.every((each) => isText(each)),
    },
    examples: [{ from: 'A01', with: ['A01', 'A04'], gives: true }],
    make(argument) {
      const wanted = new Set(argument as readonly string[]);
      return (value) => wanted.has(text(value));
    },
  },
  codeIn: {
    about: 'The code of a CodeableConcept (or of codings) in the system in `with`; nothing when it has none.',
    many: true,
    with: { about: 'a system’s URI', fits: isText },
    examples: [
      {
        from: [{ coding: [{ system: 'http://loinc.org', code: '8310-5' }] }],
        with: 'http://loinc.org',
        gives: '8310-5',
      },
    ],
    make: (system) => (value) =>
      (value as readonly unknown[])
        .flat(1)
        .flatMap((each) => (own(each, 'coding') === undefined ? [each] : listOf(own(each, 'coding'))))
        .map((coding) => (own(coding, 'system') === system ? own(coding, 'code') : undefined))
        .find((code) => code !== undefined),
  },
  display: {
    about:
      'What a CodeableConcept or Coding is called: its text, else the first display, else the first code.',
    examples: [
      { from: { coding: [{ code: '8310-5', display: 'Body temperature' }] }, gives: 'Body temperature' },
    ],
    make: plain((value) => {
      if (typeof value === 'string') return value;
      const codings = listOf(own(value, 'coding'));
      const among = (key: string): unknown =>
        codings.map((coding) => own(coding, key)).find((each) => typeof each === 'string');
      return (
        own(value, 'text') ?? own(value, 'display') ?? among('display') ?? among('code') ?? own(value, 'code')
      );
    }),
  },
  coding: {
    about: 'A code as a FHIR Coding of the system in `with`; a second value becomes its display.',
    many: true,
    with: { about: 'a system’s URI', fits: isText },
    examples: [
      {
        from: ['8310-5', 'Body temperature'],
        with: 'http://loinc.org',
        gives: { system: 'http://loinc.org', code: '8310-5', display: 'Body temperature' },
      },
    ],
    make: (system) => (value) => codingOf(system as string, value),
  },
  concept: {
    about: 'A code as a FHIR CodeableConcept of one coding; a second value becomes its display and the text.',
    many: true,
    with: { about: 'a system’s URI', fits: isText },
    examples: [
      {
        from: ['IMP'],
        with: 'http://terminology.hl7.org/CodeSystem/v3-ActCode',
        gives: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' }] },
      },
    ],
    make: (system) => (value) => {
      const coding = codingOf(system as string, value);
      return { coding: [coding], ...(coding.display === undefined ? {} : { text: coding.display }) };
    },
  },
  constant: {
    about: 'Another value in its place, whatever it is: for what only has to be there.',
    with: { about: 'any value', fits: (value) => value !== undefined && value !== null },
    examples: [{ from: '203713', with: 'known', gives: 'known' }],
    make: (argument) => () => argument,
  },
  either: {
    about: 'One value for true, another for false; what is neither fails.',
    with: {
      about: '{ true: …, false: … }',
      fits: (value) => hasOnly(value, ['true', 'false']) && isTable(value) && 'true' in value,
    },
    examples: [{ from: true, with: { true: 'deceased', false: 'alive' }, gives: 'deceased' }],
    make: (argument) => (value) => {
      const written = text(value).trim().toLowerCase();
      return own(argument, YES.has(written) ? 'true' : NO.has(written) ? 'false' : refuse('yes or no'));
    },
  },
};

function codingOf(system: string, value: unknown): { system: string; code: string; display?: string } {
  const [code, display] = (value as readonly unknown[]).flat(1);
  return { system, code: text(code), ...(display === undefined ? {} : { display: text(display) }) };
}
