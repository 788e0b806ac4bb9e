/**
 * What the seen-table keeps of a record: the hash of its content, with what tells where it is from or how new it is.
 *
 * - `<hash>`: read from an EHR.
 * - `<hash>@<milliseconds>`: of a server that says when each record was last updated.
 * - `hl7 <hash>`: as an HL7 message told it. Its content is made otherwise, so it equals no record that was read.
 * - `gone`: it was there once; should it come back, it is updated and not created.
 */

export const GONE = 'gone';
const FED = 'hl7 ';

export const fedMark = (hash: string): string => `${FED}${hash}`;
export const isFed = (mark: string): boolean => mark.startsWith(FED);
export const datedMark = (hash: string, updated: number | undefined): string =>
  updated === undefined || Number.isNaN(updated) ? hash : `${hash}@${updated}`;

/** `undefined`: nothing new. Never twice `created` for one identity. */
export function changeSince(mark: string | undefined, now: string): 'created' | 'updated' | undefined {
  if (mark === undefined) return 'created';
  const [seen, seenAt] = mark.split('@') as [string, string?];
  const [hash, at] = now.split('@') as [string, string?];
  if (seen === hash) return undefined;
  // A copy that lags behind serves a state that was told before: going back would be no news.
  if (seenAt !== undefined && at !== undefined && Number(at) < Number(seenAt)) return undefined;
  return 'updated';
}

/** A change of method: what was never seen, or only told by a feed, is taken as it is now; what was read stays, so that no change is lost. */
export const seeds = (mark: string | undefined): boolean => mark === undefined || isFed(mark);
