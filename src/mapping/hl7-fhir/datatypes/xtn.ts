import type { ContactPoint, Period } from '../../r4.ts';
import { dateTime, element, elementOrNone, type Field, type Reading } from '../reading.ts';
import { telecomSystems, telecomUses } from '../tables.ts';

const INTERNET = new Set(['Internet', 'X.400']);

/**
 * XTN[ContactPoint]: value by the guide's cases of XTN.1, 4, 7 and 12, system (3), use (2), period (13, 14), rank (18).
 * `use` is what the field means when XTN.2 says nothing (PID-13: home).
 */
export function contactPoint(reading: Reading, field: Field, use?: string): ContactPoint | undefined {
  const equipment = field.get(3);
  const internet = INTERNET.has(equipment ?? '') || (equipment === undefined && field.get(4) !== undefined);
  // NET in XTN.2 marks an e-mail address, too; older senders put it in XTN.1 then.
  const value = internet ? (field.get(4) ?? field.get(1)) : telephone(field);
  if (value === undefined) return undefined;
  const rank = Number(field.get(18));
  return element<ContactPoint>({
    system: internet ? 'email' : (telecomSystems.get(equipment ?? '') ?? 'phone'),
    value,
    use:
      equipment === 'CP'
        ? 'mobile'
        : (telecomUses.get(field.get(2) ?? '') ?? (field.get(2) ? undefined : use)),
    rank: Number.isInteger(rank) && rank > 0 ? rank : undefined,
    period: elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(13)),
      end: dateTime(reading, field.place, field.get(14)),
    }),
  });
}

/** XTN.12 as it is, else put together of XTN.5 to 8, else XTN.1 as it is. */
function telephone(field: Field): string | undefined {
  const local = field.get(7);
  if (local === undefined) return field.get(12) ?? field.get(1);
  const country = field.get(5);
  const area = field.get(6);
  const extension = field.get(8);
  return [country && `+${country.replace(/^\+/, '')}`, area, local, extension && `X${extension}`]
    .filter(Boolean)
    .join(' ');
}
