/** Names of segments and fields, for people who read a message: those of its HL7 version, as the standard has them. */
import { dictionary, dictionaryVersions, type SegmentDefinition } from '../../hl7/index.ts';

export interface Hl7Names {
  /** `null`: no segment of the standard, and no site-defined one. */
  segment(id: string): string | null;
  field(segment: string, number: number): string;
}

/**
 * @param version MSH-12, which senders often fill with an older version than the one they use: what that does not have is
 * looked for in the newest.
 * @example
 * namesOf('2.5.1').field('PID', 5) // 'Patient Name'
 * namesOf('2.5.1').field('ZPD', 2) // 'site-defined'
 */
export function namesOf(version: string): Hl7Names {
  return {
    segment(id) {
      if (isLocal(id)) return 'site-defined';
      for (const { name } of definitions(version, id)) return name;
      return null;
    },
    field(segment, number) {
      if (isLocal(segment)) return 'site-defined';
      for (const { fields } of definitions(version, segment)) {
        const name = fields[number - 1]?.name;
        if (name !== undefined) return name;
      }
      return `field ${number}`;
    },
  };
}

/** That of the version, then those of the others, the newest first. */
function* definitions(version: string, id: string): Generator<SegmentDefinition> {
  for (const each of [version, ...dictionaryVersions.toReversed()]) {
    const definition = dictionary(each).segment(id);
    if (definition !== undefined) yield definition;
  }
}

const isLocal = (id: string): boolean => /^Z[A-Z0-9]{2}$/.test(id);
