/** What a site does otherwise than one would think: seen, dated, and answered. */
import { z } from 'zod';
import { day, slug, text } from './words.ts';

const quirk = z.strictObject({
  what: text.describe('What it does.'),
  where: text.describe('Where it was seen: a connection, a resource, a field.'),
  seen: day
    .describe('When it was last seen. Without it nobody knows whether it still holds.')
    .exactOptional(),
  by: text.exactOptional(),
  does: text.describe('What the connector, a map or a flow does about it.'),
  version: text.describe('In which version of the EHR.').exactOptional(),
  over: day.describe('Since when it is gone.').exactOptional(),
  reference: text.describe('A ticket, a message’s id.').exactOptional(),
});

export const quirks = z.record(slug, quirk).describe('What this site does in its own way, each under an id.');

export const valueSets = z
  .record(
    slug,
    z.strictObject({
      reviewed: day.describe('When somebody at the site last looked through it.').exactOptional(),
      by: text.exactOptional(),
      note: text.exactOptional(),
    }),
  )
  .describe(
    'Value set maps that this site works with, by name: `sites/<site>/maps/<name>.csv`, or the shared `maps/<name>.csv`. One of them must be there.',
  );
