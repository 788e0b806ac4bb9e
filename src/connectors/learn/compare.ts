/** What of the records that were found is new: told apart by identity, compared by content with what has been seen. */
import type { SearchEntry } from '../../fhir/index.ts';
import type { ConnectionContext, LearnAnswer, Learned } from '../contract.ts';
import type { Tally } from './findings.ts';
import { hashOf, type Learnable } from './learnable.ts';
import { changeSince, datedMark, seeds } from './marks.ts';

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

/** One event at most for one identity. */
export async function compare(
  found: readonly Patientwise[],
  learnable: Learnable,
  context: Pick<ConnectionContext, 'identifiers' | 'seen'>,
  findings: Tally,
  seed: boolean,
): Promise<Found> {
  const { resource: type } = learnable;
  const byIdentity = new Map<string, { patient: string | undefined; bytes: Uint8Array; hash: string }>();
  for (const { patient, records } of found) {
    for (const { resource, bytes } of records) {
      const known = learnable.identify(resource, context.identifiers);
      if (known === null) {
        findings.check('LEARN_NO_IDENTITY');
        continue;
      }
      if (!known.joinable) findings.check('LEARN_NOT_JOINABLE');
      const earlier = byIdentity.get(known.identity);
      if (earlier && earlier.patient !== patient) {
        findings.check('LEARN_SHARED_IDENTITY');
        continue;
      }
      const updated = (resource.meta as { lastUpdated?: unknown } | undefined)?.lastUpdated;
      const at = typeof updated === 'string' ? Date.parse(updated) : undefined;
      // The same one twice: on two pages, since the search moved meanwhile. The later is newer.
      if (earlier && isOlder(at, earlier.hash)) continue;
      byIdentity.set(known.identity, { patient, bytes, hash: datedMark(hashOf(resource), at) });
    }
  }
  const marks = await context.seen.get(type, [...byIdentity.keys()]);
  const inbound: Learned[] = [];
  const seen: { resource: string; identity: string; hash: string }[] = [];
  for (const [identity, { patient, bytes, hash }] of byIdentity) {
    const mark = marks.get(identity);
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

const isOlder = (at: number | undefined, mark: string): boolean => {
  const [, other] = mark.split('@');
  return at !== undefined && other !== undefined && at < Number(other);
};
