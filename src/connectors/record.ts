/** Reads a connection's record from the site record: strictly, and with errors that name the field and the fix. */
import { z } from 'zod';
import { Failure, milliseconds, nearest } from '../std/index.ts';

/**
 * Throws a `config` Failure; no value of the record is repeated in it.
 * @example
 * parseRecord(z.strictObject({ url: z.url() }), { ulr: 'x' }, { site: 'a', connection: 'hook' }, 'WEBHOOK_CONFIG')
 * // Failure WEBHOOK_CONFIG: connections.hook: there is no field "ulr"; did you mean "url"?
 */
export function parseRecord<Schema extends z.ZodType>(
  schema: Schema,
  record: unknown,
  at: { readonly site: string; readonly connection: string },
  code: string,
): z.output<Schema> {
  const parsed = schema.safeParse(record);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const path = ['connections', at.connection, ...issue.path].join('.');
    if (issue.code !== 'unrecognized_keys') return `${path}: ${issue.message}`;
    const known = fieldsAt(schema, issue.path);
    return issue.keys
      .map((key) => {
        const near = nearest(key, known);
        return `${path}: there is no field "${key}"${near ? `; did you mean "${near}"?` : ` (known: ${known.join(', ')})`}`;
      })
      .join('; ');
  });
  const first = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new Failure({
    code,
    kind: 'config',
    message: `The connection is not set up rightly. ${faults.join('. ')}`,
    fix: `Correct ${first === '' ? 'the record' : `"${first}"`} under connections.${at.connection} in sites/${at.site}/site.yaml.`,
    at: { ...at, ...(first === '' ? {} : { path: first }) },
  });
}

/** A length of time as text, given back in milliseconds: `"30s"`. */
export const duration = z
  .string()
  .refine((text) => milliseconds(text) !== undefined, 'a length of time such as "250ms", "30s", "5m", "1d"')
  .transform((text) => milliseconds(text) ?? 0);

/** Names of this machine itself: what goes there meets no wire. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** True when what is sent to this address would cross a network unencrypted. */
export function isPlain(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed?.protocol === 'http:' && !LOOPBACK.test(parsed.hostname);
}

/** An address of the web, without a user name in it. */
export const address = z
  .string()
  .refine(
    (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''),
    'an address that begins with https:// (or http://)',
  )
  .refine((text) => (URL.parse(text)?.username ?? '') === '', 'an address without a user name in it');

function fieldsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let here: z.ZodType | undefined = bare(schema);
  for (const part of path) {
    here =
      here instanceof z.ZodObject ? bare((here.shape as Record<PropertyKey, z.ZodType>)[part]) : undefined;
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

/** Without the wrappings for optional fields and defaults. */
function bare(schema: z.ZodType | undefined): z.ZodType | undefined {
  let here = schema;
  while (here && 'innerType' in here.def) here = here.def.innerType as z.ZodType;
  if (here instanceof z.ZodPipe) return bare(here.def.in as z.ZodType);
  return here;
}
