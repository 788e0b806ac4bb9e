import type { GenericBehaviour } from './behaviour.ts';
import { type DateBound, dateBound, isWithin } from './instants.ts';
import { identifierKey, patientKey } from './keys.ts';
import { criterion, type Matches } from './matching.ts';
import { parameterOf, valuesAt } from './parameters.ts';
import { Refused } from './refused.ts';
import type { Repository, Version } from './repository.ts';

/** What a search found, all of it, and the query as the server understood it: the self link. */
export interface Found {
  readonly versions: readonly Version[];
  readonly understood: URLSearchParams;
}

/** Parameters that shape an answer and select nothing. */
const shaping = ['_count', '_format', '_pretty', '_summary', '_elements', '_total', '_offset'];

interface Plan {
  readonly matches: readonly Matches[];
  readonly understood: URLSearchParams;
  readonly bounds: readonly DateBound[];
  readonly sort: readonly string[];
}

/** Searches one type. Throws a Refused for what the server does not understand, when it is strict. */
export function search(
  repository: Repository,
  behaviour: GenericBehaviour,
  type: string,
  query: URLSearchParams,
  strict: boolean,
): Found {
  const plan = planOf(behaviour, type, query, strict);
  const candidates = candidatesOf(repository, type, query, plan.bounds);
  const versions: Version[] = [];
  for (const version of candidates) {
    const { resource, stamp } = version;
    const instant = { from: stamp, to: stamp + 1 };
    if (!plan.bounds.every((bound) => isWithin(bound, instant))) continue;
    if (resource && plan.matches.every((matches) => matches(resource))) versions.push(version);
  }
  if (plan.sort.length > 0) versions.sort(order(type, plan.sort));
  return { versions, understood: plan.understood };
}

/** Whether one resource meets a query: for If-None-Exist within a transaction, and for subscriptions. */
export function meets(type: string, query: URLSearchParams): Matches {
  const matches = [...query].flatMap(([key, value]) => {
    const test = criterion(type, key, value);
    return test ? [test] : [];
  });
  return (resource) => matches.every((test) => test(resource));
}

function planOf(behaviour: GenericBehaviour, type: string, query: URLSearchParams, strict: boolean): Plan {
  const understood = new URLSearchParams();
  const matches: Matches[] = [];
  const bounds: DateBound[] = [];
  let sort: readonly string[] = [];
  const unknown = (key: string) => {
    if (strict)
      throw new Refused(400, 'not-supported', `search parameter ${key} of ${type} is not supported`);
  };
  for (const [key, value] of query) {
    if (value === '') continue;
    if (shaping.includes(key)) {
      understood.append(key, value);
    } else if (key === '_sort') {
      const names = value.split(',');
      if (!behaviour.sorting || names.some((name) => !parameterOf(type, name.replace(/^-/, '')))) {
        unknown(key);
        continue;
      }
      sort = names;
      understood.append(key, value);
    } else {
      const bound = key === '_lastUpdated' ? dateBound(value) : undefined;
      const upper = bound && ['lt', 'le', 'eb'].includes(bound.prefix);
      // A server that drops a bound keeps silent about it: the self link shows it all the same.
      if (upper && behaviour.upperBound === 'ignored' && query.getAll(key).length > 1) {
        understood.append(key, value);
        continue;
      }
      const test = bound ?? criterion(type, key, value);
      if (!test) {
        unknown(key);
        continue;
      }
      // Judged by the stamp itself, which spares reading a date for each resource.
      if (typeof test === 'object') bounds.push(test);
      else matches.push(test);
      understood.append(key, value);
    }
  }
  return { matches, understood, bounds, sort };
}

/** The fewest resources that must be looked at. */
function candidatesOf(
  repository: Repository,
  type: string,
  query: URLSearchParams,
  bounds: readonly DateBound[],
): Iterable<Version> {
  const single = (key: string) => {
    const value = query.get(key);
    return value && !value.includes(',') ? value : undefined;
  };
  const id = single('_id');
  if (id) {
    const version = repository.searchableById(type, id);
    return version ? [version] : [];
  }
  const identifier = single('identifier');
  const value = identifier?.slice(identifier.indexOf('|') + 1);
  if (value) return repository.searchableBy(type, identifierKey(value));
  const patient = single('patient') ?? single('beneficiary');
  if (patient && parameterOf(type, 'patient')) {
    return repository.searchableBy(type, patientKey(patient.split('/').at(-1) as string));
  }
  const from = Math.max(
    ...bounds.filter(({ prefix }) => ['gt', 'ge', 'sa', 'eq'].includes(prefix)).map(({ span }) => span.from),
    Number.NEGATIVE_INFINITY,
  );
  const to = Math.min(
    ...bounds.filter(({ prefix }) => ['lt', 'le', 'eb', 'eq'].includes(prefix)).map(({ span }) => span.to),
    Number.POSITIVE_INFINITY,
  );
  return repository.searchable(type, from, to);
}

function order(type: string, names: readonly string[]): (a: Version, b: Version) => number {
  const keys = names.map((name) => {
    const plain = name.replace(/^-/, '');
    return { sign: name.startsWith('-') ? -1 : 1, key: sortKey(type, plain) };
  });
  return (a, b) => {
    for (const { sign, key } of keys) {
      const one = key(a);
      const other = key(b);
      if (one < other) return -sign;
      if (one > other) return sign;
    }
    return 0;
  };
}

function sortKey(type: string, name: string): (version: Version) => string | number {
  if (name === '_lastUpdated') return ({ stamp }) => stamp;
  const paths = parameterOf(type, name)?.paths ?? [];
  return ({ resource }) => {
    const value = paths.flatMap((path) => valuesAt(resource, path))[0];
    if (typeof value === 'string') return value;
    const { start, reference, value: own, code } = (value ?? {}) as Record<string, unknown>;
    return String(start ?? reference ?? own ?? code ?? '');
  };
}
