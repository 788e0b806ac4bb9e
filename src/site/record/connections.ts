/** The connections of a site, and what holds for each whatever its connector is. */
import { z } from 'zod';
import { milliseconds } from '../../std/index.ts';
import { length, slug } from './words.ts';

const days = z.number().int().positive();

export const retention = z
  .strictObject({
    days: days.describe('Delivered and filtered.').exactOptional(),
    dead: days.describe('With a dead letter.').exactOptional(),
    rejected: days.describe('Refused at receipt.').exactOptional(),
    unrouted: days.describe('Wanted by no flow.').exactOptional(),
  })
  .describe('Days for which finished messages are kept, by how they ended; a connection may say otherwise.');

const repeats = z.strictObject({
  window: length
    .refine((words) => milliseconds(words) !== undefined, 'a length of time such as "12h" or "14d"')
    .describe('For so long after the first: `14d`.')
    .default('14d'),
  ignoreTime: z
    .boolean()
    .describe('The same but for MSH-7 is a repeat, too; otherwise it is delivered and flagged.')
    .default(false),
});

/** Each connection is read further by its connector, which knows its own fields. */
const connection = z.looseObject({
  connector: z
    .string()
    .min(1)
    .describe('The kind of thing it talks to: `epic`, `fhir`, `mllp`, `webhook` ...'),
  retention: retention.exactOptional(),
  repeats: repeats.describe('How a message that comes again is recognised.').exactOptional(),
});

export const connections = z
  .record(slug, connection)
  .describe('Each connection under its name, which flows use. What else stands in it, its connector says.');

export const budget = z
  .strictObject({
    requestsPerSecond: z.number().positive().default(10),
    agreed: z
      .strictObject({ with: z.string().min(1), on: z.iso.date() })
      .describe('With whom at the site, and when.')
      .exactOptional(),
  })
  .describe('Requests a second that this site allows us, all flows and pollers together.');
