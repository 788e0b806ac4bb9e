/** The fields of a connection to a FHIR R4 server in a site record. */
import { z } from 'zod';
import { checkPlain, serverFields, withoutSlash } from '../fhir-server.ts';
import { duration, parseRecord } from '../record.ts';
import { smartAuth } from '../smart/index.ts';
import { actFields } from './act/index.ts';

const schema = z
  .strictObject({
    connector: z.literal('fhir'),
    ...serverFields,
    clientId: z.string().min(1).optional(),
    /** Left out: the server asks for no sign-in. */
    auth: smartAuth.optional(),
    /**
     * How changes are asked for: by `_lastUpdated`, by the history of a type (which tells deletions at once), or patient by
     * patient over the roster, as where neither is served.
     */
    changes: z.enum(['lastUpdated', 'history', 'roster']).default('lastUpdated'),
    /** Where one resource differs from `changes`. */
    changesOf: z.record(z.string(), z.enum(['lastUpdated', 'history', 'roster'])).prefault({}),
    /** How often everything is counted, to find what was missed and what was deleted. */
    countEvery: duration.prefault('7d'),
    ...actFields,
  })
  .superRefine((record, context) => {
    checkPlain(record, context);
    if (record.auth !== undefined && record.clientId === undefined) {
      context.addIssue({ code: 'custom', path: ['clientId'], message: 'signing in needs it' });
    }
  });

export type FhirConfig = z.output<typeof schema>;

export function parseFhir(
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): FhirConfig {
  return withoutSlash(parseRecord(schema, record, at, 'FHIR_CONFIG'));
}
