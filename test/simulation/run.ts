/**
 * `npm run simulate`: seeds of the simulated world, in ranges, on all cores.
 *
 *     --seeds N     how many (100,000)
 *     --from S      the first (1)
 *     --seed N      this one alone, with its whole event log
 *     --resume      goes on where the tally stands; without it the tally begins anew
 *     --workers N   processes (as many as there are cores)
 *     --tally FILE  where the figures are kept (docs/simulation.json; docs/simulation.md shows them)
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usage } from '../../scripts/usage.ts';
import { report, simulate } from './simulate.ts';
import { added, emptyTally, readTally, remaining, seedsOf, type Tally, writeTally } from './tally.ts';
import type { Done } from './worker.ts';

usage(import.meta.filename);

const docs = join(import.meta.dirname, '..', '..', 'docs');
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    resume: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
    tally: { type: 'string', default: join(docs, 'simulation.json') },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Seeds that a process runs between two words. */
const BLOCK = 250;
const TELL_EVERY = 10_000;

async function one(seed: number): Promise<boolean> {
  const outcome = await simulate(seed);
  say(report(outcome, Number.POSITIVE_INFINITY));
  say(JSON.stringify(outcome.counts));
  return outcome.broken === null;
}

async function many(): Promise<boolean> {
  const from = Number(values.from);
  let tally: Tally = values.resume ? readTally(values.tally) : emptyTally;
  const blocks = remaining(tally, from, from + Number(values.seeds), BLOCK);
  const before = seedsOf(tally);
  if (before > 0) say(`${before} seeds were done before`);
  const began = performance.now();
  let told = began;
  const tell = (): void => {
    told = performance.now();
    writeTally(values.tally, tally);
    const now = seedsOf(tally) - before;
    const rate = now / ((performance.now() - began) / 1_000);
    const rules = Object.entries(tally.broken).map(([rule, seeds]) => `${rule} (seeds ${seeds.join(', ')})`);
    say(
      `${seedsOf(tally)} seeds done (${now} now, ${rate.toFixed(0)} a second), ${tally.sums.messages} messages, ${tally.sums.arrivals} arrivals, ${tally.sums.starts} starts; ${rules.length === 0 ? 'all rules hold' : `BROKEN: ${rules.join('; ')}`}`,
    );
  };
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(join(import.meta.dirname, 'worker.ts'), { execArgv: process.execArgv });
      const next = (): void => {
        const block = blocks.shift();
        if (block) child.send(block);
        else child.disconnect();
      };
      child.on('message', (done: Done) => {
        tally = added(tally, done.tally);
        for (const text of done.reports) say(text);
        if (performance.now() - told > TELL_EVERY) tell();
        next();
      });
      child.on('error', reject);
      child.on('exit', (code) =>
        code === 0 ? resolve() : reject(new Error(`a process ended with ${code}`)),
      );
      next();
    });
  await Promise.all(Array.from({ length: Math.min(Number(values.workers), blocks.length) }, work));
  tell();
  return Object.keys(tally.broken).length === 0;
}

process.exitCode = (values.seed === undefined ? await many() : await one(Number(values.seed))) ? 0 : 1;
