/** The patients a site's pollers look after. The key is a keyed hash; identifiers are sealed. */
import type { RosterChange } from '../contract.ts';
import { type Desk, openJson, sealJson, type View } from './desk.ts';

const ENTRY = 'SELECT key, active_at, sealed FROM roster WHERE site = ? AND key = ?';
const PUT = `
INSERT INTO roster (site, key, active_at, sealed) VALUES (?, ?, ?, ?)
ON CONFLICT DO UPDATE SET active_at = excluded.active_at, sealed = excluded.sealed`;
const TOUCH = 'UPDATE roster SET active_at = max(active_at, ?) WHERE site = ? AND key = ?';
const PAGE = 'SELECT key, active_at, sealed FROM roster WHERE site = ? AND key > ? ORDER BY key LIMIT ?';

/** The plus keeps it to the order of keys: most rows of a page then are not looked at twice. */
const PAGE_ACTIVE = `SELECT key, active_at, sealed FROM roster
WHERE site = ? AND key > ? AND +active_at >= ? AND +active_at < ? ORDER BY key LIMIT ?`;
/** A span of time with two ends is a short one. */
const PAGE_BETWEEN = `SELECT key, active_at, sealed FROM roster
WHERE site = ? AND key > ? AND active_at >= ? AND active_at < ? ORDER BY key LIMIT ?`;

interface RosterColumns {
  readonly key: string;
  readonly active_at: number;
  readonly sealed: Uint8Array;
}

type Sealed = Pick<RosterChange, 'identifiers' | 'fhirId' | 'mergedInto'>;

function entryFrom(view: View, site: number, row: RosterColumns): RosterChange {
  const sealed = openJson(view.vault, 'roster', `${site}:${row.key}`, row.sealed) as Sealed;
  return { key: row.key, ...sealed, activeAt: row.active_at };
}

/** Adds an entry, or adds to one: identifiers join those that are known, the FHIR id stays unless a new one is given. */
export function rosterWriter(desk: Desk) {
  const { database, vault, dictionary } = desk;
  const entry = database.prepare(ENTRY);
  const put = database.prepare(PUT);
  const touch = database.prepare(TOUCH);
  return (siteName: string, change: RosterChange): void => {
    const site = dictionary.name(siteName);
    const row = entry.get(site, change.key) as RosterColumns | undefined;
    const known = row && entryFrom(desk, site, row);
    const identifiers = [...(known?.identifiers ?? [])];
    for (const added of change.identifiers) {
      const same = identifiers.some((one) => one.system === added.system && one.value === added.value);
      if (!same) identifiers.push({ system: added.system, value: added.value });
    }
    const fhirId = change.fhirId ?? known?.fhirId;
    const mergedInto = (change.mergedInto === undefined ? known?.mergedInto : change.mergedInto) ?? undefined;
    const same = fhirId === known?.fhirId && mergedInto === known?.mergedInto;
    if (known && identifiers.length === known.identifiers.length && same) {
      touch.run(change.activeAt, site, change.key);
      return;
    }
    const sealed: Sealed = {
      identifiers,
      ...(fhirId === undefined ? {} : { fhirId }),
      ...(mergedInto === undefined ? {} : { mergedInto }),
    };
    const activeAt = Math.max(change.activeAt, known?.activeAt ?? change.activeAt);
    put.run(site, change.key, activeAt, sealJson(vault, 'roster', `${site}:${change.key}`, sealed));
  };
}

export function rosterReader(view: View) {
  const entry = view.database.prepare(ENTRY);
  const page = view.database.prepare(PAGE);
  const active = view.database.prepare(PAGE_ACTIVE);
  const between = view.database.prepare(PAGE_BETWEEN);
  return {
    page(
      siteName: string,
      after: string | null,
      limit: number,
      activity?: { readonly from?: number; readonly to?: number },
    ): RosterChange[] {
      const site = view.dictionary.findName(siteName);
      if (site === undefined) return [];
      const { from, to } = activity ?? {};
      const start = after ?? '';
      const rows =
        from === undefined && to === undefined
          ? page.all(site, start, limit)
          : from !== undefined && to !== undefined
            ? between.all(site, start, from, to, limit)
            : active.all(site, start, from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER, limit);
      return (rows as unknown as RosterColumns[]).map((row) => entryFrom(view, site, row));
    },
    get(siteName: string, keys: readonly string[]): RosterChange[] {
      const site = view.dictionary.findName(siteName);
      if (site === undefined) return [];
      return keys.flatMap((key) => {
        const row = entry.get(site, key) as RosterColumns | undefined;
        return row ? [entryFrom(view, site, row)] : [];
      });
    },
  };
}
