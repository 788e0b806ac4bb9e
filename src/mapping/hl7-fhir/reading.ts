/** What is kept in mind while one message is read: the site's ways, what was odd, and resources met on the way. */
import type { Coding, Period, Reference } from '../r4.ts';
import { fhirDate, fhirDateTime, type Moment, readTime } from '../time.ts';
import { type SiteId, siteId, stableId } from './ids.ts';
import type { Line } from './line.ts';

/** What the guide leaves to each site. */
export interface Lookup {
  /**
   * The system URI of identifiers that an assigner (CX.4.1, XCN.9.1) gives under a type (CX.5, XCN.13);
   * either may be `''`. `place` is the field: `PID-3`. `undefined` when the site's record does not say.
   */
  identifierSystem(assigner: string, type: string, place: string): string | undefined;
  /** The site's own reading of a code in a field (`PV1-2`), before the guide's table; `undefined` to go by the guide. */
  code?(place: string, code: string): Coding | undefined;
  /** The URI of a coding system by the name a message gives it (CWE.3), when it is none of HL7's: `99MERCY`, `L`. */
  codingSystem?(name: string, place: string): string | undefined;
}

/** A site of which nothing is known. */
export const noLookup: Lookup = { identifierSystem: () => undefined };

/** Something that could not be carried over, or not fully. Never with a value of the patient. */
export interface ReadingFinding {
  readonly code:
    | 'no-patient'
    | 'no-identifier'
    | 'unknown-assigner'
    | 'unmapped-code'
    | 'unreadable-time'
    | 'unreadable-number'
    | 'ends-before-start'
    | 'no-visit-number'
    | 'not-carried'
    | 'not-mapped-message'
    | 'incomplete';
  /** One sentence. */
  readonly text: string;
  /** `PID-3`. */
  readonly where: string;
}

/** The same reading, for a part whose values are traced by their segment: an object of the same shape. */
export const untraced = (reading: Reading): Reading => ({
  site: reading.site,
  timeZone: reading.timeZone,
  lookup: reading.lookup,
  times: reading.times,
  findings: reading.findings,
  noted: reading.noted,
  related: reading.related,
  assigners: reading.assigners,
  organizations: reading.organizations,
  origins: undefined,
});

/** A resource in the making; `id` is set before anything refers to it. */
export interface Draft {
  readonly resourceType: string;
  id?: string;
  [element: string]: unknown;
}

export interface Reading {
  readonly site: string;
  readonly lookup: Lookup;
  readonly timeZone: string;
  /** Times read so far, by how they are written. */
  readonly times: Map<string, string>;
  readonly findings: ReadingFinding[];
  /** Those that are there already. */
  readonly noted: Set<string>;
  /** Practitioners, locations and others that were referred to, by `Type/id`. */
  readonly related: Map<string, Draft>;
  /** Assigners met so far, by how they are written. */
  readonly assigners: Map<string, Reference>;
  /** Assigners become Organizations of their own; without it they are named in place. */
  readonly organizations: boolean;
  /** Draft, element, index in a list (-1: none), line, field number, repetition: six a value. Absent: not kept. */
  readonly origins: unknown[] | undefined;
}

/** What is kept in mind of a message that nothing was read of yet. */
export const newReading = (
  { site, timeZone, lookup = noLookup }: Pick<Reading, 'site' | 'timeZone'> & { readonly lookup?: Lookup },
  { organizations, origins }: Pick<Reading, 'organizations' | 'origins'>,
): Reading => ({
  site,
  timeZone,
  lookup,
  times: new Map(),
  findings: [],
  noted: new Set(),
  related: new Map(),
  assigners: new Map(),
  organizations,
  origins,
});

/** Adds a finding unless the same was found at the same place. */
export function note(reading: Reading, code: ReadingFinding['code'], where: string, text: string): void {
  const { noted } = reading;
  const before = noted.size;
  noted.add(`${code} ${where} ${text}`);
  if (noted.size > before) reading.findings.push({ code, text, where });
}

/** As `note`, where the sentence is dear and follows from `about`: it is made for the first of its kind only. */
export function noteOf(
  reading: Reading,
  code: ReadingFinding['code'],
  where: string,
  about: string,
  text: () => string,
): void {
  const { noted } = reading;
  const before = noted.size;
  noted.add(`${code} ${where}\n${about}`);
  if (noted.size > before) reading.findings.push({ code, text: text(), where });
}

/**
 * Keeps a resource that others refer to, under an id made of what identifies it, and returns its id. Told twice of the
 * same thing, it keeps what either says.
 */
export function keep(reading: Reading, resource: Draft, ...identity: readonly string[]): string {
  return keepAs(reading, resource, identity).id;
}

/** As `keep`, with how it is referred to. */
export function keepAs(reading: Reading, resource: Draft, identity: readonly string[]): SiteId {
  const { resourceType } = resource;
  const made =
    resourceType === 'RelatedPerson'
      ? ofPerson(reading, identity)
      : siteId(reading.site, resourceType, identity);
  const known = reading.related.get(made.reference);
  if (known === undefined) {
    resource.id = made.id;
    reading.related.set(made.reference, resource);
  } else for (const element in resource) known[element] ??= resource[element];
  return made;
}

