/** `npm run faults`: the disk fails at each of the first 2,000 calls that change the data folder, once and lastingly. */

import { usage } from '../../../scripts/usage.ts';
import { buildLossyDisk } from '../../crash/lossy-disk.ts';
import { LONG, runLong } from '../long.ts';
import { FAULTS_ZERO, faultsAt } from './faults.ts';

usage(import.meta.filename, LONG);

await runLong({
  name: 'faults',
  unit: 'calls',
  parts: { 'fails once': { total: 2_000, block: 40 }, 'fails until mended': { total: 2_000, block: 40 } },
  zero: FAULTS_ZERO,
  async run({ part, from, to, folder }) {
    const library = buildLossyDisk(folder);
    if (library === null) throw new Error('The failing disk needs a C compiler (cc).');
    return faultsAt(
      Array.from({ length: to - from }, (_, at) => from + at + 1),
      {
        folder,
        library,
        lasting: part === 'fails until mended',
        sideBySide: 3,
        told: (text) => process.stdout.write(`  ${text}\n`),
      },
    );
  },
});
