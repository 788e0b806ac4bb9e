/** How a FHIR connection signs in: the `auth` of its record, the same for every connector that speaks SMART. */
import { z } from 'zod';

export const smartAuth = z
  .strictObject({
    method: z
      .enum(['backend', 'consent'])
      .describe(
        '`backend`: as itself, without a person. `consent`: in the name of a person who agreed in the browser.',
      ),
    client: z
      .enum(['key', 'secret basic', 'secret post', 'public', 'registers'])
      .default('key')
      .describe(
        "How the client proves who it is: by a key whose public half is at `/.well-known/jwks.json` (the safest), by a secret (`secret basic`: in a header; `secret post`: in the body), or not at all (`public`). `registers`: public, and with each consent this installation gets a client id and a key of its own (Epic's dynamic clients), which give lasting access.",
      ),
    key: z.string().min(1).default('epic').describe('Name of the signing key.'),
    algorithm: z.enum(['RS384', 'ES384']).default('RS384').describe('Of the key that is made at first use.'),
    keySetUrl: z
      .url()
      .optional()
      .describe(
        'The address of our key set as it was registered, where the site wants it named in each statement (`jku`).',
      ),
    secret: z
      .string()
      .min(1)
      .optional()
      .describe('Name of the client secret, for `secret basic` and `secret post`.'),
    scopes: z
      .array(z.string().regex(/^\S+$/))
      .min(1)
      .optional()
      .describe(
        'Asked for. Left out: what this connector can read, and who consented; for `backend` none is sent.',
      ),
    begins: z
      .array(z.enum(['standalone', 'ehr']))
      .min(1)
      .default(['standalone'])
      .describe('Where a consent may begin: from a link of ours, or by a button inside the EHR.'),
    issuers: z
      .array(z.url())
      .default([])
      .describe('Names by which the EHR may call itself in a launch, where they differ from fhirBase.'),
    persons: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe(
        'Only these persons may connect it, by their id in the EHR: `Practitioner/abc`. Left out: whoever the EHR lets in.',
      ),
  })
  .superRefine((auth, context) => {
    const fault = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [path], message });
    const needsSecret = auth.client.startsWith('secret');
    if (needsSecret && auth.secret === undefined)
      fault('secret', `client: ${auth.client} needs the name of the secret`);
    if (!needsSecret && auth.secret !== undefined)
      fault('secret', 'only for client: secret basic and secret post');
    if (auth.method === 'backend' && (auth.client === 'public' || auth.client === 'registers'))
      fault('client', 'a backend must prove who it is');
    if (auth.method === 'backend' && auth.persons !== undefined) fault('persons', 'only for method: consent');
    if (auth.persons !== undefined && auth.scopes !== undefined && !auth.scopes.includes('openid')) {
      fault('scopes', 'persons are known only with the scope openid');
    }
  });

export type SmartAuth = z.output<typeof smartAuth>;
