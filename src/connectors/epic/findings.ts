/**
 * What Epic remarks beside a result, and what the checks of a result find. They look like success, and are
 * how data goes missing without anyone noticing: so they are counted and shown.
 */
import { codesOf, type Issue, type SearchPage } from '../../fhir/index.ts';
import type { Finding } from '../contract.ts';

const remarks: Readonly<Record<string, string>> = {
  '4119': 'There may be more data than Epic gave.',
  '4122': 'Epic ignored a search parameter.',
  '4134': 'Part of the data is behind break-the-glass and was left out.',
  '59100': 'Epic ignored a search parameter.',
  '59101': 'Epic ignored a value that it does not know.',
  '59109': 'Epic ignored an optional element that it could not read.',
  '59204': 'The client is not authorised for part of this data; it was left out.',
  '59205': 'The background user is not authorised for part of this data; it was left out.',
};

/** 4101 only says that nothing was found. */
const SILENT: ReadonlySet<string> = new Set(['4101']);

export const checks = {
  EPIC_FILTER_IGNORED: 'Epic gave records that were not asked for; they were left out.',
  EPIC_PATIENT_NOT_FOUND:
    'A patient of the roster is not known at Epic by the medical record number; asked again later.',
  EPIC_PATIENT_AMBIGUOUS: 'A medical record number of the roster leads to several patients; none was picked.',
  EPIC_PATIENT_NO_NUMBER: 'A patient of the roster has no identifier of mrnSystem.',
  EPIC_PATIENT_REFUSED: 'Epic refused to answer for a patient of the roster; asked again later.',
  EPIC_NO_CSN:
    'An appointment has no visit number (CSN): its FHIR id stands in, and it cannot be joined with a feed.',
  EPIC_SHARED_IDENTITY: 'Two patients have an appointment with the same visit number; the first was taken.',
} as const;

export type Check = keyof typeof checks;

/** Counts findings of one answer by their code. */
export class Findings {
  readonly #found = new Map<string, Finding>();

  add(code: Check, count = 1): void {
    this.#count(code, checks[code], count);
  }

  /** Remarks of the server; texts are ours, since the server's may name patients. */
  addIssues(issues: readonly Issue[]): void {
    for (const issue of issues) {
      for (const code of codesOf([issue])) {
        if (!SILENT.has(code)) this.#count(code, remarks[code] ?? `Epic remarked ${code} on the result.`, 1);
      }
    }
  }

  /** What a search said beside its results: remarks, and results that were not asked for. */
  addSearch(page: SearchPage): void {
    this.addIssues(page.issues);
    this.add('EPIC_FILTER_IGNORED', Math.max(page.strays, page.ignored.length > 0 ? 1 : 0));
  }

  list(): Finding[] {
    return [...this.#found.values()];
  }

  #count(code: string, text: string, count: number): void {
    if (count === 0) return;
    this.#found.set(code, { code, text, count: count + (this.#found.get(code)?.count ?? 0) });
  }
}
