/** The fields of a CDS Hooks connection in a site record. */
import { z } from 'zod';
import { address, duration, isPlain, parseRecord } from '../record.ts';

export const cdsFields = z
  .strictObject({
    connector: z.literal('cds'),
    issuer: z
      .string()
      .min(1)
      .describe("`iss` of the hospital's calls: at Epic its FHIR base, https://host/instance/api/FHIR/R4."),
    keys: z
      .array(address)
      .min(1)
      .describe(
        'Addresses of key sets that may vouch for a call: the `jku` of its token must be one of them.',
      ),
    audience: z
      .array(z.string().min(1))
      .min(1)
      .describe("`aud` of the calls, as the site has set it: usually the service's address. Any of these."),
    fhirServer: address
      .optional()
      .describe(
        "The only FHIR base that a caller's token is sent to, to read what was not prefetched. Left out: the issuer.",
      ),
    readTimeout: duration.prefault('2s').describe('For one such read.'),
    plainHttp: z
      .boolean()
      .default(false)
      .describe(
        "Allows http:// to another machine. The caller's token and patients' data then cross the network readable.",
      ),
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

export type CdsConfig = z.output<typeof cdsFields>;

export const parseCds = (
  record: unknown,
  at: { readonly site: string; readonly connection: string },
): CdsConfig => parseRecord(cdsFields, record, at, 'CDS_CONFIG');
