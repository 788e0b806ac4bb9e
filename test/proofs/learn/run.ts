/** `npm run learn-proof`: 2,000,000 changes of 20,000 records, in blocks of 100,000 with a server and a seed each. */

import { usage } from '../../../scripts/usage.ts';
import { LONG, runLong } from '../long.ts';
import { LEARN_ZERO, learn } from './learn.ts';

usage(import.meta.filename, LONG);

await runLong({
  name: 'learn',
  unit: 'changes',
  parts: { lastUpdated: { total: 2_000_000, block: 100_000 } },
  zero: LEARN_ZERO,
  run: ({ from, to }) => learn({ changes: to - from, resources: 20_000, seed: from + 1 }),
});
