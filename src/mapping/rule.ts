/** Mappings as data: where a value comes from, what becomes of it, and questions about values. */
import type { Json } from '../std/index.ts';
import type { CodeUse } from './code-lookup.ts';

/**
 * Where a value comes from. The first name is one of the values that the reader has (in a flow: `event`,
 * `site`, or an earlier step's id); the rest is a path into it (path.ts):
 *
 *     event.participant[0].actor.reference
 *     event.identifier[type.text=CSN].value
 *     patient.name.given              the first item of a list that has no brackets
 *     event.name[0].given[*]          every item
 *     event.name.where(use = 'official').given.first()      FHIRPath, see expression.ts
 *     hl7:PID-5.1                     a path in the HL7 message itself, as HL7 counts: from 1
 *     kin:2.1                         in a segment or a repetition that an `each` gave the name `kin`
 *     hl7:*                           the whole HL7 message as text
 */
export type Source = string;

/** A transform by its name, or by its name with what it is done with: `{ maxLength: 20 }`. */
export type TransformUse = string | { readonly [name: string]: Json };

interface Conditional {
  /** The field is made only when it holds. */
  readonly when?: Condition;
}

/** A value that is read, changed and placed. */
export interface ReadRule extends Conditional {
  /** Several: the first that has a value, or all of them for a transform that takes many (`join`). */
  readonly from: Source | readonly Source[];
  /** Named in the transform catalogue: `date`, `upper`, `join` ..., or several, one after the other. */
  readonly transform?: TransformUse | readonly TransformUse[];
  /** What a single transform is done with: the separator of `join`, the resource of `reference`. */
  readonly with?: Json;
  /** A value set map in which the code is looked up then. One that it has not holds the delivery. */
  readonly valueSet?: string | CodeUse;
  /** When the source is absent or empty. */
  readonly default?: Json;
  /** Absent and no default: a `validation` failure that names the field. */
  readonly required?: boolean;
}

/** A list: one object for each item of another list. */
export interface EachRule {
  /** The list: a path that ends in `[*]`, FHIRPath, HL7 segments (`hl7:NK1`) or repetitions (`hl7:PID-3[*]`). */
  readonly each: Source;
  /** What an item is called in `fields` and `when`. */
  readonly as: string;
  /** Only items for which it holds. */
  readonly when?: Condition;
  readonly fields: FieldMap;
}

/** One target field of a map. */
export type FieldRule =
  | Source
  /** A value as it stands here: never read as a path, never evaluated. */
  | (Conditional & { readonly value: Json })
  | ReadRule
  | EachRule
  /** An object whose fields are made together, or not at all. */
  | (Conditional & { readonly fields: FieldMap });

/**
 * Target paths to rules: `{ 'patient.mrn': 'hl7:PID-3[5=MR].1' }` makes `{ patient: { mrn } }`. What has no
 * value is left out, and so is an object or a list item of which nothing has one.
 */
export type FieldMap = Readonly<Record<string, FieldRule>>;

/** A question about values; data, so that it can be shown and checked. */
export type Condition =
  | { readonly path: Source; readonly exists: boolean }
  | { readonly path: Source; readonly equals: Json }
  | { readonly path: Source; readonly in: readonly Json[] }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly not: Condition };
