import type { Address, Extension, Period } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import { dateTime, element, elementOrNone, present, type Reading } from '../reading.ts';
import type { Read } from '../rows.ts';

/**
 * XAD[Address]: lines (XAD.1 by SAD[Address], 2, 19), city (3), state (4), postal code (5), country (6), type or use (7),
 * district (9), census tract (10), period (12 to 14). Up to version 2.3 XAD.1 is a plain text: its one subcomponent.
 */
export function address(reading: Reading, field: Field): Address | undefined {
  const where = elementOrNone<Address>({
    line: present(field.get(1, 1), field.get(1, 2), field.get(1, 3), field.get(2), field.get(19)),
    city: field.get(3),
    district: field.get(9, 1),
    state: field.get(4),
    postalCode: field.get(5),
    country: field.get(6),
  });
  if (where === undefined) return undefined;
  const kind = field.get(7) ?? '';
  return element<Address>({
    extension: reading.organizations ? addressExtensions(field, kind) : undefined,
    use: conceptMap('AddressType_Use').get(kind)?.code as Address['use'],
    type: conceptMap('AddressType_Type').get(kind)?.code as Address['type'],
    ...where,
    period: elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(13) ?? field.get(12, 1)),
      end: dateTime(reading, field.place, field.get(14) ?? field.get(12, 2)),
    }),
  } as never);
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
