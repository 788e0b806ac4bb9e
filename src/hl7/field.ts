import type { Dictionary } from './dictionary/definition.ts';
import type { SegmentFields } from './dictionary/field-names.generated.ts';
import { nearest } from './dictionary/nearest.ts';
import { type Path, path } from './path.ts';
import { type PartNames, partNames } from './path-names.ts';

/** Where a field reference keeps its path. */
export const pathOf: unique symbol = Symbol('path');

/** A path that is written with names the editor completes; Message.get and its likes take it as any other path. */
export interface FieldReference {
  readonly [pathOf]: Path;
}

/** The nth repetition of a field or occurrence of a segment, or every one. */
export interface Repeated<Reference> {
  at(n: number): Reference;
  all(): Reference;
}

/** A component with the subcomponents of its data type. */
export type NamedComponent<Type> = FieldReference & { readonly [Name in keyof Type]: FieldReference };

/** A field with the components of its data type. */
export type NamedField<Type> = FieldReference & Type & Repeated<FieldReference & Type>;

export type NamedSegment<Fields> = FieldReference & Fields & Repeated<FieldReference & Fields>;

/** A name that the dictionary does not have; the editor shows such a mistake before. */
export class FieldNameError extends Error {
  override readonly name = 'FieldNameError';
  constructor(owner: string, name: string, known: readonly string[]) {
    const meant = nearest(name, known);
    super(
      `"${name}" is not a name in ${owner}${meant === undefined ? '' : `; did you mean "${meant}"?`}. docs/hl7/paths.md says how names are made.`,
    );
  }
}

/**
 * All segments with their fields and components by name. The names of a field are those of the newest version that has
 * the segment or data type; the numbers are the same in every version.
 *
 *     message.get(field.PID.patientName.familyName);                     // as 'PID-5.1'
 *     message.get(field.PID.patientIdentifierList.at(2).idNumber);       // as 'PID-3[2].1'
 *     message.getAll(field.OBX.all().observationValue);                  // as 'OBX[*]-5'
 *     message.set(field.PV1.assignedPatientLocation.facility.namespaceId, 'NORTH');
 */
export const field: SegmentFields = segments(undefined) as SegmentFields;

/**
 * The same with the names of a dictionary: those of its version, and of a site's own segments. These are typed when the
 * site declares them:
 *
 *     interface Site {
 *       ZPD: NamedSegment<{ readonly loyalty: NamedField<unknown> }>;
 *     }
 *     const field = fieldsOf<Site>(extendDictionary(dictionary('2.5.1'), local));
 *     message.get(field.ZPD.loyalty);
 */
export function fieldsOf<Site = unknown>(dictionary: Dictionary): SegmentFields & Site {
  return segments(dictionary) as SegmentFields & Site;
}

function segments(dictionary: Dictionary | undefined): object {
  return named(
    (id) => {
      const names = /^[A-Z][A-Z0-9]{2}$/.test(id) ? partNames(dictionary, id) : undefined;
      if (names === undefined || (names.known().length === 0 && !id.startsWith('Z')))
        throw new FieldNameError('the dictionary', id, dictionary?.segmentIds() ?? []);
      return reference(id, names, dictionary, id.length);
    },
    () => undefined,
  );
}

/** `numbered`: where a [n] goes, while one may still be given. */
function reference(
  source: string,
  names: PartNames | undefined,
  dictionary: Dictionary | undefined,
  numbered: number | undefined,
): object {
  const separator = source.includes('-') ? '.' : '-';
  const numberedAs = (which: string): object => {
    if (numbered === undefined) throw new FieldNameError(source, 'at', []);
    const own = source.slice(0, numbered) + which + source.slice(numbered);
    return reference(own, names, dictionary, undefined);
  };
  return named(
    (name) => {
      const number = names?.numberOf(name);
      if (number === undefined) throw new FieldNameError(source, name, names?.known() ?? []);
      const own = `${source}${separator}${number}`;
      return reference(own, names?.below(number), dictionary, separator === '-' ? own.length : undefined);
    },
    (key) => {
      if (key === pathOf) return path(source, dictionary);
      if (key === Symbol.toPrimitive || key === 'toString') return () => source;
      if (key === 'at') return (n: number) => numberedAs(`[${n}]`);
      if (key === 'all') return () => numberedAs('[*]');
      return undefined;
    },
  );
}

/** An object whose properties are made when they are first asked for; its own ones come first. */
function named(make: (name: string) => object, own: (key: string | symbol) => unknown): object {
  const made = new Map<string, unknown>();
  return new Proxy(Object.freeze({}), {
    get(_, key) {
      const kept = typeof key === 'string' ? made.get(key) : undefined;
      if (kept !== undefined) return kept;
      const found =
        own(key) ?? (typeof key === 'string' && key !== 'then' && key !== 'toJSON' ? make(key) : undefined);
      if (typeof key === 'string') made.set(key, found);
      return found;
    },
    has: (_, key) => own(key) !== undefined,
  });
}
