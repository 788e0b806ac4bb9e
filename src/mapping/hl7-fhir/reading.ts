/** What is kept in mind while one message is read: the site's ways, what was odd, and resources met on the way. */
import type { Segment } from '../../hl7/index.ts';
import type { Coding, Location, Practitioner } from '../r4.ts';
import { fhirDate, fhirDateTime, readTime } from '../time.ts';

/** What the guide leaves to each site. */
export interface Lookup {
  /**
   * The system URI of identifiers that an assigner (CX.4.1, XCN.9.1) gives under a type (CX.5, XCN.13);
   * either may be `''`. `place` is the field: `PID-3`. `undefined` when the site's record does not say.
   */
  identifierSystem(assigner: string, type: string, place: string): string | undefined;
  /** The site's own reading of a code in a field (`PV1-2`), before the guide's table; `undefined` to go by the guide. */
  code?(place: string, code: string): Coding | undefined;
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
    | 'no-visit-number';
  /** One sentence. */
  readonly text: string;
  /** `PID-3`. */
  readonly where: string;
}

export interface Reading {
  readonly site: string;
  readonly lookup: Lookup;
  readonly timeZone: string;
  readonly findings: ReadingFinding[];
  /** Practitioners and locations that the encounter refers to, by `Type/id`. */
  readonly related: Map<string, Practitioner | Location>;
}

/** Adds a finding unless the same was found at the same place. */
export function note(reading: Reading, code: ReadingFinding['code'], where: string, text: string): void {
  if (!reading.findings.some((each) => each.code === code && each.where === where && each.text === text))
    reading.findings.push({ code, text, where });
}

/** One repetition of a field, read by component and subcomponent. Empty and HL7 null (`""`) read as `undefined`. */
export interface Field {
  /** `PID-3`, for findings and look-ups. */
  readonly place: string;
  get(component: number, subcomponent?: number): string | undefined;
}

/** The repetitions of a field that hold anything. */
export function fieldsOf(segment: Segment, number: number): readonly Field[] {
  const place = `${segment.id}-${number}`;
  const fields: Field[] = [];
  segment.getAll(String(number)).forEach((whole, index) => {
    if (whole === '' || whole === '""') return;
    const start = `${number}[${index + 1}].`;
    fields.push({
      place,
      get: (component, subcomponent) =>
        said(
          segment.get(
            subcomponent === undefined ? `${start}${component}` : `${start}${component}.${subcomponent}`,
          ),
        ),
    });
  });
  return fields;
}

/** A single value: the field's first repetition and component. */
export const single = (segment: Segment, number: number): string | undefined =>
  said(segment.get(`${number}[1].1`));

/** Blanks around a value are no part of it: Epic pads some identifiers. */
function said(text: string | undefined): string | undefined {
  const value = text?.trim();
  return value === undefined || value === '' || value === '""' ? undefined : value;
}

/** DTM[dateTime]: to the precision given, in the site's zone when the message gives no offset. */
export function dateTime(reading: Reading, place: string, text: string | undefined): string | undefined {
  const moment = readable(reading, place, text);
  return moment === undefined ? undefined : fhirDateTime(moment, reading.timeZone);
}

/** DTM[date]: the calendar day as written. */
export function dateOf(reading: Reading, place: string, text: string | undefined): string | undefined {
  const moment = readable(reading, place, text);
  return moment === undefined ? undefined : fhirDate(moment);
}

function readable(reading: Reading, place: string, text: string | undefined): ReturnType<typeof readTime> {
  if (text === undefined) return undefined;
  const moment = readTime(text);
  if (moment === undefined)
    note(reading, 'unreadable-time', place, `${place} is not a time as HL7 writes it.`);
  return moment;
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
  return Object.keys(made).length === 0 ? undefined : made;
}

/** Those that are there. */
export const present = <T>(...values: readonly (T | undefined)[]): T[] =>
  values.filter((value) => value !== undefined);
