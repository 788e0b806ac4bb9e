/** What has to be known of a kind of record to make it once: what it is, how it is found, and when two are one. */

import type { FhirResource, SearchParams } from '../../fhir/index.ts';
import { canonicalJson } from '../../std/index.ts';
import type { Compared } from './compare.ts';

/** One search. */
export interface Question {
  readonly params: SearchParams;
  /** By an identifier: what another write has made may be ours all the same. By content: what another has made is not ours. */
  readonly by: 'identifier' | 'content';
}

export interface Looking {
  /** When ours went out; `null`: it did not. */
  readonly sentAt: number | null;
  readonly baseUrl: string;
  /** The site's: days without a time are of its calendar. */
  readonly timeZone: string;
}

export interface Kind {
  readonly type: string;
  /** The capability's first word: `observation`. */
  readonly name: string;
  /** What would be there twice if it were made twice; canonical text. Never stored but as a keyed hash. */
  identityOf(resource: FhirResource): string;
  /** The strongest first. None: it cannot be looked for. */
  questions(resource: FhirResource, looking: Looking): readonly Question[];
  compare(ours: FhirResource, theirs: FhirResource, looking: Looking): Compared;
  /** The patient it is about, where it is about one. */
  patientOf?(resource: FhirResource): string | undefined;
  /** The same resource, about this patient. */
  about?(resource: FhirResource, patientId: string): FhirResource;
  /** Elements in which one that was found agrees, whatever form the server gives them back in. */
  readonly agreed?: readonly string[];
  /** Read to tell two of one kind apart: the documents' own text. Given the candidates that `compare` calls the same. */
  readonly toldApartByText?: true;
}

export const identity = (type: string, ...parts: readonly unknown[]): string =>
  canonicalJson([type, ...parts.map((part) => part ?? null)] as never);

/** About this patient, unless it says about whom it is. */
export const withSubject = (resource: FhirResource, patientId: string): FhirResource =>
  resource.subject === undefined ? { ...resource, subject: { reference: `Patient/${patientId}` } } : resource;

/** In the value of a search parameter these have meanings of their own. */
export const escaped = (value: string): string => value.replace(/[\\|,$]/g, '\\$&');

/** `system|value` of the first identifier that has both. */
export function identifierQuestions(resource: FhirResource, more: SearchParams = {}): readonly Question[] {
  const list = Array.isArray(resource.identifier) ? resource.identifier : [];
  return list.flatMap(({ system, value }: { system?: unknown; value?: unknown }) =>
    typeof system === 'string' && typeof value === 'string' && value.trim() !== ''
      ? [
          {
            params: { ...more, identifier: `${escaped(system)}|${escaped(value.trim())}` },
            by: 'identifier' as const,
          },
        ]
      : [],
  );
}

const DAY = 86_400_000;
/** The days around a moment, a day's width for zones on either side. */
export function daysAround(moment: string): readonly [from: string, to: string] {
  const at = Date.parse(moment.length === 10 ? `${moment}T12:00:00Z` : moment);
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  return [day(at - DAY), day(at + DAY)];
}