/** Somebody of a patient's family is not remembered from message to message. */
function ofPerson(reading: Reading, identity: readonly string[]): SiteId {
  const id = stableId(reading.site, 'RelatedPerson', ...identity);
  return { id, reference: `RelatedPerson/${id}` };
}

/** Where a value of a draft came from. */
export function trace(
  reading: Reading,
  draft: Draft,
  element: string,
  index: number,
  line: Line,
  number: number,
  repetition: number,
): void {
  reading.origins?.push(draft, element, index, line, number, repetition);
}

/** DTM[dateTime]: to the precision given, in the site's zone when the message gives no offset. */
export function dateTime(reading: Reading, place: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // One time stands in several fields of most messages.
  const known = reading.times.get(text);
  if (known !== undefined) return known;
  const moment = readable(reading, place, text);
  if (moment === undefined) return undefined;
  const time = fhirDateTime(moment, reading.timeZone);
  reading.times.set(text, time);
  return time;
}

/** DTM[instant]: as dateTime, but FHIR wants all of it: a day alone is meant from its beginning. */
export function instant(reading: Reading, place: string, text: string | undefined): string | undefined {
  // A time with an hour is both: 2026-01-31T12:00:00-06:00.
  const known = dateTime(reading, place, text);
  if (known === undefined || known.length > 10) return known;
  if (known.length < 10) return undefined;
  const moment = readTime(known) as Moment;
  return fhirDateTime({ ...moment, hour: 0 }, reading.timeZone);
}

/** DTM[date]: the calendar day as written. */
export function dateOf(reading: Reading, place: string, text: string | undefined): string | undefined {
  const moment = readable(reading, place, text);
  return moment === undefined ? undefined : fhirDate(moment);
}

/** TM: the time of day, as FHIR writes it. */
export function timeOf(text: string | undefined): string | undefined {
  const match = /^(\d\d)(\d\d)?(\d\d)?(\.\d+)?/.exec(text ?? '');
  return match === null
    ? undefined
    : `${match[1]}:${match[2] ?? '00'}:${match[3] ?? '00'}${match[3] === undefined ? '' : (match[4] ?? '')}`;
}

function readable(reading: Reading, place: string, text: string | undefined): Moment | undefined {
  if (text === undefined) return undefined;
  const moment = readTime(text);
  if (moment === undefined)
    note(reading, 'unreadable-time', place, `${place} is not a time as HL7 writes it.`);
  return moment;
}

/** NM: a decimal number. */
export function number(reading: Reading, place: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) && text.length < 40) return Number(text);
  note(reading, 'unreadable-number', place, `${place} is not a number as HL7 writes it.`);
  return undefined;
}

type Parts<T> = { readonly [K in keyof T]: T[K] | undefined };

/** An element of what there is: undefined parts and empty lists are left out. */
export function element<T extends object>(parts: Parts<T>): T {
  const made: Record<string, unknown> = {};
  // Object.entries would be the largest part of a whole reading's time.
  for (const key in parts) {
    const value: unknown = parts[key];
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) made[key] = value;
  }
  return made as T;
}

/** As `element`, or `undefined` when there is nothing in it. */
export function elementOrNone<T extends object>(parts: Parts<T>): T | undefined {
  const made = element<T>(parts);
  for (const _ in made) return made;
  return undefined;
}

/** Those that are there. */
export const present = <T>(...values: readonly (T | undefined)[]): T[] =>
  values.filter((value) => value !== undefined);

/** An element while it is written, part by part. */
export type Written<T> = { -readonly [K in keyof T]: T[K] };

/** A reference: to whom, of which type, called what. */
export function reference(to: string, type: string, display: string | undefined): Reference {
  return display === undefined ? { reference: to, type } : { reference: to, type, display };
}

/** Two values as a list of those that are there; `undefined` without any. */
export function both(first: string | undefined, second: string | undefined): string[] | undefined {
  if (first === undefined) return second === undefined ? undefined : [second];
  return second === undefined ? [first] : [first, second];
}

/** Whether a time lies before another, as far as both say: a day is before no hour of its own. */
export function isBefore(one: string, other: string): boolean {
  const length = Math.min(one.length, other.length);
  return length > 10 ? Date.parse(one) < Date.parse(other) : one.slice(0, length) < other.slice(0, length);
}

/** The end of a time, or nothing and a finding when it lies before the start: R4 allows no such period (per-1). */
export function endAfter(
  reading: Reading,
  place: string,
  start: string | undefined,
  end: string | undefined,
): string | undefined {
  if (start === undefined || end === undefined || !isBefore(end, start)) return end;
  note(reading, 'ends-before-start', place, `${place} lies before the start: the end is left out.`);
  return undefined;
}

/** The time between two that a field gives; `undefined` when neither is a time. */
export function between(
  reading: Reading,
  { place }: { readonly place: string },
  from: string | undefined,
  to: string | undefined,
): Period | undefined {
  if (from === undefined && to === undefined) return undefined;
  const start = dateTime(reading, place, from);
  const end = endAfter(reading, place, start, dateTime(reading, place, to));
  if (start === undefined) return end === undefined ? undefined : { end };
  return end === undefined ? { start } : { start, end };
}
