/** What a find's answer means. Wrong patient is the worst failure: nothing is ever picked among several. */
import type { MappingContext } from '../mapping/index.ts';
import { Failure } from '../std/index.ts';
import type { FindStep, ReadStep } from './flow.ts';
import { resourceOf, type Verification } from './prepare.ts';

export type Found =
  | { readonly kind: 'one'; readonly value: unknown }
  /** For a person to decide. */
  | { readonly kind: 'ambiguous'; readonly failure: Failure };

/**
 * @param answer What the call gave: `{ matches: [...] }`, as it is remembered.
 * @throws Failure `validation` for none, `conflict` for several of something other than a patient, `defect` for an
 *   answer of another shape.
 */
export function found(
  step: FindStep | ReadStep,
  answer: unknown,
  verify: readonly Verification[],
  context: MappingContext,
): Found {
  const matches = matchesOf(step, answer);
  const [match] = matches;
  if (match === undefined || match === null) {
    if (step.optional) return { kind: 'one', value: null };
    throw nothingFound(step);
  }
  if (matches.length > 1) {
    const failure = several(step, matches.length);
    if (isPatient(step, matches)) return { kind: 'ambiguous', failure };
    throw failure;
  }
  const different = verify.filter(({ found: read, expected }) => !agree(read(match), expected(context)));
  if (different.length > 0) {
    return {
      kind: 'ambiguous',
      failure: mismatch(
        step,
        different.map(({ path }) => path),
      ),
    };
  }
  return { kind: 'one', value: match };
}

function matchesOf(step: FindStep | ReadStep, answer: unknown): readonly unknown[] {
  const matches = (answer as { matches?: unknown } | null | undefined)?.matches;
  if (Array.isArray(matches)) return matches;
  throw new Failure({
    code: 'FIND_ANSWER',
    kind: 'defect',
    message: `The connection "${step.connection}" answered "${step.do}" without a list of matches.`,
    fix: 'Report it: a find must answer { matches: [...] }.',
  });
}

/** By the capability's name, or by what came back: a find of another name may still give patients. */
const isPatient = (step: FindStep | ReadStep, matches: readonly unknown[]): boolean =>
  resourceOf(step.do) === 'Patient' ||
  matches.some((match) => (match as { resourceType?: unknown } | null)?.resourceType === 'Patient');

/** Both are there and say the same; a time beside a date on one side does not count. Unknown is not a match. */
function agree(one: unknown, other: unknown): boolean {
  const [a, b] = [textOf(one), textOf(other)];
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  const day = /^\d{4}-\d\d-\d\d(?=T|$)/;
  return day.test(a) && day.test(b) && a.slice(0, 10) === b.slice(0, 10);
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value.trim().toLowerCase() || undefined
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;

const nothingFound = (step: FindStep | ReadStep): Failure =>
  new Failure({
    code: 'NOTHING_FOUND',
    kind: 'validation',
    message: `"${step.do}" at "${step.connection}" found nothing.`,
    fix: 'See whether the record is there and visible to us; if it may be missing, make the step optional.',
  });

const several = (step: FindStep | ReadStep, count: number): Failure =>
  new Failure({
    code: 'SEVERAL_FOUND',
    kind: 'conflict',
    message: `"${step.do}" at "${step.connection}" found ${count} where one was meant.`,
    fix: 'Correct the duplicates there, or search by a stronger identifier; none was used.',
    // The same question would give the same several.
    retry: { again: false },
  });

const mismatch = (step: FindStep | ReadStep, paths: readonly string[]): Failure =>
  new Failure({
    code: 'MATCH_DIFFERS',
    kind: 'conflict',
    message: `"${step.do}" at "${step.connection}" found one, but ${paths.join(' and ')} could not be confirmed; it was not used.`,
    fix: 'Compare the record found with the message: is it the same person? Correct the identifier, then let it go on.',
    at: { path: paths.join(', ') },
    retry: { again: false },
  });
