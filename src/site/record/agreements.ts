/** What was agreed with a site, reviewed and approved; when, and until when. */
import { z } from 'zod';
import { day, slug, text } from './words.ts';

const agreement = z.strictObject({
  kind: z.enum([
    'BAA',
    'security review',
    'privacy review',
    'legal review',
    'data use',
    'approval',
    'contract',
  ]),
  about: text.describe('What it covers, such as which flow or which data.').exactOptional(),
  state: z
    .enum(['asked', 'in review', 'given', 'refused'])
    .describe('How far it is. Only what is given holds.')
    .default('given'),
  asked: day.exactOptional(),
  given: day.describe('Since when it holds.').exactOptional(),
  expires: day.describe('The last day on which it holds; left out: no end was agreed.').exactOptional(),
  by: text.describe('Who gave it.').exactOptional(),
  conditions: text.describe('What it was given under.').exactOptional(),
  document: text.describe('Where it can be read; never the document itself.').exactOptional(),
});

export const agreements = z
  .record(slug, agreement)
  .describe('Business associate agreement, reviews and approvals, each under a short name.');
