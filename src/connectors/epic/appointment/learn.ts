/** How appointments are asked for, checked, recognised and compared. */
import {
  type FhirResource,
  identifiersOf,
  objectsIn,
  referencedId,
  type SearchParams,
} from '../../../fhir/index.ts';
import { canonicalJson, contentHash } from '../../../std/index.ts';

/** Days of which appointments are asked for, `YYYY-MM-DD`, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

const DAY = 86_400_000;
/** Zones reach from UTC-12 to UTC+14; a day without a zone is the server's, which we do not know. */
const ZONES = 14 * 3_600_000;

export function daysAround(now: number, window: { readonly back: number; readonly ahead: number }): Days {
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return { from: day(now - window.back), to: day(now + window.ahead) };
}

export const searchParams = (patientId: string, { from, to }: Days): SearchParams => ({
  patient: patientId,
  date: [`ge${from}`, `le${to}`],
});

/** The answer really is about this patient and these days; a filter that Epic does not know is ignored with 200. */
export function fits(resource: FhirResource, patientId: string, days: Days, baseUrl: string): boolean {
  const about = objectsIn(resource.participant).some((participant) => {
    const actor = participant.actor as { reference?: unknown } | undefined;
    return referencedId(actor?.reference, 'Patient', baseUrl) === patientId;
  });
  return resource.resourceType === 'Appointment' && about && within(resource.start, days);
}

function within(start: unknown, { from, to }: Days): boolean {
  // No start: a request that nobody has placed yet. There is nothing to check it by.
  if (typeof start !== 'string') return true;
  const at = Date.parse(start);
  const begin = Date.parse(from) - (from.length === 10 ? ZONES : 0);
  const end = Date.parse(to) + (to.length === 10 ? DAY + ZONES : 0);
  return at >= begin && at <= end;
}

/** Epic numbers visits in item 698084.8 of every installation; only the part before it differs. */
const CSN_SUFFIX = '.698084.8';

/** `CSN:<system>|<value>`; by the FHIR id (`certain: false`) where there is none; `null` without both. */
export function identityOf(
  resource: FhirResource,
  csnSystem: string | undefined,
): { readonly identity: string; readonly certain: boolean } | null {
  const csn = identifiersOf(resource).find(({ system, value }) =>
    value === undefined || system === undefined
      ? false
      : csnSystem === undefined
        ? system.endsWith(CSN_SUFFIX)
        : system === csnSystem,
  );
  if (csn) return { identity: `CSN:${csn.system}|${csn.value?.trim()}`, certain: true };
  return resource.id === undefined ? null : { identity: `FHIR:${resource.id}`, certain: false };
}

/**
 * SHA-256 of what the appointment says. Left out: `meta` (the server's bookkeeping) and `text` (a rendering of
 * the rest, whose wording changes with a release). The order of a list's items says nothing in an Appointment
 * and is not stable between reads, so lists at the top are compared as sets.
 */
export function hashOf(resource: FhirResource): string {
  const content: Record<string, unknown> = {};
  for (const [element, value] of Object.entries(resource)) {
    if (element === 'meta' || element === 'text') continue;
    content[element] = Array.isArray(value) ? value.map(canonicalJson).sort() : value;
  }
  return contentHash(content);
}
