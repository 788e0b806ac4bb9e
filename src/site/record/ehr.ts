/** The EHR of a site: what it is, how often it changes, what of it is there, and how it is reached. */
import { z } from 'zod';
import { day, httpAddress, secretName, slug, text } from './words.ts';

const cadence = z.strictObject({
  takes: z
    .array(text)
    .min(1)
    .describe('Which releases this site takes: `[February, August]`, or `[every release]`.')
    .exactOptional(),
  next: day.describe('When the next one goes into use here.').exactOptional(),
  nextVersion: text.describe('Which that will be: `November 2026`.').exactOptional(),
  testFrom: day.describe('From when on it can be tried in non-production.').exactOptional(),
  note: text.describe('What else is to be known, such as a freeze.').exactOptional(),
});

const fhirEndpoint = httpAddress;

const api = z.strictObject({
  name: text.describe('As the vendor names it: `Appointment.Search (Appointments) (R4)`.'),
  resource: text.describe('The FHIR resource, where it is one.').exactOptional(),
  enabled: day.describe('Since when it may be called here; left out: asked for, not yet.').exactOptional(),
  note: text.exactOptional(),
});

const client = z.strictObject({
  id: text.describe('The client id. It is no secret.'),
  signsInBy: z
    .enum(['key set address', 'uploaded key', 'secret', 'consent'])
    .describe(
      'How it proves who it is: our key set by address, a key that the site was sent, a secret, a consent.',
    ),
  secret: secretName
    .describe(
      'The name under which the secret is kept (an environment variable or the vault); never the secret.',
    )
    .exactOptional(),
  user: text
    .describe('The background user that its calls are made as, as the site calls it.')
    .exactOptional(),
  registered: day.exactOptional(),
  note: text.exactOptional(),
});

export const ehr = z.strictObject({
  vendor: text.describe('`epic`, `oracle-health`, `athenahealth` ...'),
  version: z.string().describe('As its CapabilityStatement says it: `May 2026`.').optional(),
  cadence: cadence.describe('Which updates it takes, and when the next one comes.').exactOptional(),
  modules: z
    .record(slug, z.union([z.boolean(), text]))
    .describe(
      'What of it is in use: `cadence: true`, `beaker: since 2024, not for blood bank`, `optime: false`.',
    )
    .exactOptional(),
  apis: z
    .record(slug, api)
    .describe('APIs that were asked for or are enabled for us here, each under a short name.')
    .exactOptional(),
  scopes: z
    .array(text)
    .describe('Scopes that were granted to us here, as the server spells them.')
    .exactOptional(),
  endpoints: z
    .strictObject({
      r4: fhirEndpoint.describe('FHIR R4.').exactOptional(),
      r5: fhirEndpoint.describe('FHIR R5.').exactOptional(),
      stu3: fhirEndpoint.describe('FHIR STU3.').exactOptional(),
      dstu2: fhirEndpoint.describe('FHIR DSTU2.').exactOptional(),
      webServices: fhirEndpoint.describe('The root of the vendor’s own web services.').exactOptional(),
    })
    .describe('Where it is reached, by version of FHIR. A connection says which it uses.')
    .exactOptional(),
  clients: z
    .record(slug, client)
    .describe('As what we are registered here: client ids, and names of secrets, never secrets.')
    .exactOptional(),
});
