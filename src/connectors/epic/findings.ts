/**
 * What Epic remarks beside a result, and what the checks of a result find. They look like success, and are
 * how data goes missing without anyone noticing: so they are counted and shown.
 */
import { codesOf, type Issue, type SearchPage } from '../../fhir/index.ts';
import { Tally } from '../learn/findings.ts';

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
} as const;

export type Check = keyof typeof checks;

/** Findings of one answer at Epic. */
export class Findings extends Tally {
  note(code: Check, count = 1): void {
    this.add(code, checks[code], count);
  }

  /** The number is there, in another id system than the site record says: every patient would stay unknown. */
  numberElsewhere(system: string): void {
    this.add(
      'EPIC_MRN_SYSTEM',
      `Epic has a roster patient's number in the system ${system}: if that is its medical record number, write it as identifiers.mrn.system in the site record.`,
      1,
    );
  }

  /** Remarks of the server; texts are ours, since the server's may name patients. */
  addIssues(issues: readonly Issue[]): void {
    for (const issue of issues) {
      for (const code of codesOf([issue])) {
        if (!SILENT.has(code)) this.add(code, remarks[code] ?? `Epic remarked ${code} on the result.`);
      }
    }
  }

  /** What a search said beside its results: remarks, and results that were not asked for. */
  addSearch(page: SearchPage): void {
    this.addIssues(page.issues);
    this.note('EPIC_FILTER_IGNORED', Math.max(page.strays, page.ignored.length > 0 ? 1 : 0));
  }
}
