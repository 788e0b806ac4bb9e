/**
 * Times as HL7 v2 (DTM, TS, DT) and FHIR (date, dateTime, instant) write them. A time without an offset is
 * in the site's zone, an IANA name; offsets come from the runtime's own time zone data.
 */

/** A time to the precision it was given with. Offsets in minutes east of UTC. */
export interface Moment {
  readonly year: number;
  readonly month?: number;
  readonly day?: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  /** With its point, as written: `.123`. */
  readonly fraction?: string;
  readonly offset?: number;
}

/** HL7 v2.9 chapter 2A.2.22 (DTM): YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]. */
const HL7 =
  /^(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,9})?)?)?)?)?)?(?:([+-])(\d\d)(\d\d))?$/;
const FHIR =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(\.\d{1,9})?)?(?:Z|([+-])(\d\d):(\d\d))?)?)?)?$/;

/**
 * Reads a time of either writing; `undefined` when it is none, or no day of the calendar.
 * @example
 * readTime('202601311200-0500') // { year: 2026, month: 1, day: 31, hour: 12, minute: 0, offset: -300 }
 */
export function readTime(text: string): Moment | undefined {
  const match = HL7.exec(text) ?? FHIR.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = numberOf(match[2]);
  const day = numberOf(match[3]);
  const hour = numberOf(match[4]);
  const minute = numberOf(match[5]);
  const second = numberOf(match[6]);
  if (!(year > 0) || (month !== undefined && (month < 1 || month > 12))) return undefined;
  if (day !== undefined && (day < 1 || day > daysIn(year, month as number))) return undefined;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return undefined;
  let offset: number | undefined;
  if (match[8] !== undefined) {
    const [hours, minutes] = [Number(match[9]), Number(match[10])];
    if (hours > 14 || minutes > 59) return undefined;
    offset = (match[8] === '-' ? -1 : 1) * (hours * 60 + minutes);
  } else if (text.endsWith('Z')) offset = 0;
  const moment: { -readonly [K in keyof Moment]: Moment[K] } = { year };
  if (month !== undefined) moment.month = month;
  if (day !== undefined) moment.day = day;
  if (hour !== undefined) moment.hour = hour;
  if (minute !== undefined) moment.minute = minute;
  if (second !== undefined) moment.second = second;
  if (match[7] !== undefined) moment.fraction = match[7];
  if (offset !== undefined) moment.offset = offset;
  return moment;
}

const numberOf = (digits: string | undefined): number | undefined =>
  digits === undefined ? undefined : Number(digits);

const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (lengths[month - 1] as number);
}

/**
 * As a FHIR date or dateTime, to the precision given; with a time of day always with an offset, and with
 * seconds (R4 dateTime demands both).
 * @example
 * fhirDateTime({ year: 2026, month: 1, day: 31, hour: 12 }, 'America/New_York') // '2026-01-31T12:00:00-05:00'
 */
export function fhirDateTime(moment: Moment, timeZone: string): string {
  if (moment.hour === undefined) return fhirDate(moment);
  const { hour, minute = 0, second = 0, fraction = '' } = moment;
  const offset = offsetText(moment.offset ?? zoneOffset(moment, timeZone));
  return `${fhirDate(moment)}T${two(hour)}:${two(minute)}:${two(second)}${fraction}${offset}`;
}

/** The date as written, without the time of day: what a birth date is, whatever the offset beside it. */
export function fhirDate({ year, month, day }: Moment): string {
  const text = String(year).padStart(4, '0');
  if (month === undefined) return text;
  return day === undefined ? `${text}-${two(month)}` : `${text}-${two(month)}-${two(day)}`;
}

/** Milliseconds since 1970; `undefined` without a time of day. */
export function instantOf(moment: Moment, timeZone: string): number | undefined {
  if (moment.hour === undefined) return undefined;
  return asIfUtc(moment) - (moment.offset ?? zoneOffset(moment, timeZone)) * 60_000;
}

const two = (number: number): string => (number < 10 ? `0${number}` : String(number));

const offsetText = (minutes: number): string => {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
};

function asIfUtc({ year, month = 1, day = 1, hour = 0, minute = 0, second = 0, fraction }: Moment): number {
  const date = new Date(
    Date.UTC(2000, month - 1, day, hour, minute, second, fraction ? Number(`0${fraction}`) * 1_000 : 0),
  );
  date.setUTCFullYear(year, month - 1, day);
  return date.getTime();
}

const DAY = 86_400_000;

/**
 * The zone's offset at a local time. When clocks go back and the time happens twice, the first one is meant;
 * when they go forward and it does not happen, the offset before the change keeps the instant right.
 */
function zoneOffset(moment: Moment, timeZone: string): number {
  const local = asIfUtc(moment);
  const before = offsetAt(local - DAY, timeZone);
  if (offsetAt(local - before * 60_000, timeZone) === before) return before;
  const after = offsetAt(local + DAY, timeZone);
  return offsetAt(local - after * 60_000, timeZone) === after ? after : before;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, number>();
const OFFSETS_KEPT = 20_000;
/** No zone changes its offset but at a quarter of an hour. */
const QUARTER = 900_000;

function offsetAt(instant: number, timeZone: string): number {
  const quarter = Math.floor(instant / QUARTER);
  const key = `${timeZone} ${quarter}`;
  const known = offsets.get(key);
  if (known !== undefined) return known;
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
    formats.set(timeZone, format);
  }
  const name =
    format.formatToParts(quarter * QUARTER).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const match = /([+-])(\d\d):(\d\d)/.exec(name);
  const offset = match ? (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) : 0;
  if (offsets.size >= OFFSETS_KEPT) offsets.clear();
  offsets.set(key, offset);
  return offset;
}
