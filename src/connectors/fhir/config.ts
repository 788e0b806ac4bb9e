/** The fields of a connection to a FHIR R4 server in a site record. */
import { z } from 'zod';
import { checkPlain, serverFields, withoutSlash } from '../fhir-server.ts';
import { duration, parseRecord } from '../record.ts';
import { smartAuth } from '../smart/index.ts';
import { actFields } from './act/index.ts';

export const fhirFields = z
  .strictObject({
    connector: z.literal('fhir'),
    ...serverFields,
    clientId: z.string().min(1).optional(),
    auth: smartAuth.optional().describe('Left out: the server asks for no sign-in.'),
    changes: z
      .enum(['lastUpdated', 'history', 'roster'])
      .default('lastUpdated')
      .describe(
        'How changes are asked for: by `_lastUpdated`, by the history of a type (which tells deletions at once), or patient by patient over the roster, as where neither is served.',
      ),
    changesOf: z
      .record(z.string(), z.enum(['lastUpdated', 'history', 'roster']))
      .prefault({})
      .describe('Where one resource differs from `changes`.'),
    countEvery: duration
      .prefault('7d')
      .describe('How often everything is counted, to find what was missed and what was deleted.'),
    ...actFields,
  })
  .superRefine((record, context) => {
    checkPlain(record, context);
    if (record.auth !== undefined && record.clientId === undefined) {
      context.addIssue({ code: 'custom', path: ['clientId'], message: 'signing in needs it' });
    }
  });

export type FhirConfig = z.output<typeof fhirFields>;

export function parseFhir(
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): FhirConfig {
  return withoutSlash(parseRecord(fhirFields, record, at, 'FHIR_CONFIG'));
}
