import type { Delimiters } from './delimiters.ts';
import { hl7Null, unescapeText } from './escape.ts';
import type { Segment } from './message.ts';

/** One line of a message taken apart as far as its fields; deeper parts are split when they are looked at. */
export interface SegmentParts {
  /** `PID`; `''` where the line is no segment: then `raw` is all there is. */
  readonly id: string;
  /** Which one of its id, from 1. */
  readonly occurrence: number;
  readonly raw: string;
  /** The fields as written: field n at index n, the id at index 0. */
  readonly fields: readonly string[];
}

const segmentId = /^[A-Z][A-Z0-9]{2}$/;

/** MSH, FHS and BHS count their separator as field 1. */
export const isHeaderId = (id: string): boolean => id === 'MSH' || id === 'FHS' || id === 'BHS';

export function segmentParts(segment: Segment, delimiters: Delimiters): SegmentParts {
  const { raw, id, occurrence } = segment;
  if (!segmentId.test(id) || (raw.length > 3 && raw[3] !== delimiters.field))
    return { id: '', occurrence, raw, fields: [] };
  if (!isHeaderId(id) || raw.length === 3)
    return { id, occurrence, raw, fields: raw.split(delimiters.field) };
  return { id, occurrence, raw, fields: [id, delimiters.field, ...raw.slice(4).split(delimiters.field)] };
}

/** True for MSH-1 and MSH-2 (and those of FHS and BHS), which are neither divided nor escaped. */
export const declares = (id: string, field: number): boolean => field > 0 && field < 3 && isHeaderId(id);

const parts = (raw: string, separator: string | undefined): string[] =>
  separator === undefined ? [raw] : raw.split(separator);

export const repetitionParts = (raw: string, delimiters: Delimiters): string[] =>
  parts(raw, delimiters.repetition);
export const componentParts = (raw: string, delimiters: Delimiters): string[] =>
  parts(raw, delimiters.component);
export const subcomponentParts = (raw: string, delimiters: Delimiters): string[] =>
  parts(raw, delimiters.subcomponent);

/** True where something is said: a value, and not the `""` that says to delete one. */
export const isFilled = (raw: string): boolean => raw !== '' && raw !== hl7Null;

/** True where the field says something once its separators are gone: `^^` does not. */
export function hasContent(raw: string, delimiters: Delimiters): boolean {
  if (raw === '') return false;
  const { component, repetition, subcomponent } = delimiters;
  for (let at = 0; at < raw.length; at += 1) {
    const character = raw[at];
    if (character !== component && character !== repetition && character !== subcomponent) return true;
  }
  return false;
}

/** The text of the first subcomponent of a component, escapes resolved: what a code is compared by. */
export const firstText = (raw: string, delimiters: Delimiters): string =>
  unescapeText(subcomponentParts(raw, delimiters)[0] ?? '', delimiters);
