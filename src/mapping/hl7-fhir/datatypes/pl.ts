import type { Location, Reference } from '../../r4.ts';
import { stableId } from '../ids.ts';
import { element, type Field, type Reading } from '../reading.ts';
import { locationPhysicalType } from '../tables.ts';

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
 */
export function location(reading: Reading, field: Field): Reference | undefined {
  let parent: Reference | undefined;
  const names: string[] = [];
  const way: string[] = [];
  for (const { component, physicalType, display } of levels) {
    const name = field.get(component, 1);
    if (name === undefined) continue;
    names.push(name);
    way.push(`${physicalType}=${name}`);
    const id = stableId(reading.site, 'Location', ...way);
    const resource = element<Location>({
      resourceType: 'Location',
      id,
      identifier: [{ value: name }],
      name,
      description: component === 3 ? field.get(9) : undefined,
      mode: 'instance',
      physicalType: { coding: [{ system: locationPhysicalType, code: physicalType, display }] },
      partOf: parent,
    });
    reading.related.set(`Location/${id}`, resource);
    parent = { reference: `Location/${id}`, type: 'Location', display: [...names].reverse().join(', ') };
  }
  return parent;
}
