import { createHash } from 'node:crypto';

/** A small repeatable source of chance: the same seed and name always give the same sequence. */
export interface Random {
  /** At least 0, less than 1. */
  fraction(): number;
  /** A whole number from 0 up to, not including, `below`. */
  integer(below: number): number;
  /** True with the given probability (0 to 1). */
  chance(probability: number): boolean;
  /** One member of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
}

/**
 * Makes a stream of chance from a seed and a purpose. Each purpose has its own stream, so that an event made
 * by hand does not change the day that the same seed would have had.
 * @example createRandom('demo', 'population').integer(6)
 */
export function createRandom(seed: string, purpose: string): Random {
  // sfc32: 128 bits of state, passes PractRand, and needs nothing but 32-bit additions and shifts.
  const digest = createHash('sha256').update(`${seed}\n${purpose}`).digest();
  let a = digest.readInt32LE(0);
  let b = digest.readInt32LE(4);
  let c = digest.readInt32LE(8);
  let counter = 1;

  function fraction(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  }
  function integer(below: number): number {
    return Math.floor(fraction() * below);
  }
  return {
    fraction,
    integer,
    chance: (probability) => fraction() < probability,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError('cannot pick from an empty list');
      return list[integer(list.length)] as T;
    },
  };
}
