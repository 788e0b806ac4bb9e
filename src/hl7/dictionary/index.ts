import type { Dictionary } from './definition.ts';
import { dictionaryVersions, VersionDictionary } from './tables.ts';

export type {
  Dictionary,
  FieldDefinition,
  LocalDefinitions,
  SegmentDefinition,
  StructureDefinition,
  StructurePart,
  TypeDefinition,
} from './definition.ts';
export { extendDictionary } from './extension.ts';
export { LocalDefinitionsError, localDefinitions } from './local-definitions.ts';
export { dictionaryVersions } from './tables.ts';

const cache = new Map<string, Dictionary>();

/**
 * The dictionary of an HL7 version, as MSH-12.1 writes it. A version there is no table of gets the nearest older one
 * (`2.5.9` that of 2.5.1, `2.9` that of 2.8), and what is no version at all that of 2.5.1, which most senders follow;
 * `Dictionary.version` says which it is. Definitions are decoded when they are first asked for.
 *
 *     dictionary('2.5.1').segment('PID')?.fields[4]?.name;   // 'Patient Name'
 */
export function dictionary(version: string): Dictionary {
  const nearest = nearestVersion(version);
  const known = cache.get(nearest);
  if (known !== undefined) return known;
  const made = new VersionDictionary(nearest);
  cache.set(nearest, made);
  return made;
}

const usual = '2.5.1';

function nearestVersion(version: string): string {
  if (dictionaryVersions.includes(version)) return version;
  const wanted = /^\s*v?(\d{1,3}(?:\.\d{1,3}){0,3})/i.exec(version)?.[1]?.split('.').map(Number);
  if (wanted === undefined) return usual;
  let nearest = dictionaryVersions[0] ?? usual;
  for (const known of dictionaryVersions)
    if (compare(known.split('.').map(Number), wanted) <= 0) nearest = known;
  return nearest;
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
