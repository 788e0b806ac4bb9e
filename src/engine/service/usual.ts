/**
 * What is usual in an hour of the week, learnt from what came, and how much of it is missing. Pure. The rule counts what should
 * have come on a day like this one, instead of waiting for a length of time: that suits nights and Sundays as well as Mondays.
 */
import { countsAt, localTimeOf, type SiteRecord } from '../../site/index.ts';

export const HOUR = 3_600_000;
const WEEK = 168;
/** A median over more weeks follows the seasons too slowly. */
export const WEEKS_LEARNT = 8;
/** A median of fewer says nothing: one strange week would be what is usual. */
export const WEEKS_NEEDED = 3;
/** So many should have come and have not: by chance once in 160,000 (e^-12). */
export const MISSED = 12;
/** The day's level is that of so many hours before the quiet. */
const LEVEL_HOURS = 6;
const SMOOTHING = 4;
/** A slow day is a slow day; less than this is no day any more. */
const LOWEST_LEVEL = 0.2;

/** What came, hour by hour. */
export interface Arrivals {
  /** The first hour counted; hours since 1970. */
  readonly from: number;
  /** Of that hour and those behind it. */
  readonly counts: readonly number[];
}

export type Learnt =
  | { readonly state: 'learning'; readonly weeks: number }
  /** What comes in a usual week is too little to be missed. */
  | { readonly state: 'too few'; readonly aWeek: number }
  | { readonly state: 'known'; readonly usual: Usual };

/** How many usually come in an hour of the week. @param hour Since 1970. */
export type Usual = (hour: number) => number;

const hourOfWeek = (timeZone: string, hour: number): string => {
  const { weekday, time } = localTimeOf(timeZone, hour * HOUR);
  return `${weekday} ${time.slice(0, 2)}`;
};

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [one, other] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return ((one ?? 0) + (other ?? 0)) / 2;
}

/** Hours of holidays and of maintenance teach nothing. @param connections By which they come. */
export function learn(site: SiteRecord, { from, counts }: Arrivals, connections: readonly string[]): Learnt {
  const weeks = Math.floor(counts.length / WEEK);
  if (weeks < WEEKS_NEEDED) return { state: 'learning', weeks };
  const seen = new Map<string, number[]>();
  for (const [index, count] of counts.slice(-WEEKS_LEARNT * WEEK).entries()) {
    const hour = from + Math.max(0, counts.length - WEEKS_LEARNT * WEEK) + index;
    if (!countsAt(site, hour * HOUR, { connections })) continue;
    const name = hourOfWeek(site.timeZone, hour);
    const known = seen.get(name);
    if (known === undefined) seen.set(name, [count]);
    else known.push(count);
  }
  const medians = new Map([...seen].map(([name, all]) => [name, median(all)]));
  const aWeek = [...medians.values()].reduce((sum, one) => sum + one, 0);
  if (aWeek < MISSED) return { state: 'too few', aWeek };
  const known = new Map<number, number>();
  const usual = (hour: number): number => {
    let found = known.get(hour);
    if (found === undefined) {
      if (known.size > 2 * WEEK) known.clear();
      found = medians.get(hourOfWeek(site.timeZone, hour)) ?? 0;
      known.set(hour, found);
    }
    return found;
  };
  return { state: 'known', usual };
}

/** How the hours before the quiet compare with what is usual: 0.2 to 1. */
function levelOf({ from, counts }: Arrivals, usual: Usual, quietSince: number): number {
  const last = Math.floor(quietSince / HOUR);
  let seen = 0;
  let expected = 0;
  for (let hour = last - LEVEL_HOURS; hour < last; hour++) {
    const count = counts[hour - from];
    if (count === undefined) continue;
    seen += count;
    expected += usual(hour);
  }
  return Math.min(1, Math.max(LOWEST_LEVEL, (seen + SMOOTHING) / (expected + SMOOTHING)));
}

/** How many should have come since then, on a day like this. */
export function missedSince(
  site: SiteRecord,
  arrivals: Arrivals,
  usual: Usual,
  quiet: { readonly since: number; readonly now: number; readonly connections: readonly string[] },
): number {
  const { since, now, connections } = quiet;
  const PIECE = site.calendar === undefined ? HOUR : HOUR / 12;
  let missed = 0;
  for (let at = since; at < now; ) {
    const next = Math.min(now, (Math.floor(at / PIECE) + 1) * PIECE);
    const expected = usual(Math.floor(at / HOUR));
    if (expected > 0 && countsAt(site, at, { connections })) missed += (expected * (next - at)) / HOUR;
    at = next;
  }
  return missed * levelOf(arrivals, usual, since);
}
