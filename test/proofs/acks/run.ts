/** `npm run acks`: 100,000 messages with one under way, and 100,000 with eight, through a proxy that meddles with acknowledgements. */

import { usage } from '../../../scripts/usage.ts';
import { LONG, runLong } from '../long.ts';
import { ACKS_ZERO, acks } from './acks.ts';

usage(import.meta.filename, LONG);

await runLong({
  name: 'acks',
  unit: 'messages',
  parts: { 'window 1': { total: 100_000, block: 2_000 }, 'window 8': { total: 100_000, block: 2_000 } },
  zero: ACKS_ZERO,
  run: ({ part, from, to, folder }) =>
    acks({ folder, messages: to - from, seed: from + 1, window: part === 'window 1' ? 1 : 8 }),
});
