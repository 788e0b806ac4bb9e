/** What the schema says of a record, as faults with file, line, reason and fix. */
import type { z } from 'zod';
import { nearest } from '../../std/index.ts';
import { siteSchema } from '../record.ts';
import type { Fault } from './fault.ts';
import type { Fields, Path } from './layer.ts';
import type { Place } from './merge.ts';

export function issueFaults(error: z.core.$ZodError, value: Fields, placeOf: (path: Path) => Place): Fault[] {
  return error.issues.flatMap((issue) => faultsOf(issue, value, placeOf));
}

function faultsOf(issue: z.core.$ZodIssue, value: Fields, placeOf: (path: Path) => Place): Fault[] {
  const where = issue.path.map(String).join('.') || 'the record';
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(issue.path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      return {
        ...placeOf([...issue.path, key]),
        reason: `${where} has no field "${key}"`,
        fix: near
          ? `did you mean "${near}"?`
          : `known here: ${known.join(', ') || 'see the reference of site records'}`,
      };
    });
  }
  const place = placeOf(issue.path);
  const given = valueAt(value, issue.path);
  if (issue.code === 'invalid_key') {
    const key = String(issue.path.at(-1));
    const [why] = issue.issues;
    return [
      {
        ...place,
        reason: `${where}: "${key}" cannot be a name here: ${why?.message ?? issue.message}`,
        fix: 'rename it',
      },
    ];
  }
  if (given === undefined) return [{ ...place, reason: `${where} is missing`, fix: `add ${where}` }];
  if (given === null)
    return [
      {
        ...place,
        reason: `${where} is empty, and nothing below it is there to be removed`,
        fix: 'give it a value, or take the line away',
      },
    ];
  if (issue.code === 'invalid_value' && typeof given === 'string') {
    const known = issue.values.map(String);
    const near = nearest(given, known);
    return [
      {
        ...place,
        reason: `${where}: none of the words that may stand here`,
        fix: near === undefined ? `use one of: ${known.join(', ')}` : `did you mean "${near}"?`,
      },
    ];
  }
  const quote =
    (issue.code === 'invalid_type' && issue.expected === 'string') ||
    (issue.code === 'invalid_union' && typeof given === 'number');
  return [
    {
      ...place,
      reason: `${where}: ${issue.message}`,
      fix:
        quote && (typeof given === 'number' || typeof given === 'boolean')
          ? 'put it in quotes'
          : 'correct the value',
    },
  ];
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined | null)?.[key], value);

interface Definition {
  readonly innerType?: unknown;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  readonly shape?: Readonly<Record<PropertyKey, unknown>>;
}

/** Names of the fields that may stand at a path, by the schema itself. */
function knownKeys(path: Path): string[] {
  let schema: unknown = siteSchema;
  for (const key of path) {
    const { shape, valueType, element } = definitionOf(schema);
    schema = shape === undefined ? (valueType ?? element) : shape[key];
  }
  const { shape } = definitionOf(schema);
  return shape ? Object.keys(shape) : [];
}

function definitionOf(schema: unknown): Definition {
  let definition = (schema as { def?: Definition } | undefined)?.def ?? {};
  while (definition.innerType !== undefined) definition = (definition.innerType as { def: Definition }).def;
  return definition;
}
