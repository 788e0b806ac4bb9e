import type { CodeableConcept, Identifier, Period } from '../../r4.ts';
import { dateTime, element, elementOrNone, type Field, note, type Reading } from '../reading.ts';
import { identifierTypes, v2Table } from '../tables.ts';
import { universalUri } from './hd.ts';

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
    const words = [assigner.name && `assigner "${assigner.name}"`, type && `type "${type}"`]
      .filter(Boolean)
      .join(', ');
    const who = words || 'neither assigner nor type';
    note(reading, 'unknown-assigner', place, `${place}: the site record names no id system for ${who}.`);
  }
  return system;
}

/** CX.5 and XCN.13: HL7's own types as codes of table 0203, a site's own as they are. */
export function identifierType(type: string | undefined): CodeableConcept | undefined {
  if (type === undefined) return undefined;
  const display = identifierTypes.get(type);
  if (display === undefined) return { coding: [{ code: type }], text: type };
  return { coding: [{ system: v2Table('0203'), code: type, display }], text: type };
}

/** CX[Identifier]: value (CX.1), assigner and system (CX.4), type (CX.5), period (CX.7, CX.8). */
export function identifier(reading: Reading, field: Field, fallbackType?: string): Identifier | undefined {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const name = field.get(4, 1);
  const type = field.get(5) ?? fallbackType;
  return element<Identifier>({
    type: identifierType(type),
    system: systemOf(reading, field.place, { name, id: field.get(4, 2), type: field.get(4, 3) }, type),
    value,
    period: elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(7)),
      end: dateTime(reading, field.place, field.get(8)),
    }),
    assigner: name === undefined ? undefined : { display: name },
  });
}
