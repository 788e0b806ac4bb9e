/** Ids that are the same for the same thing whenever and wherever a message about it is read. */
import { createHash } from 'node:crypto';

/**
 * A FHIR id from what identifies a thing at a site: 32 hexadecimal digits. It hides nothing (identifiers can be
 * tried out), so it is to be treated like the identifier itself.
 */
export function stableId(site: string, resource: string, ...identity: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of [site, resource, ...identity]) hash.update(`${part.length}:${part}`);
  return hash.digest('hex').slice(0, 32);
}
