import type { HumanName, Identifier, Practitioner, Reference } from '../../r4.ts';
import { stableId } from '../ids.ts';
import { element, elementOrNone, type Field, present, type Reading } from '../reading.ts';
import { nameUses } from '../tables.ts';
import { identifierType, systemOf } from './cx.ts';

/**
 * XCN[Practitioner], as a reference to a practitioner that is kept beside the encounter: identifier (XCN.1, 9, 13), name
 * (2 to 6, 10, 21), qualification (7). The reference repeats identifier and name, so that a flow need not follow it.
 */
export function practitioner(reading: Reading, field: Field): Reference | undefined {
  const identifier = practitionerIdentifier(reading, field);
  const family = field.get(2, 1);
  const name = elementOrNone<HumanName>({
    use: nameUses.get(field.get(10) ?? ''),
    family,
    given: present(field.get(3), field.get(4)),
    prefix: present(field.get(6)),
    suffix: present(field.get(5), field.get(21)),
  });
  if (identifier === undefined && name === undefined) return undefined;
  const display = present(name?.prefix?.[0], ...(name?.given ?? []), family).join(' ') || undefined;
  const id = stableId(
    reading.site,
    'Practitioner',
    identifier?.system ?? identifier?.assigner?.display ?? '',
    identifier?.value ?? display ?? '',
  );
  const degree = field.get(7);
  const resource = element<Practitioner>({
    resourceType: 'Practitioner',
    id,
    identifier: present(identifier),
    name: present(name),
    qualification: degree === undefined ? undefined : [{ code: { text: degree } }],
  });
  reading.related.set(`Practitioner/${id}`, resource);
  return element<Reference>({ reference: `Practitioner/${id}`, type: 'Practitioner', identifier, display });
}

function practitionerIdentifier(reading: Reading, field: Field): Identifier | undefined {
  const value = field.get(1);
  if (value === undefined) return undefined;
  const name = field.get(9, 1);
  const type = field.get(13);
  return element<Identifier>({
    type: identifierType(type),
    system: systemOf(reading, field.place, { name, id: field.get(9, 2), type: field.get(9, 3) }, type),
    value,
    assigner: name === undefined ? undefined : { display: name },
  });
}
