import { randomBytes, randomInt } from 'node:crypto';

/** A source of chance, as an argument. `fraction` is in [0, 1). */
export interface Random {
  fraction(): number;
}

/** The machine's. */
export const systemRandom: Random = { fraction: () => randomInt(2 ** 47) / 2 ** 47 };

/** A secret that fits in a URL: `bytes` random bytes (32 unless told), base64url. */
export function secret(bytes = 32): string {
  return randomBytes(bytes).toString('base64url');
}

/** A repeatable source for tests and simulations (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    fraction() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
