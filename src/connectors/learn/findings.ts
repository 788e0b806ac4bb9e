/** What is worth telling about an answer, counted by code. */
import type { Finding } from '../contract.ts';

export const learningChecks = {
  LEARN_FILTER_IGNORED: 'Records came that were not asked for; they were left out.',
  LEARN_NOT_JOINABLE:
    'A record has none of the numbers that its kind is known by: its id stands in, and it cannot be joined with a feed.',
  LEARN_NO_IDENTITY: 'A record has nothing to know it by; it was left out.',
  LEARN_SHARED_IDENTITY:
    'Two records bear the number by which their kind is known: neither was taken. One that stands in two charts was taken once.',
  LEARN_PATIENT_UNRESOLVED: 'A patient of the roster cannot be found at the other side; asked again later.',
  LEARN_PATIENT_REFUSED: 'The other side refused to answer for a patient of the roster; asked again later.',
  LEARN_GONE: 'Records that were known are there no more.',
  LEARN_UNREADABLE: 'A message could not be read as the record it tells of.',
} as const;

export type LearningCheck = keyof typeof learningChecks;

/** Counts findings of one answer by their code. */
export class Tally {
  readonly #found = new Map<string, Finding>();

  add(code: string, text: string, count = 1): void {
    if (count > 0) this.#found.set(code, { code, text, count: count + (this.#found.get(code)?.count ?? 0) });
  }

  check(code: LearningCheck, count = 1): void {
    this.add(code, learningChecks[code], count);
  }

  list(): Finding[] {
    return [...this.#found.values()];
  }
}
