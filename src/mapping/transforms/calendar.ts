/** Counting on the calendar: lengths added to dates, and what lies between two. */
import { fhirDate, fhirDateTime, instantOf, type Moment, readTime } from '../time.ts';

export const LENGTH_UNITS = ['years', 'months', 'weeks', 'days', 'hours', 'minutes', 'seconds'] as const;
export type LengthUnit = (typeof LENGTH_UNITS)[number];

const DAY = 86_400_000;

/**
 * Years to days go by the calendar, on which the time of day stays; hours and less are time that passes.
 * `undefined` when the date is not precise enough for the length.
 */
export function addTo(
  moment: Moment,
  length: Partial<Record<LengthUnit, number>>,
  timeZone: string,
): string | undefined {
  const { year, month, day } = moment;
  const { years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0 } = length;
  const passing = (hours * 60 + minutes) * 60 + seconds;
  if (month === undefined && months !== 0) return undefined;
  if (day === undefined && (weeks !== 0 || days !== 0)) return undefined;
  if (moment.hour === undefined && passing !== 0) return undefined;
  const moved: Moment = { ...moment, ...dayAfter({ year, month, day }, years, months, weeks * 7 + days) };
  if (moved.year < 1 || moved.year > 9_999) return undefined;
  if (moved.hour === undefined) return fhirDate(moved);
  if (passing === 0) return fhirDateTime(moved, timeZone);
  const at = (instantOf(moved, timeZone) as number) + passing * 1_000;
  const offset = moved.offset;
  const utc = readTime(new Date(at).toISOString()) as Moment;
  return offset === undefined ? localTime(utc, timeZone) : shifted(at, offset);
}

interface Day {
  readonly year: number;
  readonly month?: number | undefined;
  readonly day?: number | undefined;
}

function dayAfter({ year, month, day }: Day, years: number, months: number, days: number): Moment {
  if (month === undefined) return { year: year + years };
  const count = year * 12 + (month - 1) + years * 12 + months;
  const [to, in0] = [Math.floor(count / 12), ((count % 12) + 12) % 12];
  if (day === undefined) return { year: to, month: in0 + 1 };
  const last = new Date(Date.UTC(2000, in0 + 1, 0)).getUTCDate();
  const leap = to % 4 === 0 && (to % 100 !== 0 || to % 400 === 0);
  const most = in0 === 1 && !leap ? 28 : last;
  const date = utcDay(to, in0, Math.min(day, most));
  const moved = new Date(date + days * DAY);
  return { year: moved.getUTCFullYear(), month: moved.getUTCMonth() + 1, day: moved.getUTCDate() };
}

/** Years below 100 are years, too. */
function utcDay(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(2000, month, day));
  date.setUTCFullYear(year, month, day);
  return date.getTime();
}

/** The same instant on the clocks of a zone. */
export function localTime(moment: Moment, timeZone: string): string {
  const at = instantOf(moment, timeZone);
  return at === undefined ? fhirDate(moment) : shifted(at, zoneMinutes(at, timeZone));
}

function shifted(at: number, offset: number): string {
  const { year, month, day, hour, minute, second } = readTime(
    new Date(at + offset * 60_000).toISOString(),
  ) as Required<Moment>;
  return fhirDateTime({ year, month, day, hour, minute, second, offset }, 'UTC');
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes east of UTC that a zone's clocks show at an instant. */
export function zoneMinutes(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    formats.set(timeZone, format);
  }
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /([+-])(\d\d):(\d\d)/.exec(name);
  return match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
}

/** Whole units between two days; `undefined` when either has no day, or the second is before the first. */
export function ageBetween(
  from: Moment,
  to: Moment,
  unit: 'years' | 'months' | 'weeks' | 'days',
): number | undefined {
  if (from.month === undefined || from.day === undefined) return undefined;
  if (to.month === undefined || to.day === undefined) return undefined;
  const days = (utcDay(to.year, to.month - 1, to.day) - utcDay(from.year, from.month - 1, from.day)) / DAY;
  if (days < 0) return undefined;
  if (unit === 'days') return days;
  if (unit === 'weeks') return Math.floor(days / 7);
  const months = (to.year - from.year) * 12 + (to.month - from.month) - (to.day < from.day ? 1 : 0);
  return unit === 'months' ? months : Math.floor(months / 12);
}
