/** The JSON Schema of site records, for editors: made of the same declaration that `check` reads them by. */
import { z } from 'zod';
import { siteSchema } from './record.ts';

type Schema = Record<string, unknown>;

const FROM_ENVIRONMENT = {
  type: 'object',
  description: 'A value from the environment: `{ env: MLLP_PORT, default: 6661 }`.',
  properties: { env: { type: 'string' }, default: {} },
  required: ['env'],
  additionalProperties: false,
};

const EXTENDS = {
  description: 'What lies below: names of files in `sites/_base`, without `.yaml`.',
  anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
};

/**
 * Draft 7, which editors understand. What stands in a connection depends on its connector, which lies above this room: whoever
 * asks gives the fields of each. A file that extends another may leave out what stands there; what only `check` can know
 * (names of connections and people, time zones, what overlays come to) is not in it.
 */
export function siteJsonSchema(connectors: Readonly<Record<string, z.ZodType>> = {}): Schema {
  const { $schema, ...record } = z.toJSONSchema(siteSchema, { target: 'draft-7', io: 'input' }) as Schema;
  const site = withEnvironment(withConnectors(record, connectors));
  const properties = { extends: EXTENDS, ...(site.properties as Schema) };
  const part = partOf({ ...site, properties });
  return {
    $schema,
    title: 'Site record of Suture',
    description:
      'sites/<site>/site.yaml, sites/<site>/overlays/<environment>.yaml and sites/_base/<name>.yaml',
    if: { anyOf: [{ required: ['extends'] }, { not: { required: ['site'] } }] },
    // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's own word
    then: part,
    else: { ...site, properties },
    definitions: { fromEnvironment: FROM_ENVIRONMENT },
  };
}

/** A connection has the fields of its connector, beside those that each has; without a connector (in a layer) any. */
function withConnectors(record: Schema, connectors: Readonly<Record<string, z.ZodType>>): Schema {
  const names = Object.keys(connectors);
  if (names.length === 0) return record;
  const all = (record.properties as Schema).connections as Schema;
  const each = all.additionalProperties as Schema;
  const common = each.properties as Schema;
  const allOf = names.map((name) => {
    const { $schema: _, ...own } = z.toJSONSchema(connectors[name] as z.ZodType, {
      target: 'draft-7',
      io: 'input',
      unrepresentable: 'any',
    }) as Schema;
    return {
      if: { properties: { connector: { const: name } }, required: ['connector'] },
      // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's own word
      then: { ...own, properties: { ...common, ...(own.properties as Schema) } },
    };
  });
  const connector = { ...(common.connector as Schema), enum: names };
  const connection = { ...each, properties: { ...common, connector }, allOf };
  const connections = { ...all, additionalProperties: connection };
  return { ...record, properties: { ...(record.properties as Schema), connections } };
}

const SCALARS = new Set(['string', 'number', 'integer', 'boolean']);

/** Any single value may come from the environment. Names of fields may not. */
function withEnvironment(schema: Schema): Schema {
  if (SCALARS.has(schema.type as string) || schema.enum !== undefined || schema.const !== undefined) {
    const { description, default: usual, ...rest } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      ...(usual === undefined ? {} : { default: usual }),
      anyOf: [rest, { $ref: '#/definitions/fromEnvironment' }],
    };
  }
  return inside(schema, withEnvironment);
}

/** For files that hold a part: nothing is required, and `null` removes. */
function partOf(schema: Schema): Schema {
  const { required: _required, ...rest } = schema;
  // A choice of required fields can be spread over files.
  const part = inside(rest.properties === undefined ? rest : without(rest, ['anyOf']), partOf);
  const orNothing = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
  return {
    ...part,
    ...(part.properties === undefined ? {} : { properties: mapped(part.properties as Schema, orNothing) }),
    ...(typeof part.additionalProperties === 'object' &&
    Object.keys(part.additionalProperties as Schema).length > 0
      ? { additionalProperties: orNothing(part.additionalProperties as Schema) }
      : {}),
  };
}

const without = (schema: Schema, keys: readonly string[]): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));

const mapped = (schemas: Schema, change: (schema: Schema) => Schema): Schema =>
  Object.fromEntries(Object.entries(schemas).map(([key, each]) => [key, change(each as Schema)]));

/** The schemas of what a schema holds, each changed; names of fields left alone. */
function inside(schema: Schema, change: (schema: Schema) => Schema): Schema {
  const changed: Schema = { ...schema };
  if (schema.properties !== undefined) changed.properties = mapped(schema.properties as Schema, change);
  for (const key of ['items', 'additionalProperties'] as const) {
    if (typeof schema[key] === 'object') changed[key] = change(schema[key] as Schema);
  }
  for (const key of ['anyOf', 'oneOf', 'allOf'] as const) {
    // Lists of required fields are no schemas of values.
    if (Array.isArray(schema[key]) && schema.properties === undefined)
      changed[key] = (schema[key] as Schema[]).map(change);
  }
  // What holds under a condition; the condition itself stays as it is.
  if (Array.isArray(schema.allOf) && schema.allOf.every((each) => 'then' in (each as Schema)))
    changed.allOf = (schema.allOf as Schema[]).map((each) => ({
      ...each,
      // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's own word
      then: change(each.then as Schema),
    }));
  return changed;
}

/** Shorter parts are written out where they stand. */
const WORTH_SHARING = 300;

/** The same schema, with parts that stand in it several times written once, under `definitions`. */
export function sharedParts(schema: Schema): Schema {
  const times = new Map<string, number>();
  const isPart = (value: unknown): value is Schema =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const each = (value: unknown, see: (part: Schema, text: string) => void): void => {
    if (Array.isArray(value)) for (const item of value) each(item, see);
    if (!isPart(value)) return;
    for (const inner of Object.values(value)) each(inner, see);
    const text = JSON.stringify(value);
    if (text.length >= WORTH_SHARING) see(value, text);
  };
  each(schema, (_, text) => times.set(text, (times.get(text) ?? 0) + 1));
  const names = new Map<string, string>();
  const definitions: Schema = {};
  const short = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(short);
    if (!isPart(value)) return value;
    // Maps of fields are no schemas, and cannot be referred to.
    const isSchema = 'type' in value || 'anyOf' in value;
    const text = JSON.stringify(value);
    const parts = (): Schema => mapped(value, (inner) => short(inner) as Schema);
    if (!isSchema || text.length < WORTH_SHARING || (times.get(text) ?? 0) < 2) return parts();
    let name = names.get(text);
    if (name === undefined) {
      name = `part${names.size + 1}`;
      names.set(text, name);
      definitions[name] = parts();
    }
    return { $ref: `#/definitions/${name}` };
  };
  const whole = short(schema) as Schema;
  return { ...whole, definitions: { ...(whole.definitions as Schema), ...definitions } };
}
