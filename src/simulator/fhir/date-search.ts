import { instantOf } from '../world/calendar.ts';

const pattern =
  /^([a-z]{2})?(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** The instants a date covers: from `begin` up to, not including, `end`. */
export interface Covered {
  readonly prefix: string;
  readonly begin: number;
  readonly end: number;
}

/** Reads a date with or without a prefix; undefined when it is none. Without a zone it is the server's local time. */
export function readDate(value: string, timeZone: string): Covered | undefined {
  // A plus sign that was not percent-encoded arrives as a space.
  const match = pattern.exec(value.replace(' ', '+'));
  if (!match) return undefined;
  const [, prefix = 'eq', year, month, date, hours, minutes, seconds, fraction, zone] = match;
  const parts = [year, month ?? 1, date ?? 1, hours ?? 0, minutes ?? 0].map(Number);
  const [y = 0, m = 1, d = 1, h = 0, min = 0] = parts;
  if (m < 1 || m > 12 || d < 1 || d > new Date(Date.UTC(y, m, 0)).getUTCDate()) return undefined;
  if (h > 23 || min > 59 || Number(seconds ?? 0) > 59) return undefined;
  const offset = zone === undefined ? undefined : zone === 'Z' ? 0 : zoneMinutes(zone);
  const at = (...moment: [number, number, number, number?, number?, number?]) => {
    if (offset === undefined) return instantOf(moment, timeZone);
    const [yy, mm, dd, hh = 0, mi = 0, ms = 0] = moment;
    return Date.UTC(yy, mm - 1, dd, hh, mi, 0, ms) - offset * 60_000;
  };
  const milliseconds = Math.round((Number(seconds ?? 0) + Number(fraction ?? 0)) * 1000);
  const begin = at(y, m, d, h, min, milliseconds);
  if (month === undefined) return { prefix, begin, end: at(y + 1, 1, 1) };
  if (date === undefined) return { prefix, begin, end: at(y, m + 1, 1) };
  if (hours === undefined) return { prefix, begin, end: at(y, m, d + 1) };
  if (seconds === undefined) return { prefix, begin, end: begin + 60_000 };
  return { prefix, begin, end: begin + (fraction === undefined ? 1000 : 1) };
}

function zoneMinutes(zone: string): number {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6));
  return zone.startsWith('-') ? -minutes : minutes;
}

/** Whether a record that lasts from `start` to `end` (undefined: still going on) passes. */
export type DateTest = (start: number, end: number | undefined) => boolean;

/**
 * The test a date parameter stands for; undefined when it cannot be read. Epic takes eq, lt, le, gt and ge only.
 * @example dateTests('ge2026-05-01', 'America/Chicago')
 */
export function dateTests(value: string, timeZone: string): DateTest | undefined {
  const covered = readDate(value, timeZone);
  if (!covered) return undefined;
  const { prefix, begin, end } = covered;
  const lasting = (until: number | undefined) => until ?? Number.POSITIVE_INFINITY;
  switch (prefix) {
    case 'eq':
      return (start) => start >= begin && start < end;
    case 'lt':
      return (start) => start < begin;
    case 'le':
      return (start) => start < end;
    case 'gt':
      return (_start, until) => lasting(until) >= end;
    case 'ge':
      return (_start, until) => lasting(until) >= begin;
    default:
      return undefined;
  }
}
