/** How a site names its patients, visits and other things. */
import { z } from 'zod';
import { slug, text } from './words.ts';

const identifier = z.strictObject({
  system: z.string().min(1).describe('The id system’s URI as FHIR names it here: `urn:oid:1.2.840...`.'),
  hl7: z
    .strictObject({
      field: z.string().default('PID-3'),
      type: z.string().describe('Component 5 of the repetition: `MR`.').optional(),
      assigner: z.string().describe('Component 4 of the repetition: `EPIC`.').optional(),
    })
    .describe('Where HL7 v2 carries it. Repetitions are chosen by type and, if given, by assigner.')
    .prefault({}),
});

export const identifiers = z.strictObject({
  mrn: identifier.describe('The medical record number: lanes, the roster and search by patient go by it.'),
  csn: z
    .strictObject({
      system: z
        .string()
        .min(1)
        .describe('As FHIR names it here; left out: any system that ends in `.698084.8`, as Epic’s do.')
        .exactOptional(),
      hl7: z
        .strictObject({
          field: z.string().default('PV1-19.1'),
          prefix: z.string().describe('Letters that HL7 puts before it and FHIR does not.').exactOptional(),
        })
        .prefault({}),
    })
    .describe('The visit number: what an Appointment and an Encounter are known by, whatever the method.')
    .exactOptional(),
  others: z
    .record(
      slug,
      z.strictObject({
        system: text.describe('Its URI as FHIR names it here.'),
        about: text
          .describe('What it numbers: `account`, `enterprise person`, `placer order`.')
          .exactOptional(),
        hl7: z
          .strictObject({
            field: text.describe('`PID-18.1`, or `PID-3` with a type.').exactOptional(),
            type: text.exactOptional(),
            assigner: text.exactOptional(),
          })
          .exactOptional(),
      }),
    )
    .describe('The other id systems of this site, each under a short name.')
    .exactOptional(),
});
