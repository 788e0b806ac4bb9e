import type {
  Dictionary,
  LocalDefinitions,
  SegmentDefinition,
  StructureDefinition,
  TypeDefinition,
} from './definition.ts';

/**
 * A version with a site's additions: where both define the same id or table, the site's definition stands in place of
 * the standard's; a standard segment with more fields than the site lists keeps those behind. The base is not changed.
 *
 *     const epic = extendDictionary(dictionary('2.5.1'), { tables: { 1: ['M', 'F', 'X'] } });
 */
export function extendDictionary(base: Dictionary, local: LocalDefinitions): Dictionary {
  return new ExtendedDictionary(base, local);
}

const byId = <Definition extends { readonly id: string }>(
  definitions: readonly Definition[] | undefined,
): Map<string, Definition> => new Map(definitions?.map((each) => [each.id, each]));

class ExtendedDictionary implements Dictionary {
  readonly #base: Dictionary;
  readonly #segments: ReadonlyMap<string, SegmentDefinition>;
  readonly #types: ReadonlyMap<string, TypeDefinition>;
  readonly #structures: ReadonlyMap<string, StructureDefinition>;
  readonly #tables: ReadonlyMap<number, ReadonlySet<string>>;

  constructor(base: Dictionary, local: LocalDefinitions) {
    this.#base = base;
    this.#segments = byId(local.segments?.map((segment) => completed(segment, base)));
    this.#types = byId(local.types?.map(withoutGaps));
    this.#structures = byId(local.structures);
    this.#tables = new Map(
      Object.entries(local.tables ?? {}).map(([number, codes]) => [Number(number), new Set(codes)]),
    );
  }

  get version(): string {
    return this.#base.version;
  }

  segment(id: string): SegmentDefinition | undefined {
    return this.#segments.get(id) ?? this.#base.segment(id);
  }

  type(id: string): TypeDefinition | undefined {
    return this.#types.get(id) ?? this.#base.type(id);
  }

  structure(id: string): StructureDefinition | undefined {
    return this.#structures.get(id) ?? this.#base.structure(id);
  }

  structureOf(code: string, trigger: string): StructureDefinition | undefined {
    const own = this.#structures.get(`${code}_${trigger}`);
    if (own !== undefined) return own;
    const standard = this.#base.structureOf(code, trigger);
    return standard && this.structure(standard.id);
  }

  table(number: number): ReadonlySet<string> | undefined {
    return this.#tables.get(number) ?? this.#base.table(number);
  }

  segmentIds(): readonly string[] {
    return [...new Set([...this.#base.segmentIds(), ...this.#segments.keys()])];
  }

  structureIds(): readonly string[] {
    return [...new Set([...this.#base.structureIds(), ...this.#structures.keys()])];
  }
}

/** Fields a site leaves out, before or behind its own, are the standard's. */
function completed(segment: SegmentDefinition, base: Dictionary): SegmentDefinition {
  const standard = base.segment(segment.id)?.fields ?? [];
  const length = Math.max(standard.length, segment.fields.length);
  const fields = Array.from(
    { length },
    (_, i) => segment.fields[i] ?? standard[i] ?? unnamed(segment.id, i + 1),
  );
  return Object.freeze({ id: segment.id, name: segment.name, fields: Object.freeze(fields) });
}

/** A type of the site may leave components open, too. */
const withoutGaps = (type: TypeDefinition): TypeDefinition =>
  Object.freeze({
    ...type,
    components: Object.freeze(
      Array.from(type.components, (component, i) => component ?? unnamed(type.id, i + 1)),
    ),
  });

const unnamed = (id: string, n: number) =>
  Object.freeze({ name: `${id}-${n}`, type: 'ST', optionality: 'O', repetitions: 0 } as const);
