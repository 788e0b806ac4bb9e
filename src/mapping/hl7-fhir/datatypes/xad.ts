import type { Address, Period } from '../../r4.ts';
import { dateTime, element, elementOrNone, type Field, present, type Reading } from '../reading.ts';
import { addressTypes, addressUses } from '../tables.ts';

/**
 * XAD[Address]: lines (XAD.1 by SAD[Address], 2, 19), city (3), state (4), postal code (5), country (6), type or use (7),
 * district (9), period (13, 14). Up to version 2.3 XAD.1 is a plain text: its one subcomponent.
 */
export function address(reading: Reading, field: Field): Address | undefined {
  const where = {
    line: present(field.get(1, 1), field.get(1, 2), field.get(1, 3), field.get(2), field.get(19)),
    city: field.get(3),
    district: field.get(9),
    state: field.get(4),
    postalCode: field.get(5),
    country: field.get(6),
  };
  if (elementOrNone(where) === undefined) return undefined;
  const kind = field.get(7) ?? '';
  return element<Address>({
    use: addressUses.get(kind),
    type: addressTypes.get(kind),
    ...where,
    period: elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(13)),
      end: dateTime(reading, field.place, field.get(14)),
    }),
  });
}
