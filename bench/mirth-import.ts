/**
 * A backup of a whole server of Mirth, made here, as a project: how long it takes to read and to make, and the memory of it.
 * `node bench/mirth-import.ts [channels] [destinations of each] [steps of each transformer] [code templates]`
 */

import { usage } from '../scripts/usage.ts';
import { importMirth, readXml } from '../src/import/index.ts';
import { backupPieces } from '../src/import/mirth/export.fixture.ts';

usage(import.meta.filename);

const [channels = 500, destinations = 4, steps = 12, templates = 200] = process.argv.slice(2).map(Number);
const text = [...backupPieces({ channels, destinations, steps, templates })].join('\n');
const resident = (): string => `${Math.round(process.memoryUsage().rss / 1e6)} MB`;

const started = performance.now();
const root = readXml(text, 'backup.xml');
const read = performance.now();
const { summary, files } = importMirth([{ file: 'backup.xml', root }]);
const made = performance.now();
console.log(
  `${summary.channels.length} channels, ${(text.length / 1e6).toFixed(1)} MB: read in ${((read - started) / 1_000).toFixed(1)} s, ` +
    `${summary.flows} flows and ${summary.parked} parked in ${((made - read) / 1_000).toFixed(1)} s, ${files.size} files, ${resident()}`,
);
