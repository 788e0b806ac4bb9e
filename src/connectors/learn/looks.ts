/**
 * When each patient was last looked at, for resources that are asked for what is new. Kept among what has been seen and
 * committed with what the look found, so that a patient who joins the roster, or becomes active, misses nothing.
 */
import type { SearchEntry } from '../../fhir/index.ts';
import type { ConnectionContext, LearnAnswer, LearnSettings, RosterEntry } from '../contract.ts';
import type { Learnable } from './learnable.ts';

/** What one patient gave. */
export interface Looked {
  readonly entry: RosterEntry;
  /** `undefined`: the patient could not be asked about. */
  readonly fhirId: string | undefined;
  readonly records: readonly SearchEntry[];
}

/** All of a window of days is asked for again after this: what a search for news has missed is found then. */
const WIDE_AGAIN = 86_400_000;
const MOST_OVERLAP = 900_000;

const identityOf = (entry: RosterEntry): string => `looked at ${entry.key}`;

export function looksOf(context: ConnectionContext, { resource, remembers }: Learnable) {
  const wide = new Map<string, number>();
  return {
    /** By roster key, since when news is asked for; those that are missing are looked at widely. */
    async since(
      entries: readonly RosterEntry[],
      now: number,
      settings: LearnSettings,
    ): Promise<ReadonlyMap<string, number>> {
      const found = new Map<string, number>();
      if (!remembers || entries.length === 0) return found;
      const marks = await context.seen.get(resource, entries.map(identityOf));
      wide.clear();
      for (const entry of entries) {
        const [widely, lately] = (marks.get(identityOf(entry)) ?? '').split('/').map(Number);
        const usable = widely !== undefined && lately !== undefined && widely > now - WIDE_AGAIN;
        if (!usable) continue;
        wide.set(entry.key, widely);
        // Their clock and ours differ, and what is being committed while we look shows only later.
        found.set(entry.key, lately - Math.min(MOST_OVERLAP, settings.overlap * 2));
      }
      return found;
    },
    /** To be remembered with the answer. */
    marks(looked: readonly Looked[], now: number): NonNullable<LearnAnswer['seen']> {
      if (!remembers) return [];
      return looked
        .filter(({ fhirId }) => fhirId !== undefined)
        .map(({ entry }) => ({
          resource,
          identity: identityOf(entry),
          hash: `${wide.get(entry.key) ?? now}/${now}`,
        }));
    },
  };
}
