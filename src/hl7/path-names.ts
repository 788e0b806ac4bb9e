import type { Dictionary, StructurePart } from './dictionary/definition.ts';
import { dictionary as dictionaryOf, dictionaryVersions } from './dictionary/index.ts';
import { componentKeys, type PartKeys, segmentKeys, subcomponentKeys } from './field-key.ts';

/** The parts of a segment, field or component by name, for reading paths. Nothing is looked up before it is asked. */
export interface PartNames {
  /** `PID`, `PID-5 (XPN)`. */
  readonly owner: string;
  numberOf(name: string): number | undefined;
  known(): readonly string[];
  /** How many parts there are; undefined where nobody says. */
  readonly count: number | undefined;
  below(n: number): PartNames | undefined;
}

/**
 * The names of a segment's fields: of a dictionary, else of the newest version that has the name. The numbers are the
 * same in every version, since HL7 only ever adds fields at the end.
 */
export function partNames(dictionary: Dictionary | undefined, segment: string): PartNames {
  return dictionary === undefined
    ? new AnyVersion(segment, () => fieldsOfAllVersions(segment))
    : fieldsOf(dictionary, segment);
}

function fieldsOf(dictionary: Dictionary, segment: string): PartNames {
  const definition = dictionary.segment(segment);
  return new VersionNames(segment, segmentKeys(dictionary, segment), definition?.fields.length, (n) => {
    const type = definition?.fields[n - 1]?.type;
    return type === undefined ? undefined : componentsOf(dictionary, type, `${segment}-${n}`);
  });
}

function componentsOf(dictionary: Dictionary, type: string, owner: string): PartNames | undefined {
  const definition = dictionary.type(type);
  if (definition === undefined) return undefined;
  const count = Math.max(1, definition.components.length);
  return new VersionNames(`${owner} (${type})`, componentKeys(dictionary, type), count, (n) => {
    const inner = definition.components[n - 1]?.type;
    const below = inner === undefined ? undefined : dictionary.type(inner);
    if (below === undefined) return undefined;
    return new VersionNames(
      `${owner}.${n} (${below.id})`,
      subcomponentKeys(dictionary, below.id),
      Math.max(1, below.components.length),
      () => undefined,
    );
  });
}

class VersionNames implements PartNames {
  readonly owner: string;
  readonly count: number | undefined;
  readonly #keys: PartKeys;
  readonly #below: (n: number) => PartNames | undefined;

  constructor(
    owner: string,
    keys: PartKeys,
    count: number | undefined,
    below: (n: number) => PartNames | undefined,
  ) {
    this.owner = owner;
    this.count = count;
    this.#keys = keys;
    this.#below = below;
  }

  numberOf(name: string): number | undefined {
    // `PatientName` is `patientName`: the first letter is all that people write in both ways.
    return this.#keys.numberOf(name) ?? this.#keys.numberOf(name.charAt(0).toLowerCase() + name.slice(1));
  }

  known(): readonly string[] {
    return this.#keys.known;
  }

  below(n: number): PartNames | undefined {
    return this.#below(n);
  }
}

/** The names of all versions, newest first: what one calls a part is the same to another. */
class AnyVersion implements PartNames {
  readonly owner: string;
  readonly count = undefined;
  readonly #versions: () => Iterable<PartNames>;

  constructor(owner: string, versions: () => Iterable<PartNames>) {
    this.owner = owner;
    this.#versions = versions;
  }

  numberOf(name: string): number | undefined {
    for (const names of this.#versions()) {
      const number = names.numberOf(name);
      if (number !== undefined) return number;
    }
    return undefined;
  }

  known(): readonly string[] {
    for (const names of this.#versions()) if (names.known().length > 0) return names.known();
    return [];
  }

  /** Components are looked for in every version's type of the field: XPN-1 is one text in 2.3, and an FN since 2.4. */
  below(n: number): PartNames | undefined {
    const separator = this.owner.includes('-') ? '.' : '-';
    return new AnyVersion(`${this.owner}${separator}${n}`, () =>
      Array.from(this.#versions(), (names) => names.below(n)).filter((names) => names !== undefined),
    );
  }
}

function* fieldsOfAllVersions(segment: string): Generator<PartNames> {
  for (const version of dictionaryVersions.toReversed()) {
    const dictionary = dictionaryOf(version);
    if (dictionary.segment(segment) !== undefined) yield fieldsOf(dictionary, segment);
  }
}

const groups = new WeakMap<Dictionary, ReadonlySet<string>>();

/** The names of all groups of all message structures. */
export function groupNames(dictionary: Dictionary): ReadonlySet<string> {
  const known = groups.get(dictionary);
  if (known !== undefined) return known;
  const names = new Set<string>();
  const collect = (parts: readonly StructurePart[]): void => {
    for (const { name, parts: inner } of parts) {
      if (inner === undefined) continue;
      names.add(name);
      collect(inner);
    }
  };
  for (const id of dictionary.structureIds()) collect(dictionary.structure(id)?.parts ?? []);
  groups.set(dictionary, names);
  return names;
}
