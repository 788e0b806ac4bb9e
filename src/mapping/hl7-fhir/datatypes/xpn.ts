import type { HumanName } from '../../r4.ts';
import { conceptMap } from '../concept-maps.ts';
import type { Field } from '../line.ts';
import { between, both, present, type Reading, type Written } from '../reading.ts';
import type { Read } from '../rows.ts';

/**
 * XPN[HumanName]: family (XPN.1.1), given (2, 3), suffix (4, 6, 14), prefix (5), use (7), assembly order (11), period
 * (10, 12, 13). XPN.3 may hold several names, but where they part is not said: it stays one.
 */
export function humanName(reading: Reading, field: Field): HumanName | undefined {
  const family = field.get(1, 1);
  const given = both(field.get(2), field.get(3));
  const prefix = field.get(5);
  const suffix = present(field.get(4), field.get(6), field.get(14));
  if (family === undefined && given === undefined && prefix === undefined && suffix.length === 0)
    return undefined;
  const made: Written<HumanName> & { _family?: unknown } = {};
  const order = reading.organizations ? field.get(11) : undefined;
  if (order !== undefined)
    made.extension = [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/humanname-assembly-order',
        valueCode: conceptMap('NameAssemblyOrder').get(order)?.code ?? order,
      },
    ] as never;
  const kind = field.get(7);
  const use = kind === undefined ? undefined : conceptMap('NameType').get(kind)?.code;
  if (use !== undefined) made.use = use as NonNullable<HumanName['use']>;
  if (family !== undefined) made.family = family;
  if (given !== undefined) made.given = given;
  if (prefix !== undefined) made.prefix = [prefix];
  if (suffix.length > 0) made.suffix = suffix;
  const parts = reading.organizations ? surname(field) : undefined;
  if (parts !== undefined) made._family = parts;
  const start = field.get(12) ?? field.get(10, 1);
  const period = between(reading, field, start, field.get(13) ?? field.get(10, 2));
  if (period !== undefined) made.period = period;
  return made;
}

/** FN.2 to FN.5: the parts of a surname, as extensions of it. */
function surname(field: Field): unknown {
  if (field.get(1, 1) === undefined) return undefined;
  const parts = present(
    part(field, 2, 'own-prefix'),
    part(field, 3, 'own-name'),
    part(field, 4, 'partner-prefix'),
    part(field, 5, 'partner-name'),
  );
  return parts.length === 0 ? undefined : { extension: parts };
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
