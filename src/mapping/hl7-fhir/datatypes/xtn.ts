import type { ContactPoint, Extension } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import type { Reading, Written } from '../reading.ts';
import type { Read } from '../rows.ts';
import { periodOf } from './cx.ts';

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
  const order = field.get(18);
  const rank = order === undefined ? 0 : Number(order);
  const system = conceptMap('TelecommunicationEquipmentType').get(equipment ?? '');
  const kind = field.get(2);
  const made: Written<ContactPoint> = {};
  const extension = reading.organizations && !internet ? numberParts(field) : undefined;
  if (extension !== undefined) made.extension = extension;
  // CP is a telephone of use `mobile`: the map gives the use.
  made.system = (
    internet ? 'email' : equipment === 'CP' || system === undefined ? 'phone' : system.code
  ) as NonNullable<ContactPoint['system']>;
  made.value = value;
  const meant =
    equipment === 'CP'
      ? 'mobile'
      : kind === undefined
        ? use
        : conceptMap('TelecommunicationUseCode').get(kind)?.code;
  if (meant !== undefined) made.use = meant as NonNullable<ContactPoint['use']>;
  if (rank > 0 && Number.isInteger(rank)) made.rank = rank;
  const period = periodOf(reading, field, 13, 14);
  if (period !== undefined) made.period = period;
  return made;
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

const names = ['country', 'area', 'local', 'extension'].map(
  (name) => `http://hl7.org/fhir/StructureDefinition/contactpoint-${name}`,
);

/** XTN.5 to 8, each as the extension that the guide names. */
function numberParts(field: Field): Extension[] | undefined {
  let parts: Extension[] | undefined;
  for (let index = 0; index < names.length; index += 1) {
    const valueString = field.get(index + 5);
    if (valueString === undefined) continue;
    parts ??= [];
    parts.push({ url: names[index] as string, valueString });
  }
  return parts;
}

export const toContactPoint =
  (use?: string): Read =>
  (field, reading) =>
    contactPoint(reading, field, use);
