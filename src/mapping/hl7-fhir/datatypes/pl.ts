import type { Identifier, Reference } from '../../r4.ts';
import { type Field, inner } from '../line.ts';
import { type Draft, element, keep, keepAs, present, type Reading, reference } from '../reading.ts';
import type { Read } from '../rows.ts';
import { locationPhysicalType } from '../tables.ts';
import { assigner, assignerIdentifiers, universalUri } from './hd.ts';

/** PL.4 facility, 7 building, 8 floor, 1 point of care, 2 room, 3 bed: from the whole to the part. */
const levels = [
  { component: 4, physicalType: 'si', display: 'Site' },
  { component: 7, physicalType: 'bu', display: 'Building' },
  { component: 8, physicalType: 'lvl', display: 'Level' },
  // The guide has no code for a point of care; a nursing unit is a ward.
  { component: 1, physicalType: 'wa', display: 'Ward' },
  { component: 2, physicalType: 'ro', display: 'Room' },
  { component: 3, physicalType: 'bd', display: 'Bed' },
] as const;

/**
 * PL[Location]: a location for each level that is named, each part of the one before, and a reference to the most
 * granular one (the guide's row 0). A bed is the bed of its room of its unit: ids are of the whole way down.
 * `most` says more of that one (PV1-40: its operational status).
 */
export function location(
  reading: Reading,
  field: Field,
  most: Readonly<Record<string, unknown>> = {},
): Reference | undefined {
  let parent: Reference | undefined;
  let last: { draft: Draft; way: string[]; names: string } | undefined;
  const way: string[] = [];
  // PL.11 says for all of them who assigned the names.
  const by = assigner(reading, field, 11);
  let names = '';
  for (const { component, physicalType, display } of levels) {
    const name = field.get(component, 1) ?? field.get(component, 2);
    if (name === undefined) continue;
    names = names === '' ? name : `${name}, ${names}`;
    way.push(`${physicalType}=${name}`);
    if (last !== undefined) parent = kept(reading, last);
    const identifiers = assignerIdentifiers(inner(field, component));
    const draft: Draft = {
      resourceType: 'Location',
      identifier: by === undefined ? identifiers : identifiers.map((each) => ({ ...each, assigner: by })),
      name,
      mode: 'instance',
      physicalType: { coding: [{ system: locationPhysicalType, code: physicalType, display }] },
    };
    if (parent !== undefined) draft.partOf = parent;
    last = { way: [...way], names, draft };
  }
  if (last === undefined) return described(reading, field);
  const comprehensive = field.get(10, 1);
  if (comprehensive !== undefined)
    last.draft.identifier = present(...(last.draft.identifier as Identifier[]), {
      ...element<Identifier>({
        system: universalUri(field.get(10, 3), field.get(10, 4)),
        value: comprehensive,
        assigner:
          by ?? (field.get(10, 2) === undefined ? undefined : { display: field.get(10, 2) as string }),
      }),
    });
  const description = field.get(9);
  if (description !== undefined) last.draft.description = description;
  Object.assign(last.draft, most);
  return kept(reading, last);
}

function kept(
  reading: Reading,
  { draft, way, names }: { draft: Draft; way: readonly string[]; names: string },
): Reference {
  return reference(keepAs(reading, draft, way).reference, 'Location', names);
}

/** A location that is only described (PL.9) or only has a comprehensive identifier (PL.10). */
function described(reading: Reading, field: Field): Reference | undefined {
  const description = field.get(9);
  const value = field.get(10, 1);
  if (description === undefined && value === undefined) return undefined;
  const id = keep(
    reading,
    element<Draft>({
      resourceType: 'Location',
      identifier: value === undefined ? undefined : [{ value }],
      description,
      mode: 'instance',
    } as never),
    value ?? '',
    description ?? '',
  );
  return element<Reference>({ reference: `Location/${id}`, type: 'Location', display: description });
}

export const toLocation: Read = (field, reading) => location(reading, field);
