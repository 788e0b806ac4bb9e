import type { Patient } from '../world/records.ts';
import { guardFound, guardPatient, isRestricted } from './access.ts';
import { dateTests } from './date-search.ts';
import type { AnyDeclaration, Query, SearchParameter, Site } from './declaration.ts';
import { idIn, matches, readToken, valuesAt } from './matching.ts';
import { type Issue, issue, Refusal, type Resource, refuse } from './outcome.ts';

/** What a search found: ids, so that a paging session holds no resources, and what is still to be done with them. */
export interface Found {
  readonly ids: readonly string[];
  readonly issues: readonly Issue[];
  /** Whether a row survives the post-filters, which are applied to pages and not to the whole. */
  readonly keeps: ((resource: Resource) => boolean) | undefined;
}

/** Parameters that shape the answer and select nothing. */
const controls = new Set([
  '_id',
  '_count',
  '_format',
  '_summary',
  '_pretty',
  '_include',
  '_revinclude',
  '_include:iterate',
  '_elements',
  '_sort',
  'sessionid',
  'page',
  'session',
]);

/** A caller who may not use the API at all: 403 without a body. */
export class NotGranted extends Error {}

/** Runs a search. Throws a Refusal, or NotGranted. */
export function search(declaration: AnyDeclaration, query: Query, site: Site): Found {
  const { parameters, issues } = query;
  const unknown = unknownNames(declaration, query, site);
  const found = (ids: readonly string[], keeps?: Found['keeps']): Found => ({ ids, issues, keeps });

  const id = parameters.get('_id');
  if (id) return found(byId(declaration, query, id, site));
  try {
    const granted = grantedCategories(declaration, query);
    const candidates = shown(declaration, declaration.candidates?.(query) ?? [], query, site);
    const records = candidates.filter(
      (record) =>
        !granted || declaration.categoriesOf?.(record).some((category) => granted.includes(category)),
    );
    const chosen = applyNative(declaration, records, query, site);
    remark(declaration, query, site, unknown);
    return found(
      chosen.map((record) => declaration.idOf(record)),
      postFilters(declaration, query, site),
    );
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // What is said of unknown parameters stands before the issue that ends the call.
    throw new Refusal(error.status, [...unknown.map(ignored), ...issues, ...error.issues], error.location);
  }
}

/** `_id`: the rest is ignored. An id of another type, or of nothing, is 400 with severity information. */
function byId(declaration: AnyDeclaration, { caller }: Query, wanted: string, site: Site): readonly string[] {
  const records = wanted.split(',').map((id) => {
    const record = declaration.find(idIn(id.trim()));
    if (record === undefined)
      throw new Refusal(400, [issue(59008, { severity: 'information', element: '_id' })]);
    guardFound(site, declaration, record, caller);
    return record;
  });
  const granted = records.filter((record) => {
    const categories = declaration.categoriesOf?.(record);
    return !categories || categories.some((each) => caller.allows(declaration.type, 'search', each));
  });
  if (granted.length === 0) throw new NotGranted();
  return granted.map((record) => declaration.idOf(record));
}

/** What of the candidates this caller is shown: nothing of closed charts, and to patients nothing unfinished. */
function shown(
  declaration: AnyDeclaration,
  candidates: readonly unknown[],
  { caller, issues }: Query,
  site: Site,
): readonly unknown[] {
  const own = candidates.filter((record) => {
    const patient = declaration.patientOf?.(record);
    return !patient || caller.patient === undefined || patient.fhirId === caller.patient;
  });
  const open = own.filter((record) => {
    const patient = declaration.patientOf?.(record);
    return !patient || !isRestricted(site, patient);
  });
  if (open.length < own.length) issues.push(issue(4134));
  if (caller.patient === undefined) return open;
  const finished = open.filter((record) => (record as { status?: string }).status !== 'preliminary');
  if (finished.length < open.length) issues.push(issue(4119));
  return finished;
}

/** The categories asked for that the client may search; undefined where APIs are not divided by category. */
function grantedCategories(declaration: AnyDeclaration, query: Query): readonly string[] | undefined {
  const asked = declaration.categoriesAsked?.(query);
  if (!asked) return undefined;
  const granted = asked.filter((category) => query.caller.allows(declaration.type, 'search', category));
  if (granted.length === 0 && asked.length > 0) throw new NotGranted();
  // Asked for by name, a category without a grant is told; a search for everything says nothing of what it lacks.
  for (const category of asked.filter((each) => !granted.includes(each))) {
    query.issues.push(notIncluded(59204, `${declaration.type} - ${category}`));
  }
  return granted;
}

