import type { CodeableConcept, Extension, Identifier, Period } from '../../r4.ts';
import type { Field } from '../line.ts';
import { between, dateTime, element, noteOf, present, type Reading, type Written } from '../reading.ts';
import type { Read } from '../rows.ts';
import { identifierTypeName, v2Table } from '../tables.ts';
import { concept, vocabulary } from './cwe.ts';
import { assigner, universalUri } from './hd.ts';

/** SSN as FHIR R4's identifier registry names it; HL7 v2 marks it by type SS. */
export const ssnSystem = 'http://hl7.org/fhir/sid/us-ssn';
/** National provider identifiers, by type NPI. */
export const npiSystem = 'http://hl7.org/fhir/sid/us-npi';

/** Identifier types of which the type alone gives the system. */
const systemsByType = new Map([
  ['SS', ssnSystem],
  ['NPI', npiSystem],
]);

/**
 * The system URI of an identifier: what the site's record says of assigner and type, else the assigner's universal id,
 * else the type's own registry. The guide (CX.4) leaves it to each site; unknown ones are found and named.
 */
export function systemOf(
  reading: Reading,
  place: string,
  assigner: {
    readonly name?: string | undefined;
    readonly id?: string | undefined;
    readonly type?: string | undefined;
  },
  type: string | undefined,
): string | undefined {
  const system =
    reading.lookup.identifierSystem(assigner.name ?? assigner.id ?? '', type ?? '', place) ??
    universalUri(assigner.id, assigner.type) ??
    (type === undefined ? undefined : systemsByType.get(type));
  if (system === undefined) {
    const { name } = assigner;
    noteOf(reading, 'unknown-assigner', place, `${name ?? ''}\n${type ?? ''}`, () => {
      const words = [name && `assigner "${name}"`, type && `type "${type}"`].filter(Boolean).join(', ');
      return `${place}: the site record names no id system for ${words || 'neither assigner nor type'}.`;
    });
  }
  return system;
}

const types = new Map<string, CodeableConcept>();

/** CX.5 and XCN.13: HL7's own types as codes of table 0203, a site's own as they are. */
export function identifierType(type: string | undefined): CodeableConcept | undefined {
  if (type === undefined) return undefined;
  const known = types.get(type);
  if (known !== undefined) return known;
  const display = identifierTypeName(type);
  if (display === undefined) return { coding: [{ code: type }], text: type };
  const made = { coding: [{ system: v2Table('0203'), code: type, display }], text: type };
  types.set(type, made);
  return made;
}

/** The check digit and its scheme (CX.2 and 3, XCN.11 and 12, XON.4 and 5). */
export function checkDigit(field: Field, digit: number, scheme: number): Extension[] | undefined {
  const value = field.get(digit);
  const by = field.get(scheme);
  if (value === undefined && by === undefined) return undefined;
  const base = 'http://hl7.org/fhir/StructureDefinition/';
  return present<Extension>(
    value === undefined ? undefined : { url: `${base}identifier-checkDigit`, valueString: value },
    by === undefined ? undefined : { url: `${base}namingsystem-checkDigit`, valueString: by },
  );
}

/** CX[Identifier]: value (CX.1), check digit (2, 3), assigner and system (4), type (5), period (7, 8). */
export function identifier(reading: Reading, field: Field, fallbackType?: string): Identifier | undefined {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const type = field.get(5) ?? fallbackType;
  const made = identifierOf(reading, field, value, type, 4, 2, 3);
  const period = periodOf(reading, field, 7, 8);
  const by = assigner(reading, field, 4);
  if (period !== undefined) made.period = period;
  if (by !== undefined) made.assigner = by;
  return made;
}

/** Written out, not by `element`: identifiers are half of what a message names. `at` is the component of the assigner. */
export function identifierOf(
  reading: Reading,
  field: Field,
  value: string,
  type: string | undefined,
  at: number,
  digit: number,
  scheme: number,
): Written<Identifier> {
  const made: Written<Identifier> = {};
  const extension = reading.organizations ? checkDigit(field, digit, scheme) : undefined;
  if (extension !== undefined) made.extension = extension;
  const kind = identifierType(type);
  if (kind !== undefined) made.type = kind;
  const by = { name: field.get(at, 1), id: field.get(at, 2), type: field.get(at, 3) };
  const system = systemOf(reading, field.place, by, type);
  if (system !== undefined) made.system = system;
  made.value = value;
  return made;
}

export const toIdentifier: Read = (field, reading) => identifier(reading, field);

/** Two components as a period. */
export function periodOf(reading: Reading, field: Field, start: number, end: number): Period | undefined {
  return between(reading, field, field.get(start), field.get(end));
}

/** EI[Identifier]: value (EI.1), system of a registered universal id (EI.3, EI.4), assigner (EI.2). `type` as the row sets it. */
export function entityIdentifier(reading: Reading, field: Field, type?: string): Identifier | undefined {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const namespace = field.get(2);
  return element<Identifier>({
    type: typed(type),
    system:
      reading.lookup.identifierSystem(namespace ?? field.get(3) ?? '', type ?? '', field.place) ??
      universalUri(field.get(3), field.get(4)),
    value,
    assigner: namespace === undefined ? undefined : { display: namespace },
  });
}

/** The type of an identifier as a row of the guide sets it. */
const typed = (type: string | undefined): CodeableConcept | undefined => {
  const display = type === undefined ? undefined : identifierTypeName(type);
  return type === undefined
    ? undefined
    : { coding: [element({ system: v2Table('0203') as string, code: type, display })] };
};

export const toEntityIdentifier =
  (type?: string): Read =>
  (field, reading) =>
    entityIdentifier(reading, field, type);

/** EIP: the placer's (component 1) and the filler's (component 2) identifier, each an EI of its own. */
export const toPairIdentifier =
  (component: 1 | 2, type: string): Read =>
  (field) => {
    const value = field.get(component, 1);
    if (value === undefined) return undefined;
    const namespace = field.get(component, 2);
    return element<Identifier>({
      type: typed(type),
      system: universalUri(field.get(component, 3), field.get(component, 4)),
      value,
      assigner: namespace === undefined ? undefined : { display: namespace },
    });
  };

/** DLN[Identifier]: a driver's licence and who issued it. */
export const toLicence: Read = (field, reading) => {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const issuer = field.get(2);
  const end = dateTime(reading, field.place, field.get(3));
  return element<Identifier>({
    type: identifierType('DL'),
    value,
    period: end === undefined ? undefined : { end },
    assigner: issuer === undefined ? undefined : { display: issuer },
  });
};

/** PLN[Identifier]: a practitioner's number of a kind. */
export const toPractitionerNumber: Read = (field, reading) => {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const kind = field.get(2);
  const end = dateTime(reading, field.place, field.get(4));
  const known = kind === undefined ? undefined : vocabulary('PractitionerIDNumberType')(kind);
  return element<Identifier>({
    type: identifierType(known?.code ?? kind),
    system: kind === 'NPI' ? npiSystem : undefined,
    value,
    period: end === undefined ? undefined : { end },
  });
};

/** CWE[Identifier]: value (CWE.1) of a coding system (CWE.3). */
export const toCodedIdentifier: Read = (field, reading) => {
  const coding = concept(reading, field)?.coding?.[0];
  return coding?.code === undefined
    ? undefined
    : element<Identifier>({ system: coding.system, value: coding.code });
};
