/** What has been simulated, over any number of runs, and the page that shows it. */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Counts, Outcome } from './simulate.ts';

export interface Tally {
  /** Seeds done, as ranges `[from, to)` that neither touch nor overlap. */
  readonly done: readonly (readonly [from: number, to: number])[];
  readonly sums: Counts;
  /** By rule: the seeds that break it, the first ten. */
  readonly broken: Readonly<Record<string, readonly number[]>>;
}

const NONE: Counts = {
  events: 0,
  messages: 0,
  acknowledged: 0,
  deliveries: 0,
  arrivals: 0,
  repeats: 0,
  starts: 0,
  virtual: 0,
};

export const emptyTally: Tally = { done: [], sums: NONE, broken: {} };

export const seedsOf = ({ done }: Tally): number => done.reduce((sum, [from, to]) => sum + to - from, 0);

export function tallyOf({ seed, counts, broken }: Outcome): Tally {
  return { done: [[seed, seed + 1]], sums: counts, broken: broken ? { [broken.rule]: [seed] } : {} };
}

export function added(a: Tally, b: Tally): Tally {
  const sums = { ...a.sums };
  for (const name of Object.keys(NONE) as (keyof Counts)[]) {
    Object.assign(sums, { [name]: a.sums[name] + b.sums[name] });
  }
  const broken: Record<string, readonly number[]> = { ...a.broken };
  for (const [rule, seeds] of Object.entries(b.broken)) {
    broken[rule] = [...(broken[rule] ?? []), ...seeds].sort((x, y) => x - y).slice(0, 10);
  }
  return { done: merged([...a.done, ...b.done]), sums, broken };
}

function merged(ranges: readonly (readonly [number, number])[]): [number, number][] {
  const whole: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = whole.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else whole.push([from, to]);
  }
  return whole;
}

/** The seeds of `[from, to)` that are not done, in ranges of at most `block`. */
export function remaining(tally: Tally, from: number, to: number, block: number): [number, number][] {
  const blocks: [number, number][] = [];
  let at = from;
  for (const [start, end] of [...tally.done, [to, to] as const]) {
    for (; at < Math.min(start, to); at = Math.min(at + block, start, to)) {
      blocks.push([at, Math.min(at + block, start, to)]);
    }
    at = Math.max(at, end);
  }
  return blocks;
}

/** In the file ranges are written as people write them: `1-250 501-750`. */
type Written = Omit<Tally, 'done'> & { readonly done: string };

export function readTally(file: string): Tally {
  if (!existsSync(file)) return emptyTally;
  const written = JSON.parse(readFileSync(file, 'utf8')) as Written;
  const done = written.done.split(' ').flatMap((range) => {
    const [from, last] = range.split('-').map(Number);
    return from === undefined || last === undefined ? [] : [[from, last + 1] as const];
  });
  return { ...written, done };
}

/** Written beside and moved into place: a run that is cut leaves what was there. */
function put(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const BEGIN = '<!-- figures -->';
const END = '<!-- end of figures -->';

/** Into the file, and into the page of the same name beside it, if there is one. */
export function writeTally(file: string, tally: Tally): void {
  const page = file.replace(/\.json$/, '.md');
  const done = tally.done.map(([from, to]) => `${from}-${to - 1}`).join(' ');
  put(file, `${JSON.stringify({ ...tally, done } satisfies Written, undefined, 2)}\n`);
  if (!existsSync(page)) return;
  const text = readFileSync(page, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < 0) return;
  put(page, `${text.slice(0, before)}${BEGIN}\n${figures(tally)}\n${text.slice(after)}`);
}

function figures(tally: Tally): string {
  const { sums, broken } = tally;
  const many = (count: number): string => count.toLocaleString('en-US');
  const rows: readonly (readonly [string, string])[] = [
    ['seeds', many(seedsOf(tally))],
    ['events', many(sums.events)],
    ['virtual time', `${many(Math.round(sums.virtual / 86_400_000))} days`],
    ['messages kept', many(sums.messages)],
    ['acknowledged positively', many(sums.acknowledged)],
    ['deliveries', many(sums.deliveries)],
    ['arrivals at receivers', many(sums.arrivals)],
    ['of these repeats, all marked', many(sums.repeats)],
    ['starts of an engine', many(sums.starts)],
    ['rules broken', many(Object.keys(broken).length)],
  ];
  return ['| | |', '|---|---|', ...rows.map(([name, figure]) => `| ${name} | ${figure} |`)].join('\n');
}
