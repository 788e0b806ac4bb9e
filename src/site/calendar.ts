/** A site's calendar asked about a point of time: is somebody there, is it down on purpose. */
import { WEEKDAYS, type Weekday } from './record/calendar.ts';
import type { SiteRecord } from './record.ts';

/** A point of time as a clock and a calendar on the site's wall show it. */
export interface LocalTime {
  /** `2026-11-21`. */
  readonly day: string;
  /** `07:05`. */
  readonly time: string;
  readonly weekday: Weekday;
}

const formats = new Map<string, Intl.DateTimeFormat>();
/** Of one moment several things are asked. */
let latest: { readonly timeZone: string; readonly at: number; readonly local: LocalTime } | undefined;

/** @param at Milliseconds since 1970. */
export function localTimeOf(timeZone: string, at: number): LocalTime {
  if (latest?.at === at && latest.timeZone === timeZone) return latest.local;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const local: LocalTime = {
    day: `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}`,
    time: `${part('hour')}:${part('minute')}`,
    weekday: part('weekday') as Weekday,
  };
  latest = { timeZone, at, local };
  return local;
}

interface Hours {
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly until: string;
}

const dayBefore = (weekday: Weekday): Weekday => WEEKDAYS[(WEEKDAYS.indexOf(weekday) + 6) % 7] as Weekday;

/** The weekday on which the hours began that hold now; `undefined`: they do not hold. */
function beganOn(
  { days, from, until }: Hours,
  { time, weekday }: LocalTime,
): 'today' | 'yesterday' | undefined {
  const overnight = until <= from;
  if (days.includes(weekday) && time >= from && (overnight || time < until)) return 'today';
  if (overnight && days.includes(dayBefore(weekday)) && time < until) return 'yesterday';
  return undefined;
}

/**
 * Whether somebody is at work there; `undefined` when the record says nothing of it. Hours that begin on a holiday do not
 * count; those that began the evening before do.
 */
export function staffedAt({ calendar, timeZone }: SiteRecord, at: number): boolean | undefined {
  if (calendar?.staffed === undefined) return undefined;
  const now = localTimeOf(timeZone, at);
  const holiday = (day: string): boolean => calendar.holidays?.[day] !== undefined;
  return calendar.staffed.some((hours) => {
    const began = beganOn(hours, now);
    if (began === undefined) return false;
    // By the calendar, not by 24 hours: days are 23 to 25 hours long.
    return !holiday(began === 'today' ? now.day : previousDay(now.day));
  });
}

const previousDay = (day: string): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

/** What is down on purpose at that time, and why; `undefined`: nothing. */
export function maintenanceAt(
  { calendar, timeZone }: SiteRecord,
  at: number,
  connection?: string,
): { readonly name: string; readonly note?: string } | undefined {
  const now = localTimeOf(timeZone, at);
  const local = `${now.day}T${now.time}`;
  for (const [name, window] of Object.entries(calendar?.maintenance ?? {})) {
    const { starts, ends, weekly, connections, note } = window;
    if (connections !== undefined && (connection === undefined || !connections.includes(connection)))
      continue;
    const holds =
      weekly === undefined
        ? starts !== undefined && ends !== undefined && local >= starts && local < ends
        : beganOn(weekly, now) !== undefined;
    if (holds) return { name, ...(note === undefined ? {} : { note }) };
  }
  return undefined;
}
