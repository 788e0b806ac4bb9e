/** The fields of a connection to a FHIR R4 server in a site record. */
import { z } from 'zod';
import { type HttpLimits, usualLimits } from '../../fhir/index.ts';
import { address, duration, isPlain, parseRecord } from '../record.ts';
import { smartAuth } from '../smart/index.ts';
import { actFields } from './act/index.ts';

const schema = z
  .strictObject({
    connector: z.literal('fhir'),
    /** `https://host/fhir/R4`. */
    fhirBase: address,
    /** Left out: as `.well-known/smart-configuration` says. */
    tokenUrl: address.optional(),
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
    timeouts: z
      .strictObject({
        connect: duration.optional(),
        answer: duration.optional(),
        total: duration.optional(),
      })
      .prefault({}),
    /** Allows http:// to another machine. The token and patients' data then cross the network readable. */
    plainHttp: z.boolean().default(false),
    ...actFields,
  })
  .superRefine((record, context) => {
    for (const field of ['fhirBase', 'tokenUrl'] as const) {
      if (!record.plainHttp && isPlain(record[field] ?? ''))
        context.addIssue({ code: 'custom', path: [field], message: 'use https://, or set plainHttp: true' });
    }
    if (record.auth !== undefined && record.clientId === undefined) {
      context.addIssue({ code: 'custom', path: ['clientId'], message: 'signing in needs it' });
    }
  });

export type FhirConfig = z.output<typeof schema>;

export function parseFhir(
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): FhirConfig {
  const config = parseRecord(schema, record, at, 'FHIR_CONFIG');
  return { ...config, fhirBase: config.fhirBase.replace(/\/+$/, '') };
}

export function limitsOf({ timeouts }: FhirConfig): HttpLimits {
  return {
    ...usualLimits,
    connect: timeouts.connect ?? usualLimits.connect,
    answer: timeouts.answer ?? usualLimits.answer,
    total: timeouts.total ?? usualLimits.total,
  };
}
