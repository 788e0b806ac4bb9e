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

const length = z
  .string()
  .refine((text) => milliseconds(text) !== undefined, 'a length of time such as "30s", "5m" or "60d"');

/** How one resource's changes are learnt here. What is left out, `learningOf` says. */
const learning = z.strictObject({
  /**
   * `poll`: the EHR is asked. `feed`: HL7 messages are read as what they tell. `feed wakes read`: an HL7 message names a
   * patient, who is then asked about. `bulk`: exports are compared.
   */
  method: z.enum(['poll', 'feed', 'feed wakes read', 'bulk']),
  /** The connection that is asked; for `feed` the one that receives the messages. */
  from: z.string().min(1),
  /** How often active patients are asked about; without a roster, how often the server is. For `bulk`: how often it exports. */
  every: length.exactOptional(),
  /** How long asking about all the other patients takes. */
  rarely: length.exactOptional(),
  /** Records of which days are asked for; a moved one is noticed once its new day is inside. */
  window: z.strictObject({ back: length.exactOptional(), ahead: length.exactOptional() }).exactOptional(),
  /** Patients asked about in one turn, whose changes are committed together. */
  batch: z.number().int().min(1).max(500).exactOptional(),
  /** By `_lastUpdated`: how far each question reaches behind what is known; longer than any commit takes there, and skew. */
  overlap: length.exactOptional(),
  /** Observation: the categories that are asked for, one by one. */
  categories: z.array(z.string().min(1)).min(1).exactOptional(),
  /** Bulk: the Group that is exported. */
  group: z.string().min(1).exactOptional(),
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
    /** The visit number (CSN): what an Appointment and an Encounter are known by, whatever the method. */
    csn: z
      .strictObject({
        /** As FHIR names it here; left out: any system that ends in `.698084.8`, as Epic's do. */
        system: z.string().min(1).exactOptional(),
        hl7: z
          .strictObject({
            field: z.string().default('PV1-19.1'),
            /** Letters that HL7 puts before it and FHIR does not. */
            prefix: z.string().exactOptional(),
          })
          .prefault({}),
      })
      .exactOptional(),
  }),
  /** Who makes patients known to what we must ask about one by one. */
  roster: z
    .strictObject({
      /** Connections whose HL7 messages name patients. */
      from: z.array(z.string()).default([]),
      /** A CSV file beside the record whose first column is the medical record number: `roster.csv`. */
      file: z.string().min(1).exactOptional(),
      /** Members of a FHIR Group or List, read again and again: `{ from: epic, resource: Group, id: e3iabhmS }`. */
      lists: z
        .array(
          z.strictObject({
            from: z.string().min(1),
            resource: z.enum(['Group', 'List']),
            id: z.string().min(1),
          }),
        )
        .exactOptional(),
      /** How often the file and the lists are read again. */
      every: length.default('1h'),
    })
    .prefault({}),
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
  /** By resource, how its changes are learnt; one method each. See `learningOf`. */
  learn: z
    .record(z.string().regex(/^[A-Z][A-Za-z]+$/, 'a resource type, such as Appointment'), learning)
    .prefault({}),
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
