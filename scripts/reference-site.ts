/** The page and the JSON Schema of site records, both made of the declaration that `suture check` reads them by. */
import { connectorFields } from '../src/connectors/index.ts';
import { sharedParts, siteJsonSchema } from '../src/site/index.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly pattern?: string;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  /** Of a connection: its fields, by its connector. */
  readonly allOf?: readonly {
    readonly if: { readonly properties: { readonly connector: { readonly const: string } } };
    readonly then: Schema;
  }[];
}

export const siteSchemaText = (): string =>
  `${JSON.stringify(sharedParts(siteJsonSchema(connectorFields)), null, 2)}\n`;

/** Without the choice of the environment, which every single value has. */
function bare(schema: Schema): Schema {
  const choices = schema.anyOf?.filter((each) => each.$ref === undefined && each.type !== undefined) ?? [];
  const [only, another] = choices;
  return only !== undefined && another === undefined && schema.properties === undefined
    ? { ...only, ...schema, ...only }
    : schema;
}

function kindOf(given: Schema): string {
  const schema = bare(given);
  if (schema.enum !== undefined) return schema.enum.map((each) => `\`${String(each)}\``).join(', ');
  if (schema.type === 'array')
    return `list of ${schema.items === undefined ? 'values' : kindOf(schema.items)}`;
  if (schema.type === 'object' || schema.properties !== undefined)
    return schema.properties === undefined ? 'fields by name' : 'fields';
  if (schema.format === 'date') return 'day';
  if (schema.type === 'integer' || schema.type === 'number') {
    const least = schema.minimum === undefined || schema.minimum < -1e15 ? '' : ` from ${schema.minimum}`;
    const most = schema.maximum === undefined || schema.maximum > 1e15 ? '' : ` to ${schema.maximum}`;
    return `number${least}${most}`;
  }
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'string') return 'text';
  if (schema.anyOf !== undefined)
    return schema.anyOf
      .filter((each) => each.$ref === undefined)
      .map(kindOf)
      .join(', or ');
  return 'value';
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

function rowsOf(given: Schema, path: string, required: boolean): string[] {
  const schema = bare(given);
  const usual = given.default;
  const told =
    usual === undefined || (typeof usual === 'object' && usual !== null && Object.keys(usual).length === 0)
      ? required
        ? 'must be there'
        : ''
      : `\`${JSON.stringify(usual)}\``;
  const about = given.description ?? schema.description ?? '';
  const own = `| \`${path}\` | ${cell(kindOf(given))} | ${told} | ${cell(about)} |`;
  return [own, ...below(schema, path)];
}

function below(schema: Schema, path: string): string[] {
  const { properties, additionalProperties, items } = schema;
  const rows = Object.entries(properties ?? {}).flatMap(([name, each]) =>
    rowsOf(each, path === '' ? name : `${path}.${name}`, schema.required?.includes(name) ?? false),
  );
  if (typeof additionalProperties === 'object') {
    const inside = bare(additionalProperties);
    if (inside.properties !== undefined || typeof inside.additionalProperties === 'object')
      rows.push(...below(inside, `${path}.<name>`));
  }
  if (items !== undefined && bare(items).properties !== undefined)
    rows.push(...below(bare(items), `${path}[]`));
  return rows;
}

const tableOf = (title: string, rows: readonly string[]): string =>
  [`## ${title}\n`, '| field | holds | default | about |', '|---|---|---|---|', ...rows, ''].join('\n');

/** What connections of each connector have beside what all have. */
function connectorTables(connections: Schema): string[] {
  const each = connections.additionalProperties as Schema;
  const common = Object.keys(each.properties ?? {});
  return (each.allOf ?? []).map(({ if: condition, then: fields }) => {
    const own = Object.entries(fields.properties ?? {}).filter(([field]) => !common.includes(field));
    return tableOf(
      `connections of connector ${String(condition.properties.connector.const)}`,
      own.flatMap(([field, schema]) => rowsOf(schema, field, fields.required?.includes(field) ?? false)),
    );
  });
}

export function sitePage(made: string): string {
  const { else: whole } = siteJsonSchema(connectorFields) as { readonly else: Schema };
  const parts = Object.entries(whole.properties ?? {}).map(([name, schema]) => {
    const required = whole.required?.includes(name) ?? false;
    const rows = rowsOf(schema, name, required);
    const own = tableOf(name, rows);
    return name === 'connections' ? [own, ...connectorTables(schema)].join('\n') : own;
  });
  return [
    made,
    '# The site record: reference\n',
    'What stands in `sites/<site>/site.yaml`, in its overlays and in what sites share. How the files work together is in',
    '[../sites.md](../sites.md). `suture check` names the file and the line of whatever is wrong; editors do it by',
    '[site.schema.json](site.schema.json), which `suture sites schema` prints as well.\n',
    'Any single value may be `{ env: NAME, default: ... }`: it comes from the environment. A day is written `2026-11-21`, a',
    'length of time `30s`, `5m`, `2h`, `14d`. Names are lower-case letters, digits and hyphens.\n',
    ...parts,
  ].join('\n');
}
