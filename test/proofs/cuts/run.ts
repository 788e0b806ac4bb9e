/** `npm run cuts`: 10,000 connections cut at random bytes, before the engine and behind it. */

import { usage } from '../../../scripts/usage.ts';
import { LONG, runLong } from '../long.ts';
import { CUTS_ZERO, cuts } from './cuts.ts';

usage(import.meta.filename, LONG);

await runLong({
  name: 'cuts',
  unit: 'cuts',
  parts: { cuts: { total: 10_000, block: 500 } },
  zero: [...CUTS_ZERO, 'cutsMissing'],
  run: ({ from, to, folder }) => cuts({ folder, cuts: to - from, seed: from + 1 }),
});
