/**
 * The site record: one hospital or health system in one environment, as data under version control.
 * What differs between hospitals stands here and nowhere in a flow. Each subject has a file in `record/`.
 */
import { z } from 'zod';
import { agreements } from './record/agreements.ts';
import { calendar } from './record/calendar.ts';
import { budget, connections, retention } from './record/connections.ts';
import { ehr } from './record/ehr.ts';
import { hl7 } from './record/hl7.ts';
import { identifiers } from './record/identifiers.ts';
import { learn, roster } from './record/learning.ts';
import { necessary } from './record/necessary.ts';
import { network } from './record/network.ts';
import { owners, people } from './record/people.ts';
import { quirks, valueSets } from './record/quirks.ts';
import { day, slug, timeZone } from './record/words.ts';

export { ROLES, type Role } from './record/people.ts';

export const siteSchema = z.strictObject({
  site: slug.describe('Its name here, and the folder’s.'),
  name: z.string().min(1).describe('For people.'),
  environment: z.enum(['sandbox', 'non-production', 'production']),
  tags: z.array(slug).describe('By which flows choose sites: `sites: tag:cardiology`.').default([]),
  ehr: ehr.describe('The EHR: vendor, version, what of it is there, and how it is reached.'),
  timeZone: timeZone.describe('IANA name; HL7 times without an offset are in it.'),
  identifiers: identifiers.describe('Id systems: how patients, visits and other things are numbered.'),
  roster: roster.prefault({}),
  budget: budget.prefault({}),
  retention: retention.prefault({}),
  connections,
  hl7: hl7.exactOptional(),
  learn: learn.prefault({}),
  valueSets: valueSets.exactOptional(),
  quirks: quirks.exactOptional(),
  calendar: calendar
    .describe('Staffed hours, holidays, maintenance; in the site’s own zone.')
    .exactOptional(),
  people: people.exactOptional(),
  owners: owners.exactOptional(),
  agreements: agreements.exactOptional(),
  necessary: necessary.exactOptional(),
  network: network.describe('Tunnel, addresses, and what firewalls must let through.').exactOptional(),
  goLive: day.describe('When it went live, or will.').exactOptional(),
  lastRetest: day.describe('When the flows were last tried against its present version.').exactOptional(),
});

/**
 * @example
 * const record: SiteRecord = siteSchema.parse({ site: 'mercy', name: 'Mercy', ... });
 */
export type SiteRecord = z.infer<typeof siteSchema>;
