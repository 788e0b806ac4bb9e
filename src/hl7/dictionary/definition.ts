/** What the dictionary says of segments, data types, messages and tables; the same shapes hold a site's own additions. */

/** A field of a segment, or a component of a data type. */
export interface FieldDefinition {
  /** As the standard writes it: `Patient Name`. */
  readonly name: string;
  /** `XPN`; `varies` where another field says it (OBX-5). */
  readonly type: string;
  /** R required, O optional, C conditional, B kept for older versions, W withdrawn, X not used. */
  readonly optionality: 'R' | 'O' | 'C' | 'B' | 'W' | 'X';
  /** How often it may stand: 1 once, 0 without limit. */
  readonly repetitions: number;
  /** The most characters, where the version gives a length. */
  readonly length?: number;
  /** The number of the table its codes come from: 1 for `0001`. */
  readonly table?: number;
}

export interface SegmentDefinition {
  readonly id: string;
  readonly name: string;
  /** Field n at index n - 1. */
  readonly fields: readonly FieldDefinition[];
}

export interface TypeDefinition {
  readonly id: string;
  readonly name: string;
  /** Component n at index n - 1; none for a primitive type. */
  readonly components: readonly FieldDefinition[];
}

/** One place in a message structure: a segment, or a group of them. */
export interface StructurePart {
  /** A segment id (`OBX`) when there are no parts, else the name of a group (`ORDER_OBSERVATION`). */
  readonly name: string;
  readonly min: number;
  /** 0: without limit. */
  readonly max: number;
  readonly parts?: readonly StructurePart[];
  /** On the first of several parts of which one must stand, while each by itself has `min` 0: OBR or RXO in ORM_O01. */
  readonly oneOf?: readonly string[];
}

export interface StructureDefinition {
  /** `ADT_A01`. */
  readonly id: string;
  readonly parts: readonly StructurePart[];
}

/** The definitions of one HL7 version, with a site's additions where there are any. */
export interface Dictionary {
  /** `2.5.1`: the version whose tables these are. */
  readonly version: string;
  segment(id: string): SegmentDefinition | undefined;
  type(id: string): TypeDefinition | undefined;
  /** By structure id (MSH-9.3). */
  structure(id: string): StructureDefinition | undefined;
  /** By message code and trigger (MSH-9.1, MSH-9.2): ADT, A08 give ADT_A01. */
  structureOf(code: string, trigger: string): StructureDefinition | undefined;
  /** The codes of an HL7 table; undefined when the standard lists none (user-defined tables). */
  table(number: number): ReadonlySet<string> | undefined;
  segmentIds(): readonly string[];
  structureIds(): readonly string[];
}

/** What a site adds to a version: its Z-segments, its own fields and types, its table values. */
export interface LocalDefinitions {
  readonly segments?: readonly SegmentDefinition[];
  readonly types?: readonly TypeDefinition[];
  readonly structures?: readonly StructureDefinition[];
  readonly tables?: Readonly<Record<number, readonly string[]>>;
}
