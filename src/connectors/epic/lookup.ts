/** What the lookups of all resources share: arguments that are checked, and matches that tell what is missing. */
import { z } from 'zod';
import { type FhirClient, type FhirResource, referencedId, type SearchParams } from '../../fhir/index.ts';
import { Failure, type Json } from '../../std/index.ts';
import type { ConnectionContext } from '../contract.ts';
import type { EpicConfig } from './config.ts';
import { epicFailure } from './failures.ts';
import { Findings } from './findings.ts';

export interface Lookup {
  readonly client: FhirClient;
  readonly config: EpicConfig;
  readonly context: ConnectionContext;
  readonly signal: AbortSignal;
}

/** Throws `EPIC_ARGUMENTS` (validation) when the arguments have none of the forms. */
export function argumentsOf<Schema extends z.ZodType>(
  schema: Schema,
  args: Json,
  name: string,
  forms: string,
): z.output<Schema> {
  const parsed = schema.safeParse(args);
  if (parsed.success) return parsed.data;
  throw wrongForm(args, name, forms);
}

/** Names the forms and the fields, never the values: they may name a patient. */
export function wrongForm(args: Json, name: string, forms: string): Failure {
  const given = typeof args === 'object' && args !== null ? Object.keys(args) : [];
  const fields = given.filter((key) => /^[A-Za-z]{1,30}$/.test(key)).join(', ');
  return epicFailure('EPIC_ARGUMENTS', {
    message: `${name} takes ${forms}; it was given ${fields === '' ? 'none of these' : `${fields}, and one of them is empty, malformed or unknown`}.`,
  });
}

/** In the value of a search parameter these have meanings of their own: a comma would ask for a second patient. */
export const escaped = (value: string): string => value.replace(/[\\|,$]/g, '\\$&');

/** The id in an id or a reference to `type`; `undefined` when it is neither. */
export function idOf(type: string, given: string, baseUrl: string): string | undefined {
  const id = given.includes('/') ? referencedId(given, type, baseUrl) : given;
  return id !== undefined && /^[A-Za-z0-9.-]+$/.test(id) ? id : undefined;
}

const text = z.string().trim().min(1);
const readArguments = z.union([z.strictObject({ id: text }), z.strictObject({ reference: text })]);

/** `{ matches }` with the resource, or none when there is no such id. */
export async function readOne(type: string, args: Json, { client, signal }: Lookup): Promise<Json> {
  const name = `${type.toLowerCase()}.read`;
  const forms = `{ id } or { reference: "${type}/<id>" }`;
  const asked = argumentsOf(readArguments, args, name, forms);
  const id = idOf(type, 'id' in asked ? asked.id : asked.reference, client.baseUrl);
  if (id === undefined) throw wrongForm(args, name, forms);
  try {
    return { matches: [(await client.read(type, id, signal)) as Json] };
  } catch (error) {
    if (error instanceof Failure && error.code === 'FHIR_NOT_FOUND') return { matches: [] };
    throw error;
  }
}

/** `{ matches }` of one search: what fits the question, whatever else the server gave. */
export async function search(
  type: string,
  params: SearchParams,
  { client, context, signal }: Lookup,
  fits: (resource: FhirResource) => boolean,
): Promise<Json> {
  const page = await client.searchAll(type, params, signal);
  const findings = new Findings();
  findings.addSearch(page);
  const all = page.entries.filter((entry) => entry.mode === 'match').map((entry) => entry.resource);
  const matches = all.filter((each) => each.resourceType === type && fits(each));
  findings.note('EPIC_FILTER_IGNORED', all.length - matches.length);
  return matchesOf(matches, findings, context);
}

/** `{ matches }`, with `findings` beside them when Epic left something out or ignored a filter. */
export function matchesOf(
  matches: readonly FhirResource[],
  findings: Findings,
  context: ConnectionContext,
): Json {
  const found = findings.list();
  if (found.length === 0) return { matches: matches as readonly Json[] };
  context.found(found);
  context.log('warn', 'A search at Epic came with findings.', {
    codes: found.map((finding) => finding.code),
  });
  return {
    matches: matches as readonly Json[],
    findings: found.map(({ code, text, count }) => ({ code, text, count })),
  };
}
