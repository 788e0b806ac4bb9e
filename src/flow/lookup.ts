/** A code looked up in a value set map of the site. Pure. */
import type { MappingContext } from '../mapping/index.ts';
import { Failure } from '../std/index.ts';
import type { LookupStep } from './flow.ts';

/** What a look-up gives. */
export interface LookupValue {
  readonly code: string;
  readonly display: string | null;
}

interface Row {
  readonly source: string;
  readonly target: string | null;
  readonly display?: string;
}

/** The value set maps of a site: see the mapping room. */
interface Maps {
  readonly names: readonly string[];
  get(
    name: string,
  ):
    | { row(source: string): Row | undefined; back(target: string): Row | 'ambiguous' | undefined }
    | undefined;
}

/** @throws Failure `validation`: CODE_UNMAPPED. */
export function lookedUp(step: LookupStep, code: unknown, context: MappingContext): unknown {
  if (code === undefined || code === null) return null;
  const { valueSets } = context as { readonly valueSets?: Maps };
  const map = valueSets?.get(step.valueSet);
  const theirs = step.to === 'theirs';
  const text = String(code);
  const row = theirs ? map?.back(text) : map?.row(text);
  if (row !== undefined && row !== 'ambiguous') {
    const found = theirs ? row.source : row.target;
    return found === null ? null : { code: found, display: row.display ?? null };
  }
  if (step.otherwise !== undefined) return step.otherwise;
  throw new Failure({
    code: 'CODE_UNMAPPED',
    kind: 'validation',
    message: `The value set map "${step.valueSet}" ${row === 'ambiguous' ? 'has several codes of the site for' : 'has no row for'} the code of "${step.code}".`,
    fix: `Add the row to maps/${step.valueSet}.csv; what waits for it goes on by itself.`,
    at: { path: step.code },
    retry: { again: false },
  });
}
