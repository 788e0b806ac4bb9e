import type {
  FieldDefinition,
  LocalDefinitions,
  SegmentDefinition,
  StructureDefinition,
  TypeDefinition,
} from './definition.ts';
import { readParts, StructureNotationError } from './grammar.ts';
import { nearest } from './nearest.ts';

/** A site's definitions that cannot be read; `path` is the key that is wrong: `segments.ZPD.fields.2.typ`. */
export class LocalDefinitionsError extends Error {
  override readonly name = 'LocalDefinitionsError';
  readonly path: string;
  constructor(path: string, text: string) {
    super(`${path === '' ? 'The local definitions' : path}: ${text}`);
    this.path = path;
  }
}

/**
 * Checks what a site's YAML file holds, read into plain values, and gives it the shape that extendDictionary takes.
 * Throws {@link LocalDefinitionsError}, which names the key that is wrong and the one that was likely meant.
 *
 *     segments:
 *       ZPD:
 *         name: Patient, local
 *         fields:
 *           1: Nickname                        # a text alone: the name of a field of type ST that stands once
 *           2: { name: Loyalty, type: CWE, table: 9001, optionality: R, repetitions: 0, length: 20 }
 *       PV1:                                   # fields the site adds to a standard segment
 *         fields: { 60: { name: Bed type, type: CWE } }
 *     types:
 *       ZAD: { name: Local address, components: { 1: Street, 2: { name: Town, type: ST } } }
 *     tables:
 *       9001: [GOLD, SILVER]
 *     structures:
 *       ADT_A01: MSH EVN PID ZPD? PV1 OBX* INSURANCE(IN1 IN2? IN3*)*
 */
export function localDefinitions(value: unknown): LocalDefinitions {
  const top = record(value ?? {}, '', ['segments', 'types', 'tables', 'structures']);
  return {
    ...(top.segments === undefined ? {} : { segments: entries(top.segments, 'segments').map(segment) }),
    ...(top.types === undefined ? {} : { types: entries(top.types, 'types').map(type) }),
    ...(top.tables === undefined ? {} : { tables: tables(top.tables) }),
    ...(top.structures === undefined
      ? {}
      : { structures: entries(top.structures, 'structures').map(structure) }),
  };
}

type Entry = readonly [key: string, value: unknown, path: string];

function entries(value: unknown, path: string): Entry[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LocalDefinitionsError(path, `must be a mapping of names to definitions, not ${kindOf(value)}`);
  return Object.entries(value).map(
    ([key, each]) => [key, each, path === '' ? key : `${path}.${key}`] as const,
  );
}

function record(value: unknown, path: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  for (const [key, , own] of entries(value, path)) {
    if (keys.includes(key)) continue;
    const meant = nearest(key, keys);
    throw new LocalDefinitionsError(
      own,
      `is not a key here. ${meant === undefined ? `Known are ${keys.join(', ')}` : `Did you mean "${meant}"?`}`,
    );
  }
  return value as Readonly<Record<string, unknown>>;
}

const kindOf = (value: unknown): string =>
  value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : `a ${typeof value}`;

function text(value: unknown, path: string): string {
  if (typeof value === 'string' && value.trim() !== '') return value.trim();
  throw new LocalDefinitionsError(
    path,
    `must be a text, not ${value === '' ? 'an empty one' : kindOf(value)}`,
  );
}

function segment([id, value, path]: Entry): SegmentDefinition {
  if (!/^[A-Z][A-Z0-9]{2}$/.test(id))
    throw new LocalDefinitionsError(path, 'a segment id is three capitals or digits, such as ZPD');
  const { name, fields } = record(value, path, ['name', 'fields']);
  return {
    id,
    name: name === undefined ? id : text(name, `${path}.name`),
    fields: numbered(fields ?? {}, `${path}.fields`),
  };
}

function type([id, value, path]: Entry): TypeDefinition {
  if (!/^[A-Z][A-Z0-9_]*$/.test(id))
    throw new LocalDefinitionsError(path, 'a data type is named in capitals, such as ZAD');
  const { name, components } = record(value, path, ['name', 'components']);
  return {
    id,
    name: name === undefined ? id : text(name, `${path}.name`),
    components: numbered(components ?? {}, `${path}.components`),
  };
}

/** Positions that are left out stay open; extendDictionary fills them from the standard. */
function numbered(value: unknown, path: string): FieldDefinition[] {
  const fields: FieldDefinition[] = [];
  for (const [key, each, own] of entries(value, path)) {
    if (!/^[1-9]\d{0,2}$/.test(key)) throw new LocalDefinitionsError(own, 'must be a number from 1 to 999');
    fields[Number(key) - 1] = field(each, own);
  }
  return fields;
}

function field(value: unknown, path: string): FieldDefinition {
  if (typeof value === 'string')
    return { name: text(value, path), type: 'ST', optionality: 'O', repetitions: 1 };
  const given = record(value, path, ['name', 'type', 'optionality', 'repetitions', 'length', 'table']);
  const length = count(given.length, `${path}.length`);
  const table = count(given.table, `${path}.table`);
  return {
    name: text(given.name, `${path}.name`),
    type: given.type === undefined ? 'ST' : text(given.type, `${path}.type`),
    optionality: optionality(given.optionality, `${path}.optionality`),
    repetitions: count(given.repetitions, `${path}.repetitions`) ?? 1,
    ...(length === undefined ? {} : { length }),
    ...(table === undefined ? {} : { table }),
  };
}

function optionality(value: unknown, path: string): FieldDefinition['optionality'] {
  if (value === undefined) return 'O';
  const known = (['R', 'O', 'C', 'B', 'W', 'X'] as const).find((each) => each === value);
  if (known === undefined) throw new LocalDefinitionsError(path, 'must be R, O, C, B, W or X');
  return known;
}

function count(value: unknown, path: string): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0)
    throw new LocalDefinitionsError(path, 'must be a whole number from 0 on');
  return number;
}

function tables(value: unknown): Record<number, readonly string[]> {
  const read: Record<number, readonly string[]> = {};
  for (const [key, codes, path] of entries(value, 'tables')) {
    if (!/^\d{1,6}$/.test(key))
      throw new LocalDefinitionsError(path, 'a table is named by its number, such as 9001');
    if (!Array.isArray(codes))
      throw new LocalDefinitionsError(path, `must be a list of codes, not ${kindOf(codes)}`);
    read[Number(key)] = codes.map((code, i) =>
      text(typeof code === 'number' ? String(code) : code, `${path}.${i + 1}`),
    );
  }
  return read;
}

function structure([id, value, path]: Entry): StructureDefinition {
  if (!/^[A-Z0-9]{3}(_[A-Z0-9]{3})?$/.test(id))
    throw new LocalDefinitionsError(path, 'a message structure is named like ADT_A01');
  try {
    return { id, parts: readParts(text(value, path)) };
  } catch (error) {
    if (!(error instanceof StructureNotationError)) throw error;
    throw new LocalDefinitionsError(path, error.message);
  }
}
