/** What is kept in mind while one message is read: the site's ways, what was odd, and resources met on the way. */
import type { Coding } from '../r4.ts';
import { fhirDate, fhirDateTime, type Moment, readTime } from '../time.ts';
import { siteId, stableId } from './ids.ts';
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
    | 'no-visit-number'
    | 'not-carried'
    | 'not-mapped-message'
    | 'incomplete';
  /** One sentence. */
  readonly text: string;
  /** `PID-3`. */
  readonly where: string;
}

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
  /** Assigners become Organizations of their own; without it they are named in place. */
  readonly organizations: boolean;
  /** Draft, element, index in a list (-1: none), line, field number, repetition: six a value. Absent: not kept. */
  readonly origins: unknown[] | undefined;
}

/** Adds a finding unless the same was found at the same place. */
export function note(reading: Reading, code: ReadingFinding['code'], where: string, text: string): void {
  const key = `${code} ${where} ${text}`;
  if (reading.noted.has(key)) return;
  reading.noted.add(key);
  reading.findings.push({ code, text, where });
}

/**
 * Keeps a resource that others refer to, under an id made of what identifies it, and returns its id. Told twice of the
 * same thing, it keeps what either says.
 */
export function keep(reading: Reading, resource: Draft, ...identity: readonly string[]): string {
  const { resourceType } = resource;
  const id =
    resourceType === 'RelatedPerson'
      ? stableId(reading.site, resourceType, ...identity)
      : siteId(reading.site, resourceType, identity);
  const key = `${resource.resourceType}/${id}`;
  const known = reading.related.get(key);
  if (known === undefined) {
    resource.id = id;
    reading.related.set(key, resource);
  } else for (const element in resource) known[element] ??= resource[element];
  return id;
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
