/** The fields of a CDS Hooks connection in a site record. */
import { z } from 'zod';
import { address, duration, isPlain, parseRecord } from '../record.ts';

const schema = z
  .strictObject({
    connector: z.literal('cds'),
    /** `iss` of the hospital's calls: at Epic its FHIR base, https://host/instance/api/FHIR/R4. */
    issuer: z.string().min(1),
    /** Addresses of key sets that may vouch for a call: the `jku` of its token must be one of them. */
    keys: z.array(address).min(1),
    /** `aud` of the calls, as the site has set it: usually the service's address. Any of these. */
    audience: z.array(z.string().min(1)).min(1),
    /** The only FHIR base that a caller's token is sent to, to read what was not prefetched. Left out: the issuer. */
    fhirServer: address.optional(),
    /** For one such read. */
    readTimeout: duration.prefault('2s'),
    /** Allows http:// to another machine. The caller's token and patients' data then cross the network readable. */
    plainHttp: z.boolean().default(false),
  })
  .superRefine((record, context) => {
    const message = 'use https://, or set plainHttp: true';
    record.keys.forEach((each, index) => {
      if (!record.plainHttp && isPlain(each))
        context.addIssue({ code: 'custom', path: ['keys', index], message });
    });
    if (!record.plainHttp && isPlain(record.fhirServer ?? ''))
      context.addIssue({ code: 'custom', path: ['fhirServer'], message });
  });

export type CdsConfig = z.output<typeof schema>;

export const parseCds = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): CdsConfig => parseRecord(schema, record, at, 'CDS_CONFIG');
