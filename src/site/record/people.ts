/** Whose job what is, on both sides, and who has said when that this still holds. */
import { z } from 'zod';
import { day, slug, text } from './words.ts';

/** Every role that an integration with a hospital meets; a person may hold several, on either side. */
export const ROLES = [
  'project manager',
  'operational owner',
  'network engineer',
  'interface engine analyst',
  'Bridges analyst',
  'web services analyst',
  'Ambulatory analyst',
  'Inpatient analyst',
  'Cadence analyst',
  'Prelude/ADT analyst',
  'OpTime analyst',
  'Beaker analyst',
  'Radiant analyst',
  'Cupid analyst',
  'Identity analyst',
  'MyChart analyst',
  'Care Everywhere analyst',
  'Resolute analyst',
  'Willow analyst',
  'clinical informatics',
  'executive sponsor',
  'privacy reviewer',
  'security reviewer',
  'legal reviewer',
  'owner of regression tests',
  'go-live contact',
  'IT leadership out of hours',
  'support',
] as const;

export type Role = (typeof ROLES)[number];

const person = z.strictObject({
  name: text.describe('The person, or a desk that is always staffed.'),
  side: z.enum(['site', 'ours']).describe('`site`: the hospital’s. `ours`: the application’s.'),
  roles: z.array(z.enum(ROLES)).min(1).describe('What they answer for.'),
  email: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, 'an e-mail address')
    .exactOptional(),
  phone: text.exactOptional(),
  hours: z
    .enum(['staffed hours', 'always'])
    .describe('When they can be called; staffed hours are in the calendar.')
    .default('staffed hours'),
  confirmed: day
    .describe('When somebody last made sure that this person still does this. Holds for 90 days.')
    .exactOptional(),
  note: text.exactOptional(),
});

export const people = z
  .record(slug, person)
  .describe('Each person under a short name, by which owners and others refer to them.');

export const owners = z
  .strictObject({
    site: slug.describe('Who answers for the site as a whole.').exactOptional(),
    connections: z.record(slug, slug).describe('By connection, who answers for it.').exactOptional(),
    flows: z.record(text, slug).describe('By flow, who answers for it at this site.').exactOptional(),
  })
  .describe('Short names of people who answer for the site and its routes.');
