/** Chance in words, from one seeded source. */
import { type Random, seededRandom } from '../../src/std/index.ts';

export interface Chance extends Random {
  /** A whole number from 0, below that. */
  below(n: number): number;
  between(low: number, high: number): number;
  /** True once in so many. */
  oneIn(n: number): boolean;
  pick<Item>(items: readonly Item[]): Item;
  /** Mostly short, now and then long, up to `most`. */
  delay(usual: number, most: number): number;
}

export function chanceOf(seed: number): Chance {
  const { fraction } = seededRandom(Math.imul(seed, 2_654_435_761) ^ 0x5eed);
  const below = (n: number): number => Math.floor(fraction() * n);
  return {
    fraction,
    below,
    between: (low, high) => low + fraction() * (high - low),
    oneIn: (n) => below(n) === 0,
    pick: (items) => items[below(items.length)] as never,
    delay: (usual, most) => (below(12) === 0 ? fraction() * most : fraction() * usual),
  };
}
