import type { Hospital } from '../world/hospital.ts';
import type { Patient } from '../world/records.ts';
import { dateTests } from './date-search.ts';
import { type Issue, issue, Refusal, type Resource } from './outcome.ts';

/** What a search found: ids, so that a paging session holds no resources, and remarks beside them. */
export interface Found {
  readonly ids: readonly string[];
  readonly issues?: readonly Issue[];
}

export interface SearchParameter {
  readonly name: string;
  readonly type: 'token' | 'string' | 'date' | 'reference' | 'number';
}

/** One resource type as this hospital serves it. A new type is one file that makes one of these. */
export interface ResourceService {
  readonly type: string;
  readonly parameters: readonly SearchParameter[];
  /** The resource as it stands now. */
  read(id: string): Resource | undefined;
  /** Absent for types that can only be read. Throws a Refusal. */
  search?(query: URLSearchParams): Found;
}

/** Parameters that shape the answer and select nothing. */
export const controlParameters = [
  '_count',
  '_format',
  '_summary',
  '_pretty',
  '_include',
  '_revinclude',
  '_elements',
];

/** The answer to `_id`: the one resource, or 400 as Epic gives for an id of another type. */
export function searchById(service: Pick<ResourceService, 'read'>, id: string): Found {
  if (service.read(id)) return { ids: [id] };
  throw new Refusal(400, issue(59008, { severity: 'information', element: '_id' }));
}

/** A token: `system|value`, `|value` or `value`. */
export function readToken(token: string): { system: string | undefined; value: string } {
  const bar = token.indexOf('|');
  if (bar < 0) return { system: undefined, value: token };
  return { system: token.slice(0, bar), value: token.slice(bar + 1) };
}

/** The patient that a search is about, from `patient` and `subject`; undefined when neither is given. */
export function subjectOf(
  hospital: Hospital,
  query: URLSearchParams,
  names: readonly string[],
): Patient | undefined {
  const given = names.flatMap((name) => query.getAll(name)).filter((value) => value !== '');
  const ids = new Set(given.map((value) => value.split('/').at(-1) as string));
  const [id] = ids;
  if (id === undefined) return undefined;
  if (ids.size > 1) throw new Refusal(400, issue(4112, { element: names[0] as string }));
  const patient = hospital.patient(id);
  if (!patient) throw new Refusal(400, issue(59102, { element: names[0] as string }));
  return patient;
}

/** Keeps what the `date` parameters allow. `span` is the time a record takes up; an open end is undefined. */
export function withinDates<T>(
  hospital: Hospital,
  records: readonly T[],
  query: URLSearchParams,
  span: (record: T) => readonly [start: number, end: number | undefined],
  issues: Issue[],
): readonly T[] {
  const tests = query.getAll('date').flatMap((value) => {
    const test = dateTests(value, hospital.timeZone);
    // An optional value that cannot be read is ignored, with a remark: the answer is wider than was meant.
    if (!test) issues.push(issue(59109, { element: 'date', diagnostics: `Invalid value: ${value}` }));
    return test ? [test] : [];
  });
  return records.filter((record) => tests.every((test) => test(...span(record))));
}

/** Keeps the records whose status is one of those asked for; words that are no status are ignored with a remark. */
export function withStatus<T>(
  records: readonly T[],
  query: URLSearchParams,
  known: readonly string[],
  statusOf: (record: T) => string,
  issues: Issue[],
): readonly T[] {
  let kept = records;
  for (const value of query.getAll('status')) {
    const asked = value.split(',').map((each) => readToken(each).value);
    const usable = asked.filter((each) => known.includes(each));
    if (usable.length < asked.length) issues.push(issue(59101, { element: 'status' }));
    if (usable.length > 0) kept = kept.filter((record) => usable.includes(statusOf(record)));
  }
  return kept;
}
