/** How a site's patients become known and how each resource's changes are learnt. */
import { z } from 'zod';
import { length } from './words.ts';

const learning = z.strictObject({
  method: z
    .enum(['poll', 'feed', 'feed wakes read', 'bulk'])
    .describe(
      '`poll`: the EHR is asked. `feed`: HL7 messages are read as what they tell. `feed wakes read`: an HL7 message names a patient, who is then asked about. `bulk`: exports are compared.',
    ),
  from: z
    .string()
    .min(1)
    .describe('The connection that is asked; for `feed` the one that receives the messages.'),
  every: length
    .describe(
      'How often active patients are asked about; without a roster, how often the server is. For `bulk`: how often it exports.',
    )
    .exactOptional(),
  rarely: length.describe('How long asking about all the other patients takes.').exactOptional(),
  window: z
    .strictObject({ back: length.exactOptional(), ahead: length.exactOptional() })
    .describe('Records of which days are asked for; a moved one is noticed once its new day is inside.')
    .exactOptional(),
  batch: z
    .number()
    .int()
    .min(1)
    .max(500)
    .describe('Patients asked about in one turn, whose changes are committed together.')
    .exactOptional(),
  overlap: length
    .describe(
      'By `_lastUpdated`: how far each question reaches behind what is known; longer than any commit takes there, and skew.',
    )
    .exactOptional(),
  categories: z
    .array(z.string().min(1))
    .min(1)
    .describe('Observation: the categories that are asked for, one by one.')
    .exactOptional(),
  group: z.string().min(1).describe('Bulk: the Group that is exported.').exactOptional(),
});

export const learn = z
  .record(z.string().regex(/^[A-Z][A-Za-z]+$/, 'a resource type, such as Appointment'), learning)
  .describe('By resource, how its changes are learnt; one method each.');

export const roster = z
  .strictObject({
    from: z.array(z.string()).describe('Connections whose HL7 messages name patients.').default([]),
    file: z
      .string()
      .min(1)
      .describe('A CSV file beside the record whose first column is the medical record number: `roster.csv`.')
      .exactOptional(),
    lists: z
      .array(
        z.strictObject({
          from: z.string().min(1),
          resource: z.enum(['Group', 'List']),
          id: z.string().min(1),
        }),
      )
      .describe(
        'Members of a FHIR Group or List, read again and again: `{ from: epic, resource: Group, id: e3iabhmS }`.',
      )
      .exactOptional(),
    every: length.describe('How often the file and the lists are read again.').default('1h'),
  })
  .describe('Who makes patients known to what we must ask about one by one.');
