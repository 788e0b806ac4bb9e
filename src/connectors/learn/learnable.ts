/**
 * What a resource's own file declares so that it can be learnt by any method: how it is asked for, how an answer is
 * checked, by what it is recognised and what of it counts as content.
 */
import type { FhirResource, SearchParams } from '../../fhir/index.ts';
import { canonicalJson, contentHash } from '../../std/index.ts';
import type { IdentifierSystems, LearnSettings } from '../contract.ts';

/** Days of which records are asked for, `YYYY-MM-DD`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** What of one patient's records is asked for. */
export interface Look {
  /** The patient's FHIR id. */
  readonly patient: string;
  readonly days: Days;
  /** Everything before this time has been looked at; milliseconds. Only where `remembers`. */
  readonly since?: number;
  readonly settings: LearnSettings;
}

export interface Identified {
  readonly identity: string;
  /** False: the FHIR id stands in, and the record cannot be joined with what another method tells. */
  readonly joinable: boolean;
}

export interface Learnable {
  readonly resource: string;
  /** The searches that one look takes. */
  searches(look: Look): readonly SearchParams[];
  /** It really is what was asked for: a filter that a server does not know is ignored with 200. */
  fits(resource: FhirResource, look: Look, baseUrl: string): boolean;
  /** `null`: nothing to know it by. */
  identify(resource: FhirResource, systems: IdentifierSystems): Identified | null;
  /** It shows that its patient is in hospital, or is there within a day. */
  active?(resource: FhirResource, now: number): boolean;
  /** Asks for what is new since the last look at the patient, and for all of the days once a day. */
  readonly remembers?: true;
  /** The look must find something: no answer at all means that the patient's id leads nowhere any more. */
  readonly always?: true;
}

const DAY = 86_400_000;
/** Zones reach from UTC-12 to UTC+14; a day without a zone is the server's, which we do not know. */
const ZONES = 14 * 3_600_000;

export function daysAround(now: number, window: { readonly back: number; readonly ahead: number }): Days {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return { from: day(now - window.back), to: day(now + window.ahead) };
}

/** A time is inside the days, as far as can be told; one that is not said is. */
export function within(time: unknown, { from, to }: Days): boolean {
  if (typeof time !== 'string') return true;
  const at = Date.parse(time);
  const begin = Date.parse(from) - (from.length === 10 ? ZONES : 0);
  const end = Date.parse(to) + (to.length === 10 ? DAY + ZONES : 0);
  return at >= begin && at <= end;
}

/** Two spans of time have a moment in common; an end that is not said lies open. */
export function overlaps(
  period: { readonly start?: unknown; readonly end?: unknown } | undefined,
  { from, to }: Days,
): boolean {
  const start = typeof period?.start === 'string' ? Date.parse(period.start) : Number.NEGATIVE_INFINITY;
  const end = typeof period?.end === 'string' ? Date.parse(period.end) : Number.POSITIVE_INFINITY;
  return start <= Date.parse(to) + DAY + ZONES && end + DAY >= Date.parse(from) - ZONES;
}

/**
 * SHA-256 of what a record says. Left out: `meta` (the server's bookkeeping) and `text` (a rendering of the rest, whose
 * wording changes with a release). The order of a list's items is not stable between reads, so lists at the top are
 * compared as sets.
 */
export function hashOf(resource: FhirResource): string {
  const content: Record<string, unknown> = {};
  for (const [element, value] of Object.entries(resource)) {
    if (element === 'meta' || element === 'text') continue;
    content[element] = Array.isArray(value) ? value.map(canonicalJson).sort() : value;
  }
  return contentHash(content);
}