function notIncluded(number: 59204 | 59205, part: string): Issue {
  const who = number === 59204 ? 'Client' : 'User';
  const diagnostics = `${who} not authorized for ${part}. Search results of this type have not been included.`;
  return issue(number, { diagnostics });
}

/** They came in May 2024, and R4 alone lists them. */
function hasPostFilters({ version }: Query, { behaviour }: Site): boolean {
  return behaviour.postFilters && version === 'R4';
}

function unknownNames(declaration: AnyDeclaration, query: Query, site: Site): readonly string[] {
  const known = [...declaration.native, ...(hasPostFilters(query, site) ? declaration.postFilters : [])];
  const names = new Set([...query.parameters.keys()].map((name) => name.toLowerCase()));
  return [...names].filter((name) => !controls.has(name) && !known.some((each) => each.name === name));
}

function ignored(name: string): Issue {
  return issue(59100, {
    diagnostics: `Unknown parameter: ${name.toUpperCase()}. Parameter has been ignored.`,
  });
}

/** The remarks that accompany a search which works. */
function remark(declaration: AnyDeclaration, query: Query, site: Site, unknown: readonly string[]): void {
  const { unknownParameters, partialAuthorization } = site.behaviour;
  if (unknownParameters === '59100') query.issues.push(...unknown.map(ignored));
  if (unknownParameters === '4122') {
    for (const name of unknown) query.issues.push(issue(4122, { diagnostics: name.toUpperCase() }));
  }
  const part = declaration.partNotGranted?.(query);
  if (part && partialAuthorization !== 'none') {
    query.issues.push(notIncluded(partialAuthorization === 'client' ? 59204 : 59205, part));
  }
}

/** All values of a parameter; names are compared without regard to case. */
export function valuesOf(parameters: URLSearchParams, name: string): string[] {
  return [...parameters]
    .filter(([each, value]) => each.toLowerCase() === name && value !== '')
    .map(([, v]) => v);
}

function applyNative(
  declaration: AnyDeclaration,
  records: readonly unknown[],
  query: Query,
  site: Site,
): readonly unknown[] {
  const { timeZone } = site.hospital;
  let kept = records;
  for (const parameter of declaration.native as readonly SearchParameter<unknown>[]) {
    const { name, at, span, type } = parameter;
    if (at === undefined && span === undefined) continue;
    for (const given of valuesOf(query.parameters, name)) {
      const value = usable(parameter, given, query, timeZone);
      if (value === undefined) continue;
      if (span) {
        const test = dateTests(value, timeZone);
        kept = kept.filter((record) => test?.(...span(record)));
      } else if (at !== undefined) {
        kept = kept.filter((record) =>
          matches(valuesAt(declaration.render(record), at), value, type, timeZone),
        );
      }
    }
  }
  return kept;
}

/** A value without what the site does not know; undefined, with a remark, when nothing is left of it. */
function usable(
  { name, type, known }: SearchParameter<unknown>,
  given: string,
  { issues }: Query,
  timeZone: string,
): string | undefined {
  if (type === 'date' && !dateTests(given, timeZone)) {
    // An optional value that cannot be read is ignored, with a remark: the answer is wider than was meant.
    issues.push(issue(59109, { element: name, diagnostics: `Invalid value: ${given}` }));
    return undefined;
  }
  if (!known) return given;
  const asked = given.split(',');
  const understood = asked.filter((each) => known.values.includes(readToken(each).value));
  if (understood.length < asked.length) issues.push(issue(known.remark, { element: name }));
  return understood.length === 0 ? undefined : understood.join(',');
}

function postFilters(declaration: AnyDeclaration, query: Query, site: Site): Found['keeps'] {
  if (!hasPostFilters(query, site)) return undefined;
  const asked = declaration.postFilters.flatMap((parameter) =>
    valuesOf(query.parameters, parameter.name).map((value) => ({ parameter, value })),
  );
  if (asked.length === 0) return undefined;
  const { timeZone } = site.hospital;
  return (resource) =>
    asked.every(({ parameter: { at = '', type }, value }) =>
      matches(valuesAt(resource, at), value, type, timeZone),
    );
}

/** The patient that a search is about, from `patient` and `subject`; undefined when neither is given. */
export function subjectOf(
  site: Site,
  { parameters, caller }: Query,
  names: readonly string[],
): Patient | undefined {
  const given = names.flatMap((name) => valuesOf(parameters, name));
  const ids = new Set(given.map(idIn));
  const [id] = ids;
  if (id === undefined) return undefined;
  const element = names[0] as string;
  if (ids.size > 1) throw refuse(4112, { element });
  const patient = site.hospital.patient(id);
  if (!patient) throw refuse(59102, { element });
  guardPatient(site, patient, caller);
  return patient;
}
