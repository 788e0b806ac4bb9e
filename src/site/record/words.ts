/** The words that a site record's fields are made of: names, dates, times of day, lengths of time. */
import { z } from 'zod';
import { milliseconds } from '../../std/index.ts';

export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens only, such as riverside-prod');

export const text = z.string().min(1, 'some text');

/** A length of time as text; `milliseconds` of `std` reads it. */
export const length = z
  .string()
  .regex(
    /^\d+(\.\d+)?((ms|s|m|h|d)| (second|minute|hour|day)s?)$/,
    'a length of time such as "30s", "5m" or "60d"',
  )
  .refine((words) => milliseconds(words) !== undefined, 'a length of time such as "30s", "5m" or "60d"');

/** A day that there is: `2026-11-21`. */
export const day = z.iso.date('a day that there is, such as 2026-11-21');

/** A time of day: `07:00`, to `24:00`. */
export const timeOfDay = z
  .string()
  .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time of day such as 07:00, at the latest 24:00');

/** A point of time in the site's own zone, without an offset: `2026-12-06T02:00`. */
export const localTime = z
  .string()
  .regex(
    /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$/,
    'a local time without an offset, such as 2026-12-06T02:00',
  )
  .refine((words) => !Number.isNaN(Date.parse(`${words}Z`)), 'a day that there is');

/** Only the name of a secret: what it stands for is kept outside the record. */
export const secretName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'the name of a secret (letters, digits, dots, hyphens), never the secret itself',
  );

export const httpAddress = z
  .string()
  .regex(
    /^https?:\/\/[^\s@]+$/,
    'an address that begins with https:// (or http://), without a user name in it',
  );

/** Who did a thing and when: `{ by: network desk, on: 2026-10-02 }`. */
export const act = z.strictObject({
  by: text.describe('Who did it.').exactOptional(),
  on: day.describe('When.'),
  reference: text.describe('Where that can be read: a ticket, a letter, a page.').exactOptional(),
});

const zones = new Map<string, boolean>();

/** Kept for each name that was asked: making a format of a zone costs more than reading a record. */
function isTimeZone(name: string): boolean {
  let is = zones.get(name);
  if (is === undefined) {
    try {
      new Intl.DateTimeFormat('en', { timeZone: name });
      is = true;
    } catch {
      is = false;
    }
    zones.set(name, is);
  }
  return is;
}

export const timeZone = z.string().refine(isTimeZone, 'an IANA time zone name, such as America/Chicago');
