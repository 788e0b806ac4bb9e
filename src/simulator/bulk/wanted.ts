import type { Refusal, Resource } from '../fhir/outcome.ts';
import { isServed } from '../generic/parameters.ts';
import { meets } from '../generic/search.ts';
import type { Behaviour } from '../profile/index.ts';
import { refused } from './refuse.ts';

/** What a kick-off asks for. */
export interface Wanted {
  /** As asked, or undefined for all that the client may have. */
  readonly types: readonly string[] | undefined;
  /** Whether a resource of the type is to be in the export. */
  takes(resource: Resource): boolean;
}

const formats = ['application/fhir+ndjson', 'application/ndjson', 'ndjson'];

/** Reads the parameters of a kick-off. Throws a Refusal. */
export function wantedIn(query: URLSearchParams, exported: readonly string[], behaviour: Behaviour): Wanted {
  const format = query.get('_outputFormat')?.replace(' ', '+');
  if (format && !formats.includes(format)) throw invalid('_outputFormat', 'Only NDJSON is written.');
  if (query.has('_since') && behaviour.bulkSince === 'refused') {
    throw invalid('_since', 'The parameter _since is not supported.');
  }
  const types = listIn(query, '_type');
  for (const type of types) if (!exported.includes(type)) throw invalid('_type', `${type} is not exported.`);
  // Seen at Epic: patients alone are a search without demographics.
  if (types.length === 1 && types[0] === 'Patient') {
    throw refused(400, 59159, { element: '_type', diagnostics: 'Patient cannot be exported alone.' });
  }
  const filters = behaviour.bulkTypeFilter ? filtersIn(query) : new Map<string, Filter[]>();
  return {
    types: types.length === 0 ? undefined : [...new Set(types)],
    takes: (resource) => filters.get(resource.resourceType)?.some((filter) => filter(resource)) ?? true,
  };
}

type Filter = (resource: Resource) => boolean;

/** `_typeFilter=Observation?category=laboratory`: of several for one type, one that fits is enough. */
function filtersIn(query: URLSearchParams): Map<string, Filter[]> {
  const filters = new Map<string, Filter[]>();
  for (const text of listIn(query, '_typeFilter')) {
    const [type = '', criteria] = text.split('?');
    if (!isServed(type) || criteria === undefined)
      throw invalid('_typeFilter', 'A filter is Type?parameter=value.');
    const filter = meets(type, new URLSearchParams(criteria));
    filters.set(type, [...(filters.get(type) ?? []), filter]);
  }
  return filters;
}

function listIn(query: URLSearchParams, name: string): string[] {
  return query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .filter(Boolean);
}

function invalid(element: string, diagnostics: string): Refusal {
  return refused(400, 59100, { severity: 'fatal', element, diagnostics });
}
