/**
 * How sure the ground of a switch is: confirmed by Epic's own text or output, seen by one independent party,
 * inferred from what is confirmed, or reported and unverified.
 */
export type Ground = 'confirmed' | 'one source' | 'inferred' | 'reported' | 'site';

/** One thing in which hospitals differ: what it may be, what it usually is, and what it stands for. */
export interface Switch<T> {
  /** The value of `sandbox-2026-05`, which every other profile changes. */
  readonly usual: T;
  readonly about: string;
  readonly ground: Ground;
  /** In words, for the person who sent a value that is none. */
  readonly expects: string;
  /** All it may be, where that is a few words. */
  readonly words?: readonly string[];
  accepts(value: unknown): value is T;
}

/** One of a few words. */
export function choice<const W extends string>(
  words: readonly W[],
  usual: NoInfer<W>,
  ground: Ground,
  about: string,
): Switch<W> {
  return {
    usual,
    about,
    ground,
    words,
    expects: `one of ${words.join(', ')}`,
    accepts: (value): value is W => words.includes(value as W),
  };
}

export function flag(usual: boolean, ground: Ground, about: string): Switch<boolean> {
  return {
    usual,
    about,
    ground,
    words: ['true', 'false'],
    expects: 'true or false',
    accepts: (value) => typeof value === 'boolean',
  };
}

/** A whole number within bounds, both included. */
export function whole(
  usual: number,
  least: number,
  most: number,
  ground: Ground,
  about: string,
): Switch<number> {
  return {
    usual,
    about,
    ground,
    expects: `a whole number from ${least} to ${most}`,
    accepts: (value): value is number =>
      Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

export function text(usual: string, ground: Ground, about: string): Switch<string> {
  return { usual, about, ground, expects: 'text', accepts: (value) => typeof value === 'string' };
}

export function texts(usual: readonly string[], ground: Ground, about: string): Switch<readonly string[]> {
  return {
    usual,
    about,
    ground,
    expects: 'a list of texts',
    accepts: (value): value is readonly string[] =>
      Array.isArray(value) && value.every((each) => typeof each === 'string'),
  };
}
