/** How Epic takes writes: which it has, which codes mean that it is there already, and what it drops in silence. */
import type { Failure } from '../../std/index.ts';
import { writeFailure } from '../acting/failures.ts';

/** A part of a search's data was left out: what was not found there may be there all the same. */
export const LEFT_OUT: ReadonlySet<string> = new Set(['4119', '4134', '59204', '59205']);

/** 59141: a duplicate. 59189 stands for every reading that was not filed; that it is there already is in its text alone. */
export function isThere(failure: Failure): boolean {
  if (failure.code === 'EPIC_DUPLICATE') return true;
  return failure.code === 'EPIC_NOT_FILED' && /already exists/i.test(failure.detail ?? '');
}

export const refuse = (path: string, why: string): Failure =>
  writeFailure('WRITE_ARGUMENTS', { message: `Epic would not take it: ${path}: ${why}.`, at: { path } });

/** R4 CapabilityStatement: no conditional create, no versions, and these types with create and with update. */
export const CREATES: ReadonlySet<string> = new Set(['Patient', 'Observation', 'DocumentReference']);
export const UPDATES: ReadonlySet<string> = new Set(['Observation', 'DocumentReference']);
