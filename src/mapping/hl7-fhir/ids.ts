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

const KEPT = 10_000;
const kept = new Map<string, string>();

/**
 * As `stableId`, remembered: the same wards, clinics and physicians stand in message after message, and a digest is the
 * dearest part of naming them. For things of the site only, never of a patient.
 */
export function siteId(site: string, resource: string, identity: readonly string[]): string {
  const text = textOf(site, resource, identity);
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (kept.size >= KEPT) kept.clear();
  const id = digest(text);
  kept.set(text, id);
  return id;
}
