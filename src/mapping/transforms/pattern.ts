/**
 * Patterns, on an engine whose work grows with the text and not with what the pattern could mean (RE2's): there is no
 * pattern that hangs. Its size times the text's length is bounded, too.
 */
import { RE2JS } from 're2js';
import { BadArgument, refuse } from './transform.ts';

export const PATTERN_RULES = 'RE2 syntax: no look-around, no back-references';

const LONGEST = 500;
const LARGEST = 4_000;
/** Instructions times characters: at most some tens of milliseconds. */
const MOST_WORK = 2_000_000;

export interface Pattern {
  fits(text: string): boolean;
  /** The first match's first group, or all of it without groups. */
  first(text: string): string | undefined;
  /** `by` with its $1 … made ready: `replacement(by)`. */
  replace(text: string, replacement: string): string;
  replacement(by: string): string;
}

const kept = new Map<string, Pattern>();
const KEPT = 1_000;

/** @throws BadArgument: what is wrong with the pattern. */
export function compilePattern(source: string): Pattern {
  const known = kept.get(source);
  if (known !== undefined) return known;
  if (source === '' || source.length > LONGEST)
    throw new BadArgument(`a pattern has 1 to ${LONGEST} characters`);
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    throw new BadArgument(
      `the pattern cannot be read: ${(error as Error).message.split('\n')[0]?.slice(0, 120)}`,
    );
  }
  const size = compiled.programSize();
  if (size > LARGEST) throw new BadArgument('the pattern is too large: count repetitions in smaller numbers');
  const most = Math.floor(MOST_WORK / size);
  const within = (text: string): string =>
    text.length > most ? refuse(`a text of at most ${most} characters for this pattern`) : text;
  const groups = compiled.groupCount();
  const made: Pattern = {
    fits: (text) => compiled.matcher(within(text)).find(),
    first(text) {
      const matcher = compiled.matcher(within(text));
      if (!matcher.find()) return undefined;
      return matcher.group(groups > 0 ? 1 : 0) || undefined;
    },
    replace: (text, replacement) => compiled.matcher(within(text)).replaceAll(replacement),
    replacement(by) {
      for (const [, digits] of by.matchAll(/\$(\d+)/g))
        if (Number(digits) > groups)
          throw new BadArgument(`"by" names the group ${digits}, and the pattern has ${groups}`);
      // A $ that begins no group is meant as it stands.
      return by.replace(/\$(?!\d)/g, '$$$$');
    },
  };
  if (kept.size >= KEPT) kept.clear();
  kept.set(source, made);
  return made;
}
