/**
 * `npm run extract`: one large extract through the real engine, which is killed in the middle of it and started again; then every
 * row is looked up in the store.
 *
 *     --gigabytes N   size of the file (10)
 *     --row N         bytes of a row (4096)
 *     --format NAME   csv or ndjson (csv)
 *     --kills N       kill -9 so many times, evenly (2)
 *     --folder DIR    where it is done, in a folder of its own that is removed (the system's temporary one)
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../../../scripts/usage.ts';
import { openProofStore } from '../store.ts';
import type { ExtractStand } from './node.ts';
import { type ExtractFormat, judgeTaken, writeExtract } from './rows.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '10' },
    row: { type: 'string', default: '4096' },
    format: { type: 'string', default: 'csv' },
    kills: { type: 'string', default: '2' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const GB = 1e9;
const gigabytes = Number(values.gigabytes);
const size = Number(values.row);
const kills = Number(values.kills);
const format = values.format as ExtractFormat;

/** The file, and the store with its indexes and its log; measured: 1.6 to 2 times the file. */
const NEEDS = 2.6;
const { bavail, bsize } = statfsSync(values.folder);
const free = (bavail * bsize) / GB;
if (free < gigabytes * NEEDS + 1) {
  say(
    `There are ${free.toFixed(1)} GB free in ${values.folder}, and a file of ${gigabytes} GB needs ${(gigabytes * NEEDS + 1).toFixed(1)}: nothing was done. Give a smaller one (--gigabytes), or another place (--folder).`,
  );
  process.exit(2);
}
say(
  `${free.toFixed(0)} GB are free in ${values.folder}; this takes up to ${(gigabytes * NEEDS).toFixed(1)}.`,
);

const root = mkdtempSync(join(values.folder, 'suture-extract-'));
const data = join(root, 'data');
mkdirSync(join(root, 'in'));
mkdirSync(data);
let node: ChildProcess | null = null;
process.once('exit', () => {
  node?.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
});
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

let from = performance.now();
const seconds = (): number => (performance.now() - from) / 1_000;
const rows = await writeExtract(join(root, 'in', `night.${format}`), { bytes: gigabytes * GB, size, format });
say(`${rows.toLocaleString('en')} rows written in ${seconds().toFixed(0)} s`);

const stored = (): number =>
  readdirSync(data).reduce((sum, name) => sum + statSync(join(data, name)).size, 0);
let most = 0;
let mostStored = 0;
let mostQueued = 0;
let progress = 0;
from = performance.now();
const reached: number[] = [];
/** Rows a second between two looks, of the quiet stretches. */
let stand: ExtractStand | null = null;

/** Until the file is away, or so many rows are taken: then it is killed. */
async function run(until: number): Promise<void> {
  const began = performance.now();
  const child = fork(join(import.meta.dirname, 'node.ts'), {
    env: { ...process.env, EXTRACT_DATA: data, EXTRACT_FOLDER: root, EXTRACT_FORMAT: format },
    execArgv: [],
  });
  node = child;
  let first = true;
  let told = began;
  const done = Promise.withResolvers<void>();
  child.on('message', (message) => {
    const {
      opened,
      stand: now,
      logged,
    } = message as {
      opened?: ExtractStand & { ms: number };
      stand?: ExtractStand;
      logged?: string;
    };
    if (opened !== undefined)
      say(
        `the store was opened in ${opened.ms.toFixed(0)} ms; on the disk: row ${opened.nth ?? 0}, ${opened.received} messages`,
      );
    if (logged !== undefined) {
      if (/reading a file/.test(logged)) progress++;
      say(`  ${seconds().toFixed(0)} s: ${logged}`);
    }
    if (now === undefined) return;
    if (first && now.received > (stand?.received ?? 0)) {
      first = false;
      say(
        `  the first new row ${((performance.now() - began) / 1_000).toFixed(1)} s after the process was started`,
      );
    }
    stand = now;
    most = Math.max(most, now.most);
    mostStored = Math.max(mostStored, stored());
    mostQueued = Math.max(mostQueued, now.queued);
    if (performance.now() - told > 10_000) {
      told = performance.now();
      say(
        `  ${seconds().toFixed(0)} s: ${now.received} messages, ${now.queued} queued, rss ${(now.rss / 2 ** 20).toFixed(0)} MB (anonymous ${(now.anonymous / 2 ** 20).toFixed(0)}, heap ${(now.heap / 2 ** 20).toFixed(0)}, external ${(now.external / 2 ** 20).toFixed(0)}), store ${(stored() / GB).toFixed(2)} GB`,
      );
    }
    if ((now.nth ?? 0) >= until) {
      child.kill('SIGKILL');
      done.resolve();
    }
    if (existsSync(join(root, 'archive', `night.${format}`)) && now.queued === 0 && now.nth === null) {
      child.send('stop');
      done.resolve();
    }
  });
  child.once('exit', (code) => done.reject(new Error(`the engine ended with ${code}`)));
  await done.promise;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  node = null;
}

for (let kill = 1; kill <= kills; kill++) {
  await run(Math.floor((rows * kill) / (kills + 1)));
  reached.push((stand as ExtractStand | null)?.nth ?? 0);
  say(`killed by SIGKILL at row ${reached.at(-1)}`);
}
await run(Number.POSITIVE_INFINITY);
const took = seconds();
const store = await openProofStore(data);
from = performance.now();
let next = 500_000;
const taken = await judgeTaken(store, { rows, size }, (looked) => {
  if (looked < next) return;
  next += 500_000;
  say(`  ${seconds().toFixed(0)} s: ${looked} messages looked at`);
});
const { delivered, dead, rejected } = await store.ledger();
await store.close();

const kept =
  taken.missing + taken.twice + taken.wrong === 0 &&
  delivered === rows &&
  dead + rejected === 0 &&
  taken.files === 1;
const table: readonly (readonly [string, string])[] = [
  ['file', `${gigabytes} GB ${format}, ${rows.toLocaleString('en')} rows of ${size} bytes`],
  ['machine', `${cpus().length} x ${cpus()[0]?.model ?? ''}, Node ${process.versions.node}`],
  ['taken in', `${took.toFixed(0)} s, kills and starts included`],
  ['rows a second', Math.round(rows / took).toLocaleString('en')],
  ['MB a second', ((gigabytes * 1_000) / took).toFixed(1)],
  ['most memory (RSS)', `${(most / 2 ** 20).toFixed(0)} MB`],
  ['most in the queue', String(mostQueued)],
  ['store', `${(stored() / GB).toFixed(2)} GB at the end, ${(mostStored / GB).toFixed(2)} at most`],
  ['progress told', `${progress} times`],
  ['killed', `${kills} times, at rows ${reached.join(', ')}`],
  ['rows missing', String(taken.missing)],
  ['rows twice', String(taken.twice)],
  ['rows not as written', String(taken.wrong)],
  ['delivered, dead, rejected', `${delivered}, ${dead}, ${rejected}`],
  ['all looked up in', `${seconds().toFixed(0)} s`],
];
for (const [name, value] of table) say(`${name.padEnd(28)}${value}`);
say(kept ? 'Each row was taken once.' : 'BROKEN: not each row was taken once.');
process.exit(kept ? 0 : 1);
