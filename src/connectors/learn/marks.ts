/**
 * What the seen-table keeps of a record: the hash of its content, with what tells where it is from or how new it is.
 *
 * - `<hash>`: read from an EHR.
 * - `<hash>@<milliseconds>/<version>`: of a server that says when each record was last updated, and of which version it is.
 * - `hl7 <hash>`: as an HL7 message told it. Its content is made otherwise, so it equals no record that was read.
 * - `gone`: it was there once; should it come back, it is updated and not created.
 */

export const GONE = 'gone';
const FED = 'hl7 ';

export const fedMark = (hash: string): string => `${FED}${hash}`;
export const isFed = (mark: string): boolean => mark.startsWith(FED);

/** What a server says of how new a record is. */
export interface Edition {
  /** `meta.lastUpdated`, milliseconds. */
  readonly at?: number;
  /** `meta.versionId`. */
  readonly version?: string;
}

export function editionOf(meta: unknown): Edition {
  const { lastUpdated, versionId } = (meta ?? {}) as { lastUpdated?: unknown; versionId?: unknown };
  const at = typeof lastUpdated === 'string' ? Date.parse(lastUpdated) : Number.NaN;
  return {
    ...(Number.isNaN(at) ? {} : { at }),
    ...(typeof versionId === 'string' && !versionId.includes('@') ? { version: versionId } : {}),
  };
}

export const datedMark = (hash: string, { at, version }: Edition): string =>
  at === undefined && version === undefined ? hash : `${hash}@${at ?? ''}/${version ?? ''}`;

function partsOf(mark: string): Edition & { readonly hash: string } {
  const [hash = '', rest] = mark.split('@');
  const slash = rest?.indexOf('/') ?? -1;
  const at = rest === undefined || slash <= 0 ? Number.NaN : Number(rest.slice(0, slash));
  const version = rest?.slice(slash + 1);
  return { hash, ...(Number.isNaN(at) ? {} : { at }), ...(version ? { version } : {}) };
}

/** The very edition that was seen: nothing need be compared. A time alone proves nothing: two changes may share it. */
export const sameEdition = (mark: string | undefined, { version }: Edition): boolean =>
  mark !== undefined && version !== undefined && partsOf(mark).version === version;

/**
 * One of two editions is older: by their version numbers. Their times do not tell: servers' clocks differ, and a later
 * change may bear an earlier time.
 */
export function olderEdition(edition: Edition, than: Edition): boolean {
  const [one, other] = [Number(edition.version), Number(than.version)];
  return edition.version !== undefined && than.version !== undefined && one < other;
}

/** `undefined`: nothing new. Never twice `created` for one identity. */
export function changeSince(mark: string | undefined, now: string): 'created' | 'updated' | undefined {
  if (mark === undefined) return 'created';
  const seen = partsOf(mark);
  const found = partsOf(now);
  if (seen.hash === found.hash) return undefined;
  // A copy that lags behind serves what was told before: going back would be no news.
  return olderEdition(found, seen) ? undefined : 'updated';
}

/** A change of method: what was never seen, or only told by a feed, is taken as it is now; what was read stays, so that no change is lost. */
export const seeds = (mark: string | undefined): boolean => mark === undefined || isFed(mark);
