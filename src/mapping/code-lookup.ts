/** A code looked up in a site's value set map, and what is told when it is not there. */
import { Failure, type Json } from '../std/index.ts';
import { type TransformContext, text } from './transforms/transform.ts';
import { shownCode } from './value-set.ts';

/** Which map, which way, and what of the row. */
export interface CodeUse {
  /** A value set map's name: `visit-types`. */
  readonly map: string;
  /** From the target to the source. */
  readonly back?: boolean;
  /** Left out: the code. */
  readonly give?: 'code' | 'display' | 'note';
  /** Left out: `hold`. */
  readonly unmapped?: 'hold' | 'keep' | 'leave out';
}

/** A code that a value set map does not have, as lists and stored failures show it. */
export interface UnmappedCode {
  readonly map: string;
  /** `null`: a text that is not shown, because no code looks like it. */
  readonly code: string | null;
  readonly back: boolean;
  /** The row there is does not say which of several is meant. */
  readonly ambiguous: boolean;
}

/** The failure code of a delivery that waits for a row of a value set map. */
export const CODE_UNMAPPED = 'CODE_UNMAPPED';

/** Looks a code up. Throws `Unmapped` when it is not there and the use says to hold. */
export function codeOf(use: CodeUse): (value: unknown, context: TransformContext) => Json | undefined {
  const { map, back = false, give = 'code', unmapped = 'hold' } = use;
  return (value, { valueSets }) => {
    const code = text(value).trim();
    const set = valueSets?.get(map);
    const row = back ? set?.back(code) : set?.row(code);
    if (row === undefined || row === 'ambiguous') {
      if (unmapped === 'leave out') return undefined;
      if (unmapped === 'keep') return code;
      throw new Unmapped({ map, code: shownCode(code), back, ambiguous: row === 'ambiguous' });
    }
    if (give === 'code') return (back ? row.source : row.target) ?? undefined;
    return give === 'display' ? row.display : row.note;
  };
}

/** A code that is not in its map; a map gathers them, so that all are told at once. */
export class Unmapped extends Error {
  override readonly name = 'Unmapped';
  readonly gap: UnmappedCode;

  constructor(gap: UnmappedCode) {
    super('unmapped');
    this.gap = gap;
  }
}

export interface UnmappedAt extends UnmappedCode {
  /** The target field, or the source that was looked at. */
  readonly path: string;
}

/** One failure of all the codes that a map lacks: a person can mend it, and it is held until then. */
export function unmappedFailure(gaps: readonly UnmappedAt[]): Failure {
  const [first] = gaps as readonly [UnmappedAt];
  const more = gaps.length === 1 ? '' : ` (and ${gaps.length - 1} more)`;
  const what = first.code === null ? 'a text that is no usual code' : `"${first.code}"`;
  const way = first.back ? ' as a target' : '';
  const message = first.ambiguous
    ? `The value set map "${first.map}" has several rows with the target ${what}${more}, and none is preferred.`
    : `The value set map "${first.map}" has no row for ${what}${way}${more}.`;
  const fix = first.ambiguous
    ? 'Write yes in the column "preferred" of the row that is meant; what waits goes on then.'
    : 'Add the row: suture maps add <site> <map> <source> <target>. What waits for it goes on then.';
  return new Failure({
    code: CODE_UNMAPPED,
    kind: 'validation',
    message,
    fix,
    at: { path: first.path },
    retry: { again: false, held: true },
    facts: {
      unmapped: gaps.map(({ map, code, back, ambiguous, path }) => ({ map, code, back, ambiguous, path })),
    },
  });
}

/** The codes that a stored failure waits for; none of another kind. */
export function unmappedOf(
  failure: { readonly code: string; readonly facts?: Json | undefined } | null,
): readonly UnmappedAt[] {
  if (failure?.code !== CODE_UNMAPPED) return [];
  const list = (failure.facts as { unmapped?: unknown } | undefined)?.unmapped;
  return Array.isArray(list) ? (list as readonly UnmappedAt[]) : [];
}
