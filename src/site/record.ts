/**
 * The site record: one hospital or health system in one environment, as data under version control.
 * What differs between hospitals stands here and nowhere in a flow.
 */
import { z } from 'zod';
import { milliseconds } from '../std/index.ts';

const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens only, such as riverside-prod');

const identifier = z.strictObject({
  /** The id system's URI as FHIR names it here: `urn:oid:1.2.840...`. */
  system: z.string().min(1),
  /** Where HL7 v2 carries it. Repetitions are chosen by type (component 5) and, if given, assigner (component 4). */
  hl7: z
    .strictObject({
      field: z.string().default('PID-3'),
      type: z.string().optional(),
      assigner: z.string().optional(),
    })
    .prefault({}),
});

const days = z.number().int().positive();

/** Days for which finished messages are kept, by how they ended. */
const retention = z.strictObject({
  /** Delivered and filtered. */
  days: days.exactOptional(),
  /** With a dead letter. */
  dead: days.exactOptional(),
  /** Refused at receipt. */
  rejected: days.exactOptional(),
  /** Wanted by no flow. */
  unrouted: days.exactOptional(),
});

/** How a message that comes again is recognised. */
const repeats = z.strictObject({
  /** For so long after the first: `14d`. */
  window: z
    .string()
    .refine((text) => milliseconds(text) !== undefined, 'a length of time such as "12h" or "14d"')
    .default('14d'),
  /** The same but for MSH-7 is a repeat, too; otherwise it is delivered and flagged. */
  ignoreTime: z.boolean().default(false),
});

/** Each connection is read further by its connector, which knows its own fields. */
const connection = z.looseObject({
  connector: z.string().min(1),
  retention: retention.exactOptional(),
  repeats: repeats.exactOptional(),
});

export const siteSchema = z.strictObject({
  site: slug,
  name: z.string().min(1),
  environment: z.enum(['sandbox', 'non-production', 'production']),
  ehr: z.strictObject({ vendor: z.string().min(1), version: z.string().optional() }),
  /** IANA name; HL7 times without an offset are in it. */
  timeZone: z.string().refine(isTimeZone, 'an IANA time zone name, such as America/Chicago'),
  identifiers: z.strictObject({
    /** The medical record number: lanes, the roster and search by patient go by it. */
    mrn: identifier,
  }),
  /** Who makes patients known to what we must ask about one by one. */
  roster: z.strictObject({ from: z.array(z.string()).default([]) }).prefault({}),
  /** Requests a second that this site allows us, all flows and pollers together. */
  budget: z.strictObject({ requestsPerSecond: z.number().positive().default(10) }).prefault({}),
  /** How long finished messages are kept; a connection may say otherwise. See `retentionOf`. */
  retention: retention.prefault({}),
  connections: z.record(slug, connection),
  /**
   * HL7 v2 messages by connection, as MSH-9 types (`SIU^S12`, `ADT^*`): which the site `sends` us, and which it
   * `accepts` from us. Left out: nobody has asked the site yet.
   */
  hl7: z
    .strictObject({
      sends: z.record(slug, z.array(z.string().min(3))).exactOptional(),
      accepts: z.record(slug, z.array(z.string().min(3))).exactOptional(),
    })
    .exactOptional(),
});

/**
 * @example
 * const record: SiteRecord = siteSchema.parse({ site: 'mercy', name: 'Mercy', ... });
 */
export type SiteRecord = z.infer<typeof siteSchema>;

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
