/**
 * `npm run crash`: 1,000 kills under load and 200 pulled plugs, then the same with syncing sabotaged. Done in blocks that add up over
 * runs; see test/proofs/long.ts for `--part`, `--from`, `--count`, `--minutes` and `--tally`.
 */
import { runLong } from '../proofs/long.ts';
import type { Figures } from '../proofs/tally.ts';
import { type CrashResult, crash } from './crash.ts';
import { buildLossyDisk } from './lossy-disk.ts';

/** A kill finds 1,250 acknowledged messages behind it in the mean, and work on every way: more than a million in 1,000 kills. */
const LOAD = { senders: 32, acknowledging: [100, 2_400] } as const;

const figuresOf = ({ acked, ledgerFaults, ...result }: Omit<CrashResult, 'rounds'>): Figures => ({
  acknowledged: acked,
  ...result,
  ledgerFaults: ledgerFaults.length,
});

await runLong({
  name: 'crash',
  unit: 'rounds',
  parts: {
    'kill -9': { total: 1_000, block: 20 },
    'pulled plug': { total: 200, block: 10 },
    'sabotage: syncing switched off': { total: 5, block: 5 },
  },
  zero: ['missing', 'undelivered', 'unflagged', 'inversions', 'ledgerFaults', 'loss not noticed'],
  async run({ part, from, to, folder }) {
    const options = { folder, rounds: to - from, seed: from + 1, ...LOAD };
    if (part === 'kill -9') {
      const { rounds: _, ...result } = await crash(options);
      return figuresOf(result);
    }
    const library = buildLossyDisk(folder);
    if (library === null) throw new Error('The pulled plug needs a C compiler (cc).');
    if (part === 'pulled plug') {
      const { rounds: _, ...result } = await crash({ ...options, lossy: { library, syncing: true } });
      return figuresOf(result);
    }
    // A disk that was never synced may not even open again: that is a loss, too.
    const lost = await crash({ ...options, lossy: { library, syncing: false } }).then(
      ({ acked, missing }) => ({ acknowledged: acked, 'lost, as it must': missing }),
      () => ({ 'does not open again': 1 }),
    );
    const isNoticed = 'does not open again' in lost || lost['lost, as it must'] > 0;
    return { ...lost, 'loss not noticed': isNoticed ? 0 : 1 };
  },
});
