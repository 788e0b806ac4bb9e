/** When a site is staffed and when it is not to be counted on; everything in the site's own zone. */
import { z } from 'zod';
import { day, localTime, slug, text, timeOfDay } from './words.ts';

export const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
export type Weekday = (typeof WEEKDAYS)[number];

const weekdays = z.array(z.enum(WEEKDAYS)).min(1);

const hours = z.strictObject({
  days: weekdays,
  from: timeOfDay,
  until: timeOfDay.describe('Where it is not after `from`, it is of the next day.'),
});

const maintenance = z
  .strictObject({
    starts: localTime.describe('Once: when it starts.').exactOptional(),
    ends: localTime.describe('Once: when it ends.').exactOptional(),
    weekly: hours.describe('Every week.').exactOptional(),
    connections: z
      .array(slug)
      .min(1)
      .describe('What is down then; left out: all of the site.')
      .exactOptional(),
    note: text.exactOptional(),
  })
  .refine(
    ({ starts, ends, weekly }) =>
      weekly === undefined
        ? starts !== undefined && ends !== undefined && starts < ends
        : starts === undefined && ends === undefined,
    'either starts and ends (in that order), or weekly',
  )
  .meta({ anyOf: [{ required: ['weekly'] }, { required: ['starts', 'ends'] }] });

export const calendar = z.strictObject({
  staffed: z
    .array(hours)
    .min(1)
    .describe('When somebody is there: `[{ days: [Mon, Tue], from: 07:00, until: 18:00 }]`.')
    .exactOptional(),
  holidays: z.record(day, text).describe('Days without staff: `2026-12-25: Christmas Day`.').exactOptional(),
  maintenance: z
    .record(slug, maintenance)
    .describe('When the site, or some of its connections, are down on purpose.')
    .exactOptional(),
});
