/** Runs ranges of seeds for `run.ts`, as a process of its own. */
import { report, simulate } from './simulate.ts';
import { added, emptyTally, type Tally, tallyOf } from './tally.ts';

export interface Done {
  readonly tally: Tally;
  /** What is to be read of seeds that failed. */
  readonly reports: readonly string[];
}

process.on('message', async ([from, to]: [number, number]) => {
  let tally = emptyTally;
  const reports: string[] = [];
  for (let seed = from; seed < to; seed++) {
    const outcome = await simulate(seed);
    if (outcome.broken) reports.push(report(outcome));
    tally = added(tally, tallyOf(outcome));
  }
  process.send?.({ tally, reports } satisfies Done);
});
process.on('disconnect', () => process.exit(0));
