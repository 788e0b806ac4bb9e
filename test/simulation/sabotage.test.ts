import { expect, test } from 'vitest';
import { SABOTAGES } from './sabotages.ts';
import { simulate } from './simulate.ts';

/** Seeds within which each must be found. */
const WITHIN = 400;

for (const [name, options] of Object.entries(SABOTAGES)) {
  test(`${name}: found`, async () => {
    const found: string[] = [];
    for (let seed = 1; seed <= WITHIN && found.length === 0; seed++) {
      const { broken } = await simulate(seed, options);
      if (broken) found.push(`seed ${seed}: ${broken.what}`);
    }
    expect(found, `no seed up to ${WITHIN} found it`).not.toEqual([]);
  });
}
