/** What a site's HL7 v2 is like: which messages there are, and how each feed is spelled. */
import { z } from 'zod';
import { slug, text } from './words.ts';

const messageTypes = z.array(z.string().min(3));

const messageType = z
  .string()
  .regex(/^[A-Z][A-Z0-9]{2}(\^[A-Z0-9*]{1,3}|$)/, 'a message type as in MSH-9, such as ADT^A08');

const feed = z.strictObject({
  version: text.describe('As MSH-12 says it: `2.3.1`.').exactOptional(),
  assigners: z
    .record(z.string().min(1), text)
    .describe('By what stands in the assigner’s component (PID-3.4): the id system’s URI in FHIR.')
    .exactOptional(),
  idTypes: z
    .record(z.string().min(1), text)
    .describe(
      'By what stands in the type’s component (PID-3.5): what it numbers, `mrn` or a name under identifiers.others.',
    )
    .exactOptional(),
  segments: z
    .record(
      z.string().regex(/^Z[A-Z0-9]{2}$/, 'a Z-segment, such as ZPD'),
      z.strictObject({
        about: text.describe('What it is for.'),
        fields: z
          .record(z.string().regex(/^[1-9]\d{0,2}$/, 'a field’s number, such as 3'), text)
          .describe('By number, what a field means.')
          .exactOptional(),
      }),
    )
    .describe('The Z-segments that are in it.')
    .exactOptional(),
  triggers: z
    .record(messageType, text)
    .describe(
      'By message type, when the site sends it: `ADT^A08: any change of registration, and a batch at 02:00`.',
    )
    .exactOptional(),
  note: text.exactOptional(),
});

export const hl7 = z
  .strictObject({
    sends: z
      .record(slug, messageTypes)
      .describe('By connection, what the site sends us, as MSH-9 types (`SIU^S12`, `ADT^*`).')
      .exactOptional(),
    accepts: z.record(slug, messageTypes).describe('By connection, what it accepts from us.').exactOptional(),
    profiles: z
      .record(slug, feed)
      .describe(
        'By connection, how its messages are spelled here: assigners, types of ids, Z-segments, triggers.',
      )
      .exactOptional(),
  })
  .describe('HL7 v2 messages by connection. What is left out, nobody has asked the site yet.');
