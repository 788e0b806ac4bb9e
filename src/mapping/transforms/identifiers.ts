/** Identifiers and references: chosen by system or type, made, checked. */
import type { Json } from '../../std/index.ts';
import { type Catalogue, hasOnly, isTable, isText, listOf, own, plain, refuse, text } from './transform.ts';

const CHOICE = ['system', 'type', 'use'];
/** At least one of them, each a text. */
const isChoice = (value: Json | undefined): boolean =>
  hasOnly(value, CHOICE) &&
  isTable(value) &&
  Object.keys(value).length > 0 &&
  Object.values(value).every((each) => isText(each));
const TYPES = 'http://terminology.hl7.org/CodeSystem/v2-0203';

export const identifiers: Catalogue = {
  id: {
    about: 'The id in a FHIR reference: Patient/abc gives abc, with or without a server before it.',
    examples: [{ from: 'https://ehr.example.org/fhir/Patient/abc/_history/2', gives: 'abc' }],
    make: plain(
      (value) =>
        /(?:^|\/)([A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]{1,64})?$/.exec(text(value).slice(-300))?.[1] ??
        refuse('a FHIR reference or id'),
    ),
  },
  reference: {
    about: 'An id as a reference to the resource type in `with`: abc gives Patient/abc.',
    with: {
      about: 'a resource type, such as Patient',
      fits: (value) => isText(value) && /^[A-Z][A-Za-z]+$/.test(value),
    },
    examples: [{ from: 'abc', with: 'Patient', gives: 'Patient/abc' }],
    make: (type) => (value) =>
      /^[A-Za-z0-9.-]{1,64}$/.test(text(value)) ? `${type}/${text(value)}` : refuse('a FHIR id'),
  },
  identifier: {
    about:
      'The value of the FHIR Identifier that has a system, a type (by code or text) or a use; nothing when none has.',
    many: true,
    with: {
      about: '{ system: "urn:oid:1.2.3" }, { type: MR }, { type: MR, use: usual } …',
      fits: isChoice,
    },
    examples: [
      {
        from: [
          { system: 'urn:oid:1.2.3', value: '9' },
          { type: { coding: [{ code: 'MR' }] }, value: '203713' },
        ],
        with: { type: 'MR' },
        gives: '203713',
      },
    ],
    make(argument) {
      const { system, type, use } = argument as { system?: string; type?: string; use?: string };
      return (value) => {
        const found = (value as readonly unknown[]).flat(1).find((each) => {
          if (system !== undefined && own(each, 'system') !== system) return false;
          if (use !== undefined && own(each, 'use') !== use) return false;
          return type === undefined || isOfType(own(each, 'type'), type);
        });
        return own(found, 'value');
      };
    },
  },
  asIdentifier: {
    about: 'A value as a FHIR Identifier.',
    with: {
      about: '{ system: "urn:oid:1.2.3", type: MR, use: usual }; all but one may be left out',
      fits: isChoice,
    },
    examples: [
      {
        from: '203713',
        with: { system: 'urn:oid:1.2.3', use: 'usual' },
        gives: { use: 'usual', system: 'urn:oid:1.2.3', value: '203713' },
      },
    ],
    make(argument) {
      const { system, type, use } = argument as { system?: string; type?: string; use?: string };
      return (value) => ({
        ...(use === undefined ? {} : { use }),
        ...(type === undefined ? {} : { type: { coding: [{ system: TYPES, code: type }] } }),
        ...(system === undefined ? {} : { system }),
        value: text(value),
      });
    },
  },
  oid: {
    about: 'An OID without urn:oid: before it.',
    examples: [{ from: 'urn:oid:1.2.840.114350', gives: '1.2.840.114350' }],
    make: plain((value) => {
      const oid = text(value)
        .trim()
        .replace(/^urn:oid:/i, '');
      return isOid(oid) ? oid : refuse('an OID');
    }),
  },
  oidUri: {
    about: 'An OID as a URI.',
    examples: [{ from: '1.2.840.114350', gives: 'urn:oid:1.2.840.114350' }],
    make: plain((value) => {
      const oid = text(value)
        .trim()
        .replace(/^urn:oid:/i, '');
      return isOid(oid) ? `urn:oid:${oid}` : refuse('an OID');
    }),
  },
  npi: {
    about: 'A National Provider Identifier: ten digits whose check digit is right.',
    examples: [{ from: '1234567893', gives: '1234567893' }],
    make: plain((value) => {
      const digits = text(value).trim();
      // The check digit is Luhn's of the number behind 80840, the prefix of health cards of the United States.
      return /^[12]\d{9}$/.test(digits) && luhn(`80840${digits}`)
        ? digits
        : refuse('a National Provider Identifier');
    }),
  },
};

const isOid = (text: string): boolean => text.length <= 200 && /^[0-2](\.(0|[1-9]\d*))+$/.test(text);

const isOfType = (type: unknown, wanted: string): boolean =>
  own(type, 'text') === wanted ||
  listOf(own(type, 'coding')).some((coding) => own(coding, 'code') === wanted);

function luhn(digits: string): boolean {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = at % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
