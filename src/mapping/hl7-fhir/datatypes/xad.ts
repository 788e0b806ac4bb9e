import type { Address, Extension } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import { between, present, type Reading, type Written } from '../reading.ts';
import type { Read } from '../rows.ts';

/**
 * XAD[Address]: lines (XAD.1 by SAD[Address], 2, 19), city (3), state (4), postal code (5), country (6), type or use (7),
 * district (9), census tract (10), period (12 to 14). Up to version 2.3 XAD.1 is a plain text: its one subcomponent.
 */
export function address(reading: Reading, field: Field): Address | undefined {
  const line: string[] = [];
  for (const part of [field.get(1, 1), field.get(1, 2), field.get(1, 3), field.get(2), field.get(19)])
    if (part !== undefined) line.push(part);
  const city = field.get(3);
  const district = field.get(9, 1);
  const state = field.get(4);
  const postalCode = field.get(5);
  const country = field.get(6);
  const place = city ?? district ?? state ?? postalCode ?? country;
  if (line.length === 0 && place === undefined) return undefined;
  const kind = field.get(7);
  const made: Written<Address> = {};
  const extension = reading.organizations ? addressExtensions(field, kind ?? '') : undefined;
  if (extension !== undefined) made.extension = extension;
  const use = kind && conceptMap('AddressType_Use').get(kind)?.code;
  if (use) made.use = use as NonNullable<Address['use']>;
  const type = kind && conceptMap('AddressType_Type').get(kind)?.code;
  if (type) made.type = type as NonNullable<Address['type']>;
  if (line.length > 0) made.line = line;
  if (city !== undefined) made.city = city;
  if (district !== undefined) made.district = district;
  if (state !== undefined) made.state = state;
  if (postalCode !== undefined) made.postalCode = postalCode;
  if (country !== undefined) made.country = country;
  const start = field.get(13) ?? field.get(12, 1);
  const period = between(reading, field, start, field.get(14) ?? field.get(12, 2));
  if (period !== undefined) made.period = period;
  return made;
}

function addressExtensions(field: Field, kind: string): Extension[] | undefined {
  const tract = field.get(10, 1);
  if (tract === undefined && kind !== 'HV') return undefined;
  const base = 'http://hl7.org/fhir/StructureDefinition/iso21090-';
  return present<Extension>(
    kind === 'HV' ? { url: `${base}AD-use`, valueCode: kind } : undefined,
    tract === undefined ? undefined : { url: `${base}ADXP-censusTract`, valueString: tract },
  );
}

export const toAddress: Read = (field, reading) => address(reading, field);
