import type { ContactPoint, Extension, Period } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import { dateTime, element, elementOrNone, present, type Reading } from '../reading.ts';
import type { Read } from '../rows.ts';

const isInternet = (equipment: string | undefined): boolean =>
  equipment === 'Internet' || equipment === 'X.400';

/**
 * XTN[ContactPoint]: value by the guide's cases of XTN.1, 4, 7 and 12, system (3), use (2), parts of a number (5 to 8),
 * period (13, 14), rank (18). `use` is what the field means when XTN.2 says nothing (PID-13: home).
 */
export function contactPoint(reading: Reading, field: Field, use?: string): ContactPoint | undefined {
  const equipment = field.get(3);
  const internet = isInternet(equipment) || (equipment === undefined && field.get(4) !== undefined);
  // NET in XTN.2 marks an e-mail address, too; older senders put it in XTN.1 then.
  const value = internet ? (field.get(4) ?? field.get(1)) : telephone(field);
  if (value === undefined) return undefined;
  const rank = Number(field.get(18));
  const system = conceptMap('TelecommunicationEquipmentType').get(equipment ?? '');
  const kind = field.get(2);
  return element<ContactPoint>({
    extension: reading.organizations && !internet ? numberParts(field) : undefined,
    system: internet
      ? 'email'
      : // CP is a telephone of use `mobile`: the map gives the use.
        equipment === 'CP' || system === undefined
        ? 'phone'
        : system.code,
    value,
    use:
      equipment === 'CP'
        ? 'mobile'
        : kind === undefined
          ? use
          : conceptMap('TelecommunicationUseCode').get(kind)?.code,
    rank: Number.isInteger(rank) && rank > 0 ? rank : undefined,
    period: elementOrNone<Period>({
      start: dateTime(reading, field.place, field.get(13)),
      end: dateTime(reading, field.place, field.get(14)),
    }),
  } as never);
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

const names = ['country', 'area', 'local', 'extension'] as const;

/** XTN.5 to 8, each as the extension that the guide names. */
function numberParts(field: Field): Extension[] | undefined {
  const parts = present(
    ...names.map((name, index) => {
      const valueString = field.get(index + 5);
      return valueString === undefined
        ? undefined
        : { url: `http://hl7.org/fhir/StructureDefinition/contactpoint-${name}`, valueString };
    }),
  );
  return parts.length === 0 ? undefined : parts;
}

export const toContactPoint =
  (use?: string): Read =>
  (field, reading) =>
    contactPoint(reading, field, use);
