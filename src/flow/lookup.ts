/** A code looked up in a value set map of the site. Pure. */
import { type MappingContext, shownCode, unmappedFailure } from '../mapping/index.ts';
import type { LookupStep } from './flow.ts';

/** What a look-up gives. */
export interface LookupValue {
  readonly code: string;
  readonly display: string | null;
}

/** @throws Failure `validation`: CODE_UNMAPPED. */
export function lookedUp(step: LookupStep, code: unknown, context: MappingContext): unknown {
  if (code === undefined || code === null) return null;
  const map = context.valueSets?.get(step.valueSet);
  const theirs = step.to === 'theirs';
  const text = String(code).trim();
  const row = theirs ? map?.back(text) : map?.row(text);
  if (row !== undefined && row !== 'ambiguous') {
    const found = theirs ? row.source : row.target;
    return found === null ? null : { code: found, display: row.display ?? null };
  }
  if (step.otherwise !== undefined) return step.otherwise;
  const gap = { map: step.valueSet, code: shownCode(text), back: theirs, ambiguous: row === 'ambiguous' };
  throw unmappedFailure([{ ...gap, path: step.code }]);
}
