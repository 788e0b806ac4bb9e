/** Ids that are the same for the same thing whenever and wherever a message about it is read. */
import { hash } from 'node:crypto';

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);

/** Each part with its length before it, so that no two identities make one text. */
function textOf(site: string, resource: string, identity: readonly string[]): string {
  let text = `${site.length}:${site}${resource.length}:${resource}`;
  for (const part of identity) text += `${part.length}:${part}`;
  return text;
}

/**
 * A FHIR id from what identifies a thing at a site: 32 hexadecimal digits. It hides nothing (identifiers can be
 * tried out), so it is to be treated like the identifier itself.
 */
export const stableId = (site: string, resource: string, ...identity: readonly string[]): string =>
  digest(textOf(site, resource, identity));

/** An id, and `Type/id`, which is how it is looked up and referred to. */
export interface SiteId {
  readonly id: string;
  readonly reference: string;
}

/** What is known of the things whose identity begins alike: a text of all parts would have to be made for each look. */
class Known {
  made: SiteId | undefined;
  readonly below = new Map<string, Known>();
}

const KEPT = 10_000;
const sites = new Map<string, Map<string, Known>>();
let kept = 0;

function knownBelow(within: Map<string, Known>, part: string): Known {
  let known = within.get(part);
  if (known === undefined) {
    known = new Known();
    within.set(part, known);
    kept += 1;
  }
  return known;
}

/**
 * As `stableId`, remembered: the same wards, clinics and physicians stand in message after message, and a digest is the
 * dearest part of naming them. For things of the site only, never of a patient.
 */
export function siteId(site: string, resource: string, identity: readonly string[]): SiteId {
  if (kept >= KEPT) {
    sites.clear();
    kept = 0;
  }
  let resources = sites.get(site);
  if (resources === undefined) {
    resources = new Map();
    sites.set(site, resources);
    kept += 1;
  }
  let known = knownBelow(resources, resource);
  for (const part of identity) known = knownBelow(known.below, part);
  if (known.made !== undefined) return known.made;
  const id = digest(textOf(site, resource, identity));
  const made = { id, reference: `${resource}/${id}` };
  known.made = made;
  return made;
}
