import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What has been run so far, over any number of runs. */
export interface Tally {
  /** Seeds done, as ranges `[from, to)` that neither touch nor overlap. */
  readonly done: readonly (readonly [from: number, to: number])[];
  readonly bytes: number;
  /** By cause: how often, and the first seed. */
  readonly failures: Readonly<Record<string, { readonly count: number; readonly seed: number }>>;
  /** The case that took longest. */
  readonly slowest: { readonly seed: number; readonly ms: number };
}

export const emptyTally: Tally = { done: [], bytes: 0, failures: {}, slowest: { seed: -1, ms: 0 } };

export const casesOf = ({ done }: Tally): number => done.reduce((sum, [from, to]) => sum + to - from, 0);

export function added(a: Tally, b: Tally): Tally {
  const failures: Record<string, { count: number; seed: number }> = { ...a.failures };
  for (const [cause, { count, seed }] of Object.entries(b.failures)) {
    const known = failures[cause];
    failures[cause] = known
      ? { count: known.count + count, seed: Math.min(known.seed, seed) }
      : { count, seed };
  }
  const slowest = b.slowest.ms > a.slowest.ms ? b.slowest : a.slowest;
  return { done: merged([...a.done, ...b.done]), bytes: a.bytes + b.bytes, failures, slowest };
}

/** Ranges that touch or overlap are one. */
export function merged(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const whole: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = whole.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}

/** The ranges of `[from, to)` that are not done, in blocks. */
export function remaining(
  tally: Pick<Tally, 'done'>,
  from: number,
  to: number,
  block: number,
): [number, number][] {
  const blocks: [number, number][] = [];
  let at = from;
  for (const [start, end] of [...tally.done, [to, to] as const]) {
    for (; at < Math.min(start, to); at = Math.min(at + block, start, to))
      blocks.push([at, Math.min(at + block, start, to)]);
    at = Math.max(at, end);
  }
  return blocks;
}

export const readTally = (file: string): Tally =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tally) : emptyTally;

/** Written beside and moved into place: a run that is cut leaves the tally before. */
export function writeTally(file: string, tally: Tally): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(tally, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}
