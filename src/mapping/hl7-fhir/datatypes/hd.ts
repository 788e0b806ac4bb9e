import type { Identifier, Reference } from '../../r4.ts';
import { type Field, inner } from '../line.ts';
import { type Draft, element, keep, keepAs, present, type Reading, reference } from '../reading.ts';
import { v2Table } from '../tables.ts';

/** HD[uri]: a universal id as a URI (HD.2 and HD.3), by the guide's map for types ISO and UUID, and URI as it is. */
export function universalUri(id: string | undefined, type: string | undefined): string | undefined {
  if (id === undefined || /\s/.test(id)) return undefined;
  if (type === 'ISO') return `urn:oid:${id}`;
  if (type === 'UUID') return `urn:uuid:${id.toLowerCase()}`;
  return type === 'URI' ? id : undefined;
}

/** HD[Organization]: identifiers of HD.1 and HD.2 (with its type, HD.3). The guide gives it no name but its namespace. */
export function organization(
  reading: Reading,
  field: Field,
  more: Readonly<Record<string, unknown>> = {},
): Reference | undefined {
  const name = field.get(1);
  const id = field.get(2);
  if (name === undefined && id === undefined) return undefined;
  const draft: Draft = { resourceType: 'Organization', identifier: assignerIdentifiers(field) };
  for (const each in more) draft[each] = more[each];
  const made = keepAs(reading, draft, [id ?? '', name ?? '']);
  return reference(made.reference, 'Organization', name);
}

/** HD[Device]. */
export function device(reading: Reading, field: Field): Reference | undefined {
  const name = field.get(1);
  const id = field.get(2);
  if (name === undefined && id === undefined) return undefined;
  const draft: Draft = { resourceType: 'Device', identifier: assignerIdentifiers(field) };
  const made = keepAs(reading, draft, [id ?? '', name ?? '']);
  return reference(made.reference, 'Device', name);
}

/** HD[Identifier]: the namespace, and the universal id with its type. */
export function assignerIdentifiers(field: Field): Identifier[] {
  const name = field.get(1);
  const id = field.get(2);
  if (id === undefined) return name === undefined ? [] : [{ value: name }];
  const type = field.get(3);
  const registered = type === 'ISO' || type === 'UUID';
  return present<Identifier>(
    name === undefined ? undefined : { value: name },
    element<Identifier>({
      type: type === undefined ? undefined : { coding: [{ system: v2Table('0301'), code: type }] },
      system: registered ? 'urn:ietf:rfc:3986' : undefined,
      value: registered ? universalUri(id, type) : id,
    }),
  );
}

/** The assigner of an identifier, in component `component` (an HD): an Organization, or its name in place. */
export function assigner(reading: Reading, field: Field, component: number): Reference | undefined {
  if (field.get(component) === undefined) return undefined;
  if (reading.organizations) {
    // The same few assigners stand beside every identifier of a message.
    const text = field.get(component) as string;
    const known = reading.assigners.get(text);
    if (known !== undefined) return known;
    const made = organization(reading, inner(field, component));
    if (made !== undefined) reading.assigners.set(text, made);
    return made;
  }
  const name = field.get(component, 1);
  return name === undefined ? undefined : { display: name };
}

/** HD[Location]: a site. */
export function site(reading: Reading, field: Field): Reference | undefined {
  const name = field.get(1);
  const id = field.get(2);
  if (name === undefined && id === undefined) return undefined;
  const identity = (name ?? id) as string;
  const made = keep(
    reading,
    element({
      resourceType: 'Location' as string,
      identifier: id === undefined ? undefined : [{ value: id }],
      name,
      physicalType: {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/location-physical-type',
            code: 'si',
            display: 'Site',
          },
        ],
      },
    }),
    `si=${identity}`,
  );
  return element<Reference>({ reference: `Location/${made}`, type: 'Location', display: name });
}
