import { inputOf } from './input.ts';
import { check } from './property.ts';
import { Random } from './random.ts';

/** One case that failed. */
export interface Failure {
  readonly seed: number;
  readonly what: string;
  /** The stack of what was thrown. */
  readonly stack: string;
}

/** What is asked of the bytes has a random stream of its own, so that smaller bytes are asked the same. */
const questions = (seed: number): Random => new Random(seed + 2 ** 40);

/** Runs the checks on bytes, as the case of this seed; what went wrong, or undefined. */
export function failureOf(seed: number, bytes: Buffer): Failure | undefined {
  try {
    check(bytes, questions(seed));
    return undefined;
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { seed, what: message, stack: stack ?? '' };
  }
}

export const runCase = (seed: number, corpus: readonly string[] = []): Failure | undefined =>
  failureOf(seed, inputOf(seed, corpus));

/** Failures of one cause say the same but for the values they met. */
export const causeOf = ({ what, stack }: Failure): string =>
  `${what.replace(/"(\\.|[^"\\])*"|[A-Z][A-Z0-9]{2}[-.[\]="\w]*|\d+/g, '_').slice(0, 200)} ${
    stack
      .split('\n')
      .find((line) => line.includes('/src/'))
      ?.replace(/^.*\/src\/|\)$/g, '') ?? ''
  }`;

/** Smaller bytes that fail for the same cause: whole ranges left out, as long as that is possible. */
export function shrunk(failure: Failure, bytes: Buffer, tries = 3_000): Buffer {
  const cause = causeOf(failure);
  let smallest = bytes;
  let left = tries;
  for (let size = Math.ceil(smallest.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length && left > 0; left -= 1) {
      const smaller = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      const still = failureOf(failure.seed, smaller);
      if (still !== undefined && causeOf(still) === cause) smallest = smaller;
      else at += size;
    }
  }
  return smallest;
}
