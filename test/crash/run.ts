/**
 * `npm run crash`: 1,000 kills under load and 200 pulled plugs, then the same with syncing sabotaged. Done in blocks that add up over
 * runs; see test/proofs/long.ts for `--part`, `--from`, `--count`, `--minutes` and `--tally`. `--store postgres`: on a database, whose
 * server is killed and unplugged, too.
 */

import { usage } from '../../scripts/usage.ts';
import { LONG, type LongProof, runLong } from '../proofs/long.ts';
import type { Figures } from '../proofs/tally.ts';
import { type CrashResult, crash } from './crash.ts';
import { buildLossyDisk } from './lossy-disk.ts';
import { type DatabaseOptions, openDatabaseGround } from './postgres.ts';

usage(import.meta.filename, LONG);

/** A kill finds 1,250 acknowledged messages behind it in the mean, and work on every way: more than a million in 1,000 kills. */
const LOAD = { senders: 32, acknowledging: [100, 2_400] } as const;

const figuresOf = ({ acked, ledgerFaults, ...result }: Omit<CrashResult, 'rounds'>): Figures => ({
  acknowledged: acked,
  ...result,
  ledgerFaults: ledgerFaults.length,
});

/** What a run that must lose found. A disk that was never synced may not even open again: that is a loss, too. */
async function sabotaged(run: Promise<CrashResult>): Promise<Figures> {
  const lost = await run.then(
    ({ acked, missing }) => ({ acknowledged: acked, 'lost, as it must': missing }),
    () => ({ 'does not open again': 1 }),
  );
  const isNoticed = 'does not open again' in lost || lost['lost, as it must'] > 0;
  return { ...lost, 'loss not noticed': isNoticed ? 0 : 1 };
}

const zero = ['missing', 'undelivered', 'unflagged', 'inversions', 'ledgerFaults', 'loss not noticed'];
const options = { store: { type: 'string' } } as const;

const onFolder: LongProof = {
  name: 'crash',
  unit: 'rounds',
  parts: {
    'kill -9': { total: 1_000, block: 20 },
    'pulled plug': { total: 200, block: 10 },
    'sabotage: syncing switched off': { total: 5, block: 5 },
  },
  zero,
  options,
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
    return sabotaged(crash({ ...options, lossy: { library, syncing: false } }));
  },
};

/** What strikes the database in each part, while engines work on it and are killed themselves. */
const STRIKES: Readonly<Record<string, DatabaseOptions>> = {
  'kill -9 of engines': {},
  "kill -9 of the server's processes": { strike: 'kill' },
  'pulled plug of the server': { strike: 'plug' },
  'sabotage: synchronous_commit is off': { strike: 'plug', sabotage: 'synchronous_commit is off' },
  'sabotage: fsync does nothing': { strike: 'plug', sabotage: 'fsync does nothing' },
};

const onDatabase: LongProof = {
  name: 'crash-postgres',
  unit: 'rounds',
  parts: {
    'kill -9 of engines': { total: 1_000, block: 20 },
    "kill -9 of the server's processes": { total: 250, block: 10 },
    'pulled plug of the server': { total: 200, block: 10 },
    'sabotage: synchronous_commit is off': { total: 5, block: 5 },
    'sabotage: fsync does nothing': { total: 5, block: 5 },
  },
  zero,
  options,
  async run({ part, from, to, folder }) {
    const database = STRIKES[part] ?? {};
    const ground = await openDatabaseGround(database);
    try {
      const options = { folder, rounds: to - from, seed: from + 1, ground };
      if (database.sabotage) return await sabotaged(crash(options));
      const { rounds: _, ...result } = await crash({ ...options, ...(database.strike ? {} : LOAD) });
      return figuresOf(result);
    } finally {
      await ground.remove();
    }
  },
};

await runLong(process.argv.join(' ').includes('--store postgres') ? onDatabase : onFolder);
