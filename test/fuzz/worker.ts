import { parentPort, workerData } from 'node:worker_threads';
import { causeOf, failureOf } from './case.ts';
import { inputOf, messagesOf } from './input.ts';
import type { Tally } from './tally.ts';

const { corpus, progress } = workerData as { corpus: string | undefined; progress: Float64Array };
const messages = corpus === undefined ? [] : messagesOf(corpus);

parentPort?.on('message', ([from, to]: [number, number]) => {
  const failures: Record<string, { count: number; seed: number }> = {};
  let bytes = 0;
  let slowest = { seed: -1, ms: 0 };
  for (let seed = from; seed < to; seed += 1) {
    // The parent looks here to see which case hangs.
    progress[0] = seed;
    const input = inputOf(seed, messages);
    bytes += input.length;
    const began = performance.now();
    const failure = failureOf(seed, input);
    const ms = performance.now() - began;
    if (ms > slowest.ms) slowest = { seed, ms };
    if (failure === undefined) continue;
    const cause = causeOf(failure);
    failures[cause] = { seed: failures[cause]?.seed ?? seed, count: (failures[cause]?.count ?? 0) + 1 };
  }
  parentPort?.postMessage({ done: [[from, to]], bytes, failures, slowest } satisfies Tally);
});
