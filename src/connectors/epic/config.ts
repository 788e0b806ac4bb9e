/** The fields of an Epic connection in a site record. */
import { z } from 'zod';
import { type HttpLimits, usualLimits } from '../../fhir/index.ts';
import { doSchema } from '../acting/index.ts';
import { address, duration, isPlain, parseRecord } from '../record.ts';
import { smartAuth } from '../smart/index.ts';

const schema = z
  .strictObject({
    connector: z.literal('epic'),
    /** `https://host/instance/api/FHIR/R4`. */
    fhirBase: address,
    /** Left out: as `.well-known/smart-configuration` says. */
    tokenUrl: address.optional(),
    /** This environment's client id: production and non-production have different ones. */
    clientId: z.string().min(1),
    auth: smartAuth,
    /** Identifier system of the medical record number at this server, where it is not the site's: `urn:oid:1.2.840.114350.1.13.<site>.5.737384.14`. */
    mrnSystem: z.string().min(1).optional(),
    /** Identifier system of visit numbers (CSN) at this server, where it is not the site's. */
    csnSystem: z.string().min(1).optional(),
    timeouts: z
      .strictObject({
        connect: duration.optional(),
        answer: duration.optional(),
        total: duration.optional(),
      })
      .prefault({}),
    /** Allows http:// to another machine. The token and patients' data then cross the network readable. */
    plainHttp: z.boolean().default(false),
    /** By capability, the way that it goes here: `{ appointment.create: { route: book } }`. Left out: FHIR create. */
    do: doSchema,
    /** How long Epic is given until what it took can be found, before it is sent again after a lost answer. */
    settle: duration.prefault('60s'),
  })
  .superRefine((record, context) => {
    for (const field of ['fhirBase', 'tokenUrl'] as const) {
      if (!record.plainHttp && isPlain(record[field] ?? ''))
        context.addIssue({ code: 'custom', path: [field], message: 'use https://, or set plainHttp: true' });
    }
  });

export type EpicConfig = z.output<typeof schema>;

export function parseEpic(
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): EpicConfig {
  const config = parseRecord(schema, record, at, 'EPIC_CONFIG');
  return { ...config, fhirBase: config.fhirBase.replace(/\/+$/, '') };
}

export function limitsOf({ timeouts }: EpicConfig): HttpLimits {
  return {
    ...usualLimits,
    connect: timeouts.connect ?? usualLimits.connect,
    answer: timeouts.answer ?? usualLimits.answer,
    total: timeouts.total ?? usualLimits.total,
  };
}
