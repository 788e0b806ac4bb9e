/** A page of a count: which of its records must be read as a whole, since they were missed; the others are touched. */
import type { FhirClient, SearchEntry } from '../../fhir/index.ts';
import type { ConnectionContext, LearnAnswer } from '../contract.ts';
import type { Learnable } from './learnable.ts';
import { editionOf, GONE, sameEdition } from './marks.ts';

export interface CountOptions {
  readonly client: Pick<FhirClient, 'searchAll'>;
  readonly context: Pick<ConnectionContext, 'identifiers' | 'seen'>;
  readonly learnable: Pick<Learnable, 'resource' | 'identify'>;
  readonly signal: AbortSignal;
}

/** Ids of one question. */
const TOGETHER = 50;

export async function missing(
  entries: readonly SearchEntry[],
  { client, context, learnable, signal }: CountOptions,
): Promise<{ readonly fetch: readonly SearchEntry[]; readonly touch: NonNullable<LearnAnswer['seen']> }> {
  const { resource: type } = learnable;
  // Of what it asks for a count gets ids and versions only: identities made of other elements are not to be had of these.
  const known = entries.map((entry) => ({
    entry,
    identity: learnable.identify(entry.resource, context.identifiers)?.identity,
  }));
  const marks = await context.seen.get(
    type,
    known.flatMap(({ identity }) => (identity === undefined ? [] : [identity])),
  );
  const touch: { resource: string; identity: string; hash: string }[] = [];
  const missed: string[] = [];
  for (const { entry, identity } of known) {
    const mark = identity === undefined ? undefined : marks.get(identity);
    if (
      identity !== undefined &&
      mark !== undefined &&
      mark !== GONE &&
      sameEdition(mark, editionOf(entry.resource.meta))
    )
      touch.push({ resource: type, identity, hash: mark });
    else if (entry.resource.id !== undefined) missed.push(entry.resource.id);
  }
  const fetch: SearchEntry[] = [];
  for (let from = 0; from < missed.length; from += TOGETHER) {
    const ids = missed.slice(from, from + TOGETHER);
    const found = await client.searchAll(type, { _id: ids.join(','), _count: String(TOGETHER) }, signal);
    fetch.push(...found.entries.filter(({ mode }) => mode === 'match'));
  }
  return { fetch, touch: [...touch, ...(await unchanged(fetch, { context, learnable }))] };
}

/** Read as a whole and found to be as it was: touched, too. Without versions that is all of them. */
async function unchanged(
  entries: readonly SearchEntry[],
  { context, learnable }: Pick<CountOptions, 'context' | 'learnable'>,
): Promise<NonNullable<LearnAnswer['seen']>> {
  const identities = entries.flatMap(
    ({ resource }) => learnable.identify(resource, context.identifiers)?.identity ?? [],
  );
  const marks = await context.seen.get(learnable.resource, identities);
  return [...marks]
    .filter(([, mark]) => mark !== GONE)
    .map(([identity, hash]) => ({ resource: learnable.resource, identity, hash }));
}
