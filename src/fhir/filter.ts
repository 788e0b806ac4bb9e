/**
 * Looks again at what a search gave: a server that ignores a parameter answers 200 with more than was asked for, and the
 * surplus may be another patient's. Only what certainly does not fit is found here: parameters whose meaning a server may
 * stretch (names, codes, identifiers) are its word.
 */
import { type FhirResource, referencedId } from './resource.ts';

type Params = Readonly<Record<string, string | readonly string[]>>;
type Judge = (resource: FhirResource, value: string, baseUrl: string) => boolean;

/** Servers read a date without a zone as their local time: a day to each side is theirs. */
const ZONES = 24 * 3_600_000;

const textAt = (resource: FhirResource, ...path: string[]): string | undefined => {
  let here: unknown = resource;
  for (const name of path) here = (here as Record<string, unknown> | null | undefined)?.[name];
  return typeof here === 'string' ? here : undefined;
};

/** True when it names no patient, or this one. */
const ofPatient: Judge = (resource, value, baseUrl) => {
  const wanted = value.includes('/') ? referencedId(value, 'Patient', baseUrl) : value;
  const named = [textAt(resource, 'subject', 'reference'), textAt(resource, 'patient', 'reference')];
  const participants = Array.isArray(resource.participant) ? resource.participant : [];
  for (const one of participants as Record<string, { reference?: unknown } | undefined>[]) {
    if (typeof one?.actor?.reference === 'string') named.push(one.actor.reference);
  }
  const ids = named.flatMap((reference) => referencedId(reference, 'Patient', baseUrl) ?? []);
  return wanted === undefined || ids.length === 0 || ids.includes(wanted);
};

/** From and to (exclusive) of a FHIR date of any precision, in milliseconds. */
function spanOf(text: string): readonly [number, number] | undefined {
  const parts = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T.+)?)?)?$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day] = parts;
  if (text.includes('T')) {
    const at = Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
    return Number.isNaN(at) ? undefined : [at, at + 1_000];
  }
  const y = Number(year);
  const m = Number(month ?? 1) - 1;
  const from = Date.UTC(y, m, Number(day ?? 1));
  const to = day ? Date.UTC(y, m, Number(day) + 1) : month ? Date.UTC(y, m + 1, 1) : Date.UTC(y + 1, 0, 1);
  return [from, to];
}

/** The times that a resource's `date` may be compared with; none: nothing can be said. */
function timesOf(resource: FhirResource): readonly (readonly [number, number])[] {
  const start = textAt(resource, 'start') ?? textAt(resource, 'period', 'start');
  const end = textAt(resource, 'end') ?? textAt(resource, 'period', 'end');
  if (resource.resourceType === 'Appointment' || resource.resourceType === 'Encounter') {
    const from = start === undefined ? undefined : spanOf(start);
    if (from === undefined) return [];
    // A visit that goes on has no end yet.
    const open: number = resource.resourceType === 'Encounter' ? Number.MAX_SAFE_INTEGER : from[1];
    const to = end === undefined ? open : (spanOf(end)?.[1] ?? open);
    return [[from[0], to]];
  }
  if (resource.resourceType !== 'DocumentReference') return [];
  const at = textAt(resource, 'date');
  const span = at === undefined ? undefined : spanOf(at);
  return span ? [span] : [];
}

const onDate: Judge = (resource, value) => {
  const parsed = /^(eq|lt|le|gt|ge)?(\d.*)$/.exec(value);
  const asked = parsed?.[2] === undefined ? undefined : spanOf(parsed[2]);
  const [time] = timesOf(resource);
  if (parsed === null || asked === undefined || time === undefined) return true;
  const after = time[1] + ZONES > asked[0];
  const before = time[0] - ZONES < asked[1];
  const prefix = parsed[1] ?? 'eq';
  if (prefix === 'ge' || prefix === 'gt') return after;
  if (prefix === 'le' || prefix === 'lt') return before;
  return after && before;
};

/** Of two bounds on the time of change some servers drop one without a word. */
const changedWithin: Judge = (resource, value) => {
  const parsed = /^(eq|lt|le|gt|ge)?(\d.*)$/.exec(value);
  const asked = parsed?.[2] === undefined ? undefined : spanOf(parsed[2]);
  const at = Date.parse(textAt(resource, 'meta', 'lastUpdated') ?? '');
  if (parsed?.[2] === undefined || asked === undefined || Number.isNaN(at)) return true;
  const slack = /T.*(?:Z|[+-]\d{2}:\d{2})$/.test(parsed[2]) ? 0 : ZONES;
  const after = at >= asked[0] - slack;
  const before = at < asked[1] + slack;
  const prefix = parsed[1] ?? 'eq';
  if (prefix === 'ge' || prefix === 'gt') return after;
  if (prefix === 'le' || prefix === 'lt') return before;
  return after && before;
};

const oneOf =
  (...path: string[]): Judge =>
  (resource, value) => {
    const is = textAt(resource, ...path);
    const wanted = value.split(',').map((one) => one.split('|').at(-1));
    return is === undefined || wanted.includes(is);
  };

const judges: Readonly<Record<string, Judge>> = {
  _lastUpdated: changedWithin,
  _id: (resource, value) => resource.id === undefined || value.split(',').includes(resource.id),
  patient: ofPatient,
  subject: (resource, value, baseUrl) =>
    value.includes('/') && !value.includes('Patient/') ? true : ofPatient(resource, value, baseUrl),
  date: onDate,
  status: oneOf('status'),
  gender: oneOf('gender'),
  birthdate: (resource, value) => {
    const is = textAt(resource, 'birthDate');
    // An exact day only: prefixes and shorter dates are the server's.
    return is === undefined || !/^(eq)?\d{4}-\d{2}-\d{2}$/.test(value) || value.replace(/^eq/, '') === is;
  },
};

/** Names of the parameters that this result certainly does not fulfil. */
export function strayOf(resource: FhirResource, params: Params, baseUrl: string): string[] {
  const strays: string[] = [];
  for (const [name, given] of Object.entries(params)) {
    const judge = Object.hasOwn(judges, name) ? judges[name] : undefined;
    if (judge === undefined) continue;
    const values = typeof given === 'string' ? [given] : given;
    if (!values.every((value) => judge(resource, value, baseUrl))) strays.push(name);
  }
  return strays;
}

/** Parameters that the server's `self` link shows it has dropped. Epic's link repeats what it ignores: silence proves nothing. */
export function droppedOf(self: string | undefined, params: Params): string[] {
  const query = self === undefined ? undefined : URL.parse(self, 'http://self/')?.searchParams;
  if (query === undefined || query.size === 0) return [];
  const kept = new Set([...query.keys()].map((name) => name.split(':')[0]));
  // They are one parameter in two spellings.
  if (kept.has('patient') || kept.has('subject')) kept.add('patient').add('subject');
  const about = (name: string): boolean => !name.startsWith('_') || name === '_id' || name === '_lastUpdated';
  const asked = Object.keys(params).map((name) => name.split(':')[0] as string);
  // A link that repeats nothing of the question (a session's) says nothing of it.
  if (!asked.some((name) => kept.has(name))) return [];
  return asked.filter((name) => about(name) && !kept.has(name));
}
