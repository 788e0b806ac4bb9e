/** The fields of an Epic connection in a site record. */
import { z } from 'zod';
import { doSchema } from '../acting/index.ts';
import { checkPlain, serverFields, withoutSlash } from '../fhir-server.ts';
import { duration, parseRecord } from '../record.ts';
import { smartAuth } from '../smart/index.ts';

export const epicFields = z
  .strictObject({
    connector: z.literal('epic'),
    ...serverFields,
    clientId: z
      .string()
      .min(1)
      .describe("This environment's client id: production and non-production have different ones."),
    auth: smartAuth,
    mrnSystem: z
      .string()
      .min(1)
      .optional()
      .describe(
        "Identifier system of the medical record number at this server, where it is not the site's: `urn:oid:1.2.840.114350.1.13.<site>.5.737384.14`.",
      ),
    csnSystem: z
      .string()
      .min(1)
      .optional()
      .describe("Identifier system of visit numbers (CSN) at this server, where it is not the site's."),
    do: doSchema.describe(
      'By capability, the way that it goes here: `{ appointment.create: { route: book } }`. Left out: FHIR create.',
    ),
    settle: duration
      .prefault('60s')
      .describe(
        'How long Epic is given until what it took can be found, before it is sent again after a lost answer.',
      ),
  })
  .superRefine(checkPlain);

export type EpicConfig = z.output<typeof epicFields>;

export function parseEpic(
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): EpicConfig {
  return withoutSlash(parseRecord(epicFields, record, at, 'EPIC_CONFIG'));
}
