/** What a transform is: a named, pure way from one value to another, with an example that is tried by a test. */
import type { Json } from '../../std/index.ts';
import type { ValueSets } from '../value-set.ts';

/** What a transform may know beside its value. */
export interface TransformContext {
  /** IANA zone of times that are written without an offset. */
  readonly timeZone: string;
  /** When the message was received; milliseconds. */
  readonly receivedAt?: number | undefined;
  readonly valueSets?: ValueSets | undefined;
}

export type TransformRun = (value: unknown, context: TransformContext) => unknown;

/** Shown in the reference, and tried by a test. */
export interface TransformExample {
  /** For one that takes many values: the list of them. */
  readonly from: Json;
  readonly with?: Json;
  readonly gives: Json | undefined;
}

export interface Transform {
  /** For the docs and the console. */
  readonly about: string;
  /** Where the reference lists it. */
  readonly group: string;
  /** It takes the values of all sources as a list; others get the first that there is. */
  readonly many?: boolean;
  /** What `with` must be; left out: the transform takes none. */
  readonly with?: { readonly about: string; readonly fits: (value: Json | undefined) => boolean };
  readonly examples: readonly TransformExample[];
  /**
   * Made ready once for its argument, which fits. Runs throw `Unreadable` for a value that they cannot take.
   * @throws Failure `config` when the argument turns out not to be usable (a pattern that is none).
   */
  readonly make: (argument: Json | undefined) => TransformRun;
}

export type Catalogue = Readonly<Record<string, Omit<Transform, 'group'>>>;

/** A transform could not take its value. Says what was expected, never what came: that may be patient data. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export const refuse = (expected: string): never => {
  throw new Unreadable(expected);
};

/** A text, or a number or boolean as text; anything else is refused. */
export const text = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : refuse('a single text or number');

export const isText = (value: Json | undefined): value is string => typeof value === 'string';
export const isWhole = (value: Json | undefined): value is number => Number.isInteger(value);
export const isTable = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** An object that has no other fields than these. */
export const hasOnly = (value: Json | undefined, keys: readonly string[]): boolean =>
  isTable(value) && Object.keys(value).every((key) => keys.includes(key));
export const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** A field of an object's own; nothing of a prototype. */
export const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;

/** The simple case: no argument. */
export const plain =
  (run: (value: unknown, context: TransformContext) => unknown): Transform['make'] =>
  () =>
    run;

/** Patterns and other arguments that cannot be checked by their shape. */
export class BadArgument extends Error {
  override readonly name = 'BadArgument';
}
