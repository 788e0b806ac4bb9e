import { fhirDateTime, instantOf, readTime } from '../../time.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A FHIR date, dateTime or instant as HL7 v2 writes it (chapter 2A, DTM): to the precision given, in the zone of the site and
 * without an offset, as Epic's interfaces do. Only in the hour that happens twice when clocks go back does the
 * second one need its offset, and has it. `undefined` for what is no time.
 *
 *     siteTime('2026-01-31T18:00:00Z', 'America/Chicago')   // '20260131120000'
 *     siteTime('1987-09', 'America/Chicago')                // '198709'
 */
export function siteTime(text: string, timeZone: string): string | undefined {
  const moment = readTime(text);
  if (moment === undefined) return undefined;
  const instant = instantOf(moment, timeZone);
  if (instant === undefined) return text.replaceAll('-', '');
  const local = localDigits(instant, timeZone);
  // HL7 has four digits after the point, FHIR any number.
  const fraction = (moment.fraction ?? '').slice(0, 5).replace(/\.?0*$/, '');
  const written = `${local}${fraction}`;
  const read = readTime(local);
  const meant = read && instantOf(read, timeZone);
  if (read === undefined || meant === Math.floor(instant / 1_000) * 1_000) return written;
  // Read back it would be another instant: the later of two equal clock times.
  const offset = Math.round(
    (Date.parse(`${fhirDateTime({ ...read, offset: 0 }, 'UTC')}`) - instant) / 60_000,
  );
  const size = Math.abs(offset);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${written}${offset < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}

/** `20260131120000` */
function localDigits(instant: number, timeZone: string): string {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const year = (parts.get('year') ?? '').padStart(4, '0');
  return ['month', 'day', 'hour', 'minute', 'second'].reduce(
    (digits, part) => digits + (parts.get(part as Intl.DateTimeFormatPartTypes) ?? ''),
    year,
  );
}

/** Minutes between two times of FHIR, when both have a time of day. */
export function minutesBetween(start: string, end: string, timeZone: string): number | undefined {
  const [from, to] = [start, end].map((text) => {
    const moment = readTime(text);
    return moment && instantOf(moment, timeZone);
  });
  if (from === undefined || to === undefined || to < from) return undefined;
  return (to - from) / 60_000;
}
