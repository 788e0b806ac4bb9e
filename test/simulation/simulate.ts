/** One seed from beginning to end. */
import { createHash } from 'node:crypto';
import { World, type WorldOptions } from './world.ts';

export interface Outcome {
  readonly seed: number;
  /** The rule that does not hold, and what was seen; `null` when all hold. */
  readonly broken: { readonly rule: string; readonly what: string } | null;
  /** Of the event log: the same seed, the same hash. */
  readonly hash: string;
  readonly lines: readonly string[];
  readonly counts: Counts;
}

export interface Counts {
  readonly events: number;
  readonly messages: number;
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly arrivals: number;
  /** Arrived again, and marked as possible duplicates. */
  readonly repeats: number;
  readonly starts: number;
  /** Virtual milliseconds. */
  readonly virtual: number;
}

export async function simulate(seed: number, options: WorldOptions = {}): Promise<Outcome> {
  const world = new World(seed, options);
  await world.run();
  const { rules, scheduler, disk } = world;
  const broken = rules.broken;
  return {
    seed,
    broken: broken && { rule: broken.rule, what: broken.message },
    hash: createHash('sha256').update(scheduler.lines.join('\n')).digest('hex').slice(0, 16),
    lines: scheduler.lines,
    counts: {
      events: scheduler.events,
      messages: disk.state.messages.size,
      acknowledged: rules.acknowledged.size,
      deliveries: disk.state.deliveries.size,
      arrivals: rules.arrivals,
      repeats: rules.repeats,
      starts: disk.state.last.opening,
      virtual: Math.round(scheduler.now),
    },
  };
}

/** What a person needs to look into a seed that fails. */
export function report({ seed, broken, hash, lines }: Outcome, tail = 40): string {
  return [
    `seed ${seed}: ${broken?.what ?? 'all rules hold'} (log ${hash})`,
    ...lines.slice(-tail).map((line) => `  ${line}`),
    `  again: npm run simulate -- --seed ${seed}`,
  ].join('\n');
}
