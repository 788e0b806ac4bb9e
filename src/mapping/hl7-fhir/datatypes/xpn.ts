import type { HumanName, Period } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import { dateTime, element, elementOrNone, present, type Reading } from '../reading.ts';
import type { Read } from '../rows.ts';

/**
 * XPN[HumanName]: family (XPN.1.1), given (2, 3), suffix (4, 6, 14), prefix (5), use (7), assembly order (11), period
 * (10, 12, 13). XPN.3 may hold several names, but where they part is not said: it stays one.
 */
export function humanName(reading: Reading, field: Field): HumanName | undefined {
  const name = elementOrNone<HumanName>({
    family: field.get(1, 1),
    given: present(field.get(2), field.get(3)),
    prefix: present(field.get(5)),
    suffix: present(field.get(4), field.get(6), field.get(14)),
  });
  if (name === undefined) return undefined;
  const order = reading.organizations ? field.get(11) : undefined;
  const start = field.get(12) ?? field.get(10, 1);
  const end = field.get(13) ?? field.get(10, 2);
  return element<HumanName>({
    extension:
      order === undefined
        ? undefined
        : [
            {
              url: 'http://hl7.org/fhir/StructureDefinition/humanname-assembly-order',
              valueCode: conceptMap('NameAssemblyOrder').get(order)?.code ?? order,
            },
          ],
    use: conceptMap('NameType').get(field.get(7) ?? '')?.code as HumanName['use'],
    ...name,
    ...(reading.organizations ? surname(field) : {}),
    period:
      start === undefined && end === undefined
        ? undefined
        : elementOrNone<Period>({
            start: dateTime(reading, field.place, start),
            end: dateTime(reading, field.place, end),
          }),
  } as never);
}

/** FN.2 to FN.5: the parts of a surname, as extensions of it. */
function surname(field: Field): Readonly<Record<string, unknown>> {
  const parts = present(
    part(field, 2, 'own-prefix'),
    part(field, 3, 'own-name'),
    part(field, 4, 'partner-prefix'),
    part(field, 5, 'partner-name'),
  );
  return parts.length === 0 || field.get(1, 1) === undefined ? {} : { _family: { extension: parts } };
}

function part(field: Field, subcomponent: number, name: string): unknown {
  const valueString = field.get(1, subcomponent);
  return valueString === undefined
    ? undefined
    : { url: `http://hl7.org/fhir/StructureDefinition/humanname-${name}`, valueString };
}

/** XPN.15: what the person is called by becomes a name of its own. */
export function calledBy(field: Field): HumanName | undefined {
  const given = field.get(15);
  return given === undefined ? undefined : { use: 'nickname', given: [given] };
}

/** XPN[string], for a mother's maiden name: given and family as one text. */
export function nameText(field: Field): string | undefined {
  const words = present(field.get(2), field.get(1, 1));
  return words.length === 0 ? undefined : words.join(' ');
}

export const toName: Read = (field, reading) => humanName(reading, field);
