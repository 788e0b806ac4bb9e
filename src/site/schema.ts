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
 * Draft 7, which editors understand. A file that extends another may leave out what stands there; what only `check` can know
 * (names of connections and people, time zones, what overlays come to) is not in it.
 */
export function siteJsonSchema(): Schema {
  const { $schema, ...record } = z.toJSONSchema(siteSchema, { target: 'draft-7', io: 'input' }) as Schema;
  const site = withEnvironment(record);
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
  return changed;
}
