/** What of the records that were found is new: told apart by identity, compared by content with what has been seen. */
import type { FhirResource, SearchEntry } from '../../fhir/index.ts';
import type { ConnectionContext, LearnAnswer, Learned } from '../contract.ts';
import type { Tally } from './findings.ts';
import { hashOf, type Learnable } from './learnable.ts';
import {
  changeSince,
  datedMark,
  type Edition,
  editionOf,
  olderEdition,
  sameEdition,
  seeds,
} from './marks.ts';

/** Records that are about one patient. */
export interface Patientwise {
  /** Roster key; left out where it is not known. */
  readonly patient?: string;
  readonly records: readonly Pick<SearchEntry, 'resource' | 'bytes'>[];
}

export interface Found {
  readonly inbound: readonly Learned[];
  readonly seen: NonNullable<LearnAnswer['seen']>;
}

interface One {
  readonly patient: string | undefined;
  readonly bytes: Uint8Array;
  readonly resource: FhirResource;
  readonly edition: Edition;
}

/** One event at most for one identity. */
export async function compare(
  found: readonly Patientwise[],
  learnable: Pick<Learnable, 'resource' | 'identify'>,
  context: Pick<ConnectionContext, 'identifiers' | 'seen'>,
  findings: Tally,
  seed: boolean,
): Promise<Found> {
  const { resource: type } = learnable;
  const byIdentity = new Map<string, One>();
  /** Borne by different records: which of them is meant, nobody can tell. */
  const shared = new Set<string>();
  for (const { patient, records } of found) {
    for (const { resource, bytes } of records) {
      const known = learnable.identify(resource, context.identifiers);
      if (known === null) {
        findings.check('LEARN_NO_IDENTITY');
        continue;
      }
      if (!known.joinable) findings.check('LEARN_NOT_JOINABLE');
      const earlier = byIdentity.get(known.identity);
      if (earlier && (earlier.patient !== patient || earlier.resource.id !== resource.id)) {
        findings.check('LEARN_SHARED_IDENTITY');
        if (earlier.resource.id !== resource.id) shared.add(known.identity);
        continue;
      }
      const edition = editionOf(resource.meta);
      // The same one twice: on two pages, since the search moved meanwhile. The later is newer.
      if (earlier && olderEdition(edition, earlier.edition)) continue;
      byIdentity.set(known.identity, { patient, bytes, resource, edition });
    }
  }
  for (const identity of shared) byIdentity.delete(identity);
  const marks = await context.seen.get(type, [...byIdentity.keys()]);
  const inbound: Learned[] = [];
  const seen: { resource: string; identity: string; hash: string }[] = [];
  for (const [identity, { patient, bytes, resource, edition }] of byIdentity) {
    const mark = marks.get(identity);
    if (!seed && sameEdition(mark, edition)) continue;
    const hash = datedMark(hashOf(resource), edition);
    if (seed) {
      if (seeds(mark)) seen.push({ resource: type, identity, hash });
      continue;
    }
    const change = changeSince(mark, hash);
    if (change === undefined) continue;
    inbound.push({
      bytes,
      resource: type,
      change,
      identity,
      hash,
      ...(patient === undefined ? {} : { patient }),
    });
  }
  return { inbound, seen };
}
