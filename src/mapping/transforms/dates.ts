/** Dates and times: read in several ways, written in others, moved, compared. */
import { fhirDate, fhirDateTime, instantOf, type Moment, readTime } from '../time.ts';
import { addTo, ageBetween, LENGTH_UNITS, type LengthUnit } from './calendar.ts';
import { compileDateFormat, isDateFormat } from './date-format.ts';
import {
  type Catalogue,
  hasOnly,
  isTable,
  isText,
  isWhole,
  listOf,
  plain,
  refuse,
  text,
} from './transform.ts';

const moment = (value: unknown): Moment => readTime(text(value).trim()) ?? refuse('an HL7 or FHIR date');

const formatAbout =
  'letters: yyyy yy MM M MMM dd d HH H hh h mm ss SSS a (AM or PM) Z (offset), other text as it stands';

export const dates: Catalogue = {
  date: {
    about:
      'An HL7 or FHIR time as a FHIR date or dateTime, to the precision given; a time without offset is in the site’s zone.',
    examples: [
      { from: '202601311200', gives: '2026-01-31T12:00:00-05:00' },
      { from: '19870912', gives: '1987-09-12' },
    ],
    make: plain((value, { timeZone }) => fhirDateTime(moment(value), timeZone)),
  },
  dateOnly: {
    about: 'The date of an HL7 or FHIR time as it is written, without the time of day.',
    examples: [{ from: '202601312355-0800', gives: '2026-01-31' }],
    make: plain((value) => fhirDate(moment(value))),
  },
  instant: {
    about: 'An HL7 or FHIR time in UTC: 2026-01-31T17:00:00.000Z.',
    examples: [{ from: '202601311200', gives: '2026-01-31T17:00:00.000Z' }],
    make: plain((value, { timeZone }) => {
      const at = instantOf(moment(value), timeZone) ?? refuse('a time of day beside the date');
      return new Date(at).toISOString();
    }),
  },
  hl7Date: {
    about: 'A date or time as HL7 v2 writes it, in the site’s zone without an offset: 20260131120000.',
    examples: [
      { from: '2026-01-31T17:00:00Z', gives: '20260131120000' },
      { from: '1987-09-12', gives: '19870912' },
    ],
    make: plain((value, { timeZone }) => compileDateFormat('yyyyMMddHHmmss').write(moment(value), timeZone)),
  },
  dateFrom: {
    about: 'A date in another writing as a FHIR date or dateTime; of several formats the first that fits.',
    with: {
      about: `a format such as "MM/dd/yyyy", or a list of them; ${formatAbout}`,
      fits: (value) => listOf(value).length > 0 && listOf(value).every(isDateFormat),
    },
    examples: [
      { from: '1/31/2026 2:05 PM', with: 'M/d/yyyy h:mm a', gives: '2026-01-31T14:05:00-05:00' },
      { from: '31-Jan-1987', with: ['MM/dd/yyyy', 'dd-MMM-yyyy'], gives: '1987-01-31' },
    ],
    make(argument) {
      const formats = listOf(argument).map((each) => compileDateFormat(each as string));
      return (value, { timeZone }) => {
        const written = text(value).trim();
        for (const format of formats) {
          const read = format.read(written);
          if (read !== undefined) return fhirDateTime(read, timeZone);
        }
        return refuse(`a date like ${listOf(argument).join(' or ')}`);
      };
    },
  },
  dateAs: {
    about: 'An HL7 or FHIR time in another writing; a time with an offset is shown in the site’s zone.',
    with: { about: `a format such as "MM/dd/yyyy HH:mm"; ${formatAbout}`, fits: isDateFormat },
    examples: [
      { from: '2026-01-31T17:05:00Z', with: 'MM/dd/yyyy h:mm a', gives: '01/31/2026 12:05 PM' },
      { from: '19870912', with: 'd MMM yyyy', gives: '12 Sep 1987' },
    ],
    make(argument) {
      const format = compileDateFormat(argument as string);
      return (value, { timeZone }) => format.write(moment(value), timeZone);
    },
  },
  inZone: {
    about: 'A time as it is on the clocks of another zone, with that zone’s offset.',
    with: { about: 'an IANA zone, such as America/Chicago', fits: isZone },
    examples: [{ from: '202601311200', with: 'Europe/Berlin', gives: '2026-01-31T18:00:00+01:00' }],
    make(argument) {
      return (value, { timeZone }) => {
        const at = instantOf(moment(value), timeZone) ?? refuse('a time of day beside the date');
        return compileDateFormat("yyyy-MM-dd'T'HH:mm:ssZ").write(
          readTime(new Date(at).toISOString()) as Moment,
          argument as string,
        );
      };
    },
  },
  timeOfDay: {
    about: 'The time of day of a time, as FHIR writes it: 14:05:00.',
    examples: [{ from: '202601311405', gives: '14:05:00' }],
    make: plain((value) => {
      const { hour, minute = 0, second = 0 } = moment(value);
      if (hour === undefined) return refuse('a time of day beside the date');
      return [hour, minute, second].map((part) => String(part).padStart(2, '0')).join(':');
    }),
  },
  addTime: {
    about:
      'A date or time, later (or with a minus earlier) by a length; months keep the day where there is one.',
    with: {
      about: 'the length: { days: 30 }, { months: -6 }, { hours: 2, minutes: 30 }',
      fits: (value) =>
        hasOnly(value, LENGTH_UNITS) &&
        isTable(value) &&
        Object.keys(value).length > 0 &&
        Object.values(value).every((each) => isWhole(each) && Math.abs(each) <= 1_000_000),
    },
    examples: [
      { from: '2026-01-31', with: { months: 1 }, gives: '2026-02-28' },
      { from: '202603071200', with: { days: 1 }, gives: '2026-03-08T12:00:00-04:00' },
    ],
    make(argument) {
      const length = argument as Partial<Record<LengthUnit, number>>;
      return (value, { timeZone }) =>
        addTo(moment(value), length, timeZone) ??
        refuse('a date with a day, and a time of day to add hours to');
    },
  },
  age: {
    about:
      'Whole years from a birth date (the first value) to a day (the second), or to the day the message was received.',
    many: true,
    with: {
      about: 'years (the default), months, weeks or days',
      fits: (value) => value === undefined || ['years', 'months', 'weeks', 'days'].includes(value as string),
    },
    examples: [
      { from: ['19870912', '20260131'], gives: 38 },
      { from: ['2026-01-01', '2026-01-31'], with: 'weeks', gives: 4 },
    ],
    make(argument) {
      const unit = (argument ?? 'years') as 'years' | 'months' | 'weeks' | 'days';
      return (value, { timeZone, receivedAt }) => {
        const [born, until] = (value as readonly unknown[]).flat(1);
        const to =
          until === undefined
            ? receivedAt === undefined
              ? refuse('a second date: nothing here says what day it is')
              : moment(
                  compileDateFormat('yyyyMMdd').write(
                    readTime(new Date(receivedAt).toISOString()) as Moment,
                    timeZone,
                  ),
                )
            : moment(until);
        return ageBetween(moment(born), to, unit) ?? refuse('a birth date with a day, before the other one');
      };
    },
  },
};

function isZone(name: unknown): boolean {
  if (!isText(name as never)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name as string });
    return true;
  } catch {
    return false;
  }
}
