/** `npm run large-hospital`: 100,000 patients live through a natural day. `--patients N`, `--hours N`, `--charts N`. */

import { usage } from '../../../scripts/usage.ts';
import { largeHospital } from './large-hospital.ts';

usage(import.meta.filename);

const said = (name: string, usual: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const patients = said('--patients', 100_000);
const hours = said('--hours', 24);
const charts = said('--charts', 3_000);
const seed = 'large';

const seen = await largeHospital({ patients, hours, charts, seed });
const again = await largeHospital({ patients, hours, charts, seed });
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const rows: [string, string][] = [
  ['patients', String(patients)],
  ['made in', `${Math.round(seen.makingMs)} ms`],
  ['heap it takes when made', megabytes(seen.heapWhenMade - seen.heapOfEmpty)],
  [`heap after ${charts} whole charts`, megabytes(seen.heapAfterReading - seen.heapOfEmpty)],
  ['records read', `${seen.recordsRead} in ${Math.round(seen.readingMs)} ms`],
  ['hours lived', `${hours} in ${Math.round(seen.livingMs)} ms`],
  ['changes', String(seen.changes)],
  ['people and records kept', String(seen.kept)],
  ['heap after that', megabytes(seen.heapAfterHours - seen.heapOfEmpty)],
  ['resident', megabytes(seen.resident)],
  ['a second run is the same', seen.digest === again.digest ? 'yes' : 'NO'],
  ['histories that wavered', String(seen.wavering)],
];
for (const [name, value] of rows) process.stdout.write(`${name.padEnd(28)}${value}\n`);
if (seen.digest !== again.digest || seen.wavering > 0) process.exitCode = 1;
