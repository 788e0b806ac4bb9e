/**
 * `node test/fuzz/run.ts --cases 10000000`: generated and mutated messages against everything that the codec promises.
 *
 *     --cases N         how many (10,000,000)
 *     --seed-from N     the first seed (0); what the tally says is done is not done again
 *     --workers N       threads (one less than there are cores)
 *     --tally FILE      what has been done, over all runs; also what makes a run resumable
 *     --corpus FOLDER   messages to mutate, besides our own
 *     --failures FOLDER where smaller inputs that fail are kept (test-output/fuzz)
 *     --seed N          runs one case alone, shows its bytes, and makes them smaller when it fails
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { usage } from '../../scripts/usage.ts';
import { failureOf, shrunk } from './case.ts';
import { inputOf, messagesOf } from './input.ts';
import { added, casesOf, emptyTally, readTally, remaining, type Tally, writeTally } from './tally.ts';

usage(import.meta.filename);

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000000' },
    'seed-from': { type: 'string', default: '0' },
    workers: { type: 'string', default: String(Math.max(1, availableParallelism() - 1)) },
    tally: { type: 'string' },
    corpus: { type: 'string' },
    failures: { type: 'string', default: join(import.meta.dirname, '..', '..', 'test-output', 'fuzz') },
    seed: { type: 'string' },
  },
});
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Runs one case again, keeps its bytes as small as they can be. False when it fails. */
function replay(seed: number): boolean {
  const input = inputOf(seed, values.corpus === undefined ? [] : messagesOf(values.corpus));
  const failure = failureOf(seed, input);
  if (failure === undefined) {
    say(`seed ${seed}: ${input.length} bytes, fine\n${JSON.stringify(input.toString('latin1'))}`);
    return true;
  }
  const small = shrunk(failure, input);
  mkdirSync(values.failures, { recursive: true });
  const file = join(values.failures, `seed-${seed}.hl7`);
  writeFileSync(file, small);
  say(
    `seed ${seed} FAILS with ${input.length} bytes, and with these ${small.length}, kept in ${file}:\n${JSON.stringify(small.toString('latin1'))}\n${failureOf(seed, small)?.stack ?? failure.stack}`,
  );
  return false;
}

/** A case that takes longer than this does not end. */
const hangMs = 30_000;

async function run(): Promise<boolean> {
  const first = Number(values['seed-from']);
  const last = first + Number(values.cases);
  let tally: Tally = values.tally === undefined ? emptyTally : readTally(values.tally);
  const blocks = remaining(tally, first, last, 2_000);
  const before = casesOf(tally);
  if (before > 0) say(`${before} cases were done before`);
  let hanging = false;
  const began = performance.now();
  let told = began;
  let ran = 0;
  await Promise.all(Array.from({ length: Math.min(Number(values.workers), blocks.length) }, work));
  report();
  for (const { seed } of Object.values(tally.failures)) replay(seed);
  return !hanging && Object.keys(tally.failures).length === 0;

  function report(): void {
    if (values.tally !== undefined) writeTally(values.tally, tally);
    const rate = ran / ((performance.now() - began) / 1_000);
    const causes = Object.keys(tally.failures).length;
    say(
      `${casesOf(tally)} cases done (${ran} now, ${rate.toFixed(0)} a second), ${(tally.bytes / 1e6).toFixed(0)} MB, ${causes} causes of failure, slowest ${tally.slowest.ms.toFixed(0)} ms (seed ${tally.slowest.seed})`,
    );
  }

  function work(): Promise<void> {
    const progress = new Float64Array(new SharedArrayBuffer(8));
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { corpus: values.corpus, progress },
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    });
    return new Promise((resolve, reject) => {
      let seen = -1;
      let since = performance.now();
      const watch = setInterval(() => {
        if (progress[0] !== seen) {
          seen = progress[0] as number;
          since = performance.now();
        } else if (performance.now() - since > hangMs) {
          hanging = true;
          say(`seed ${seen} DOES NOT END`);
          finish();
        }
      }, 1_000);
      const finish = (): void => {
        clearInterval(watch);
        void worker.terminate().then(() => resolve());
      };
      const next = (): void => {
        const block = blocks.shift();
        if (block === undefined) finish();
        else worker.postMessage(block);
      };
      worker.on('message', (part: Tally) => {
        for (const [cause, { seed }] of Object.entries(part.failures))
          if (tally.failures[cause] === undefined) say(`seed ${seed} FAILS: ${cause}`);
        tally = added(tally, part);
        ran += casesOf(part);
        if (performance.now() - told > 10_000) {
          told = performance.now();
          report();
        }
        next();
      });
      worker.on('error', (error) => {
        clearInterval(watch);
        reject(new Error(`the worker ended at seed ${progress[0]}`, { cause: error }));
      });
      next();
    });
  }
}

process.exit((values.seed === undefined ? await run() : replay(Number(values.seed))) ? 0 : 1);
