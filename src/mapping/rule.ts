/** Mappings as data: where a value comes from, what becomes of it, and questions about values. */
import type { Json } from '../std/index.ts';

/**
 * Where a value comes from. The first name is one of the values that the reader has (in a flow: `event`,
 * `site`, or an earlier step's id); the rest is a path into it (path.ts):
 *
 *     event.participant[0].actor.reference
 *     event.identifier[type.text=CSN].value
 *     patient.name.given              the first item of a list that has no brackets
 *     event.name[0].given[*]          every item
 *     hl7:PID-5.1                     a path in the HL7 message itself, as HL7 counts: from 1
 *     hl7:*                           the whole HL7 message as text
 */
export type Source = string;

/** One target field of a map. */
export type FieldRule =
  | Source
  /** A value as it stands here: never read as a path, never evaluated. */
  | { readonly value: Json }
  | {
      /** Several: the first that has a value, or all of them for a transform that takes many (`join`). */
      readonly from: Source | readonly Source[];
      /** Named in the transform catalogue: `date`, `upper`, `join` ... */
      readonly transform?: string;
      /** What the transform is done with: the separator of `join`, the resource of `reference`. */
      readonly with?: Json;
      /** When the source is absent or empty. */
      readonly default?: Json;
      /** Absent and no default: a `validation` failure that names the field. */
      readonly required?: boolean;
    };

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
