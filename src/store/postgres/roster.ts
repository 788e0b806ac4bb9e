/** The patients a site's pollers look after. The key is a keyed hash; identifiers are sealed. */
import type { Append, RosterChange } from '../contract.ts';
import { type Desk, openJson, sealJson } from './desk.ts';
import type { Ask } from './session.ts';

const COLUMNS = 'site, key, active_at, sealed';
const KNOWN = {
  name: 'roster-known',
  text: `SELECT ${COLUMNS} FROM roster WHERE (site, key) IN (SELECT * FROM unnest($1::integer[], $2::text[]))
ORDER BY site, key FOR UPDATE`,
};
/** Somebody new: two sessions must not both think so. */
const LOCK_SITE = 'SELECT pg_advisory_xact_lock(1937077367, $1)';
const PUT = {
  name: 'roster-put',
  text: `INSERT INTO roster (site, key, active_at, sealed)
SELECT u.site, u.key, u.active_at, u.sealed
FROM unnest($1::integer[], $2::text[], $3::bigint[], $4::bytea[]) AS u (site, key, active_at, sealed) ORDER BY 1, 2
ON CONFLICT (site, key) DO UPDATE SET active_at = excluded.active_at, sealed = excluded.sealed`,
};
const TOUCH = {
  name: 'roster-touch',
  text: `UPDATE roster r SET active_at = greatest(r.active_at, u.active_at)
FROM unnest($1::integer[], $2::text[], $3::bigint[]) AS u (site, key, active_at)
WHERE r.site = u.site AND r.key = u.key AND r.active_at < u.active_at`,
};
const PAGE = `SELECT ${COLUMNS} FROM roster WHERE site = $1 AND key > $2 ORDER BY key LIMIT $3`;
const PAGE_ACTIVE = `SELECT ${COLUMNS} FROM roster
WHERE site = $1 AND key > $2 AND active_at >= $4 AND active_at < $5 ORDER BY key LIMIT $3`;
const SOME = `SELECT ${COLUMNS} FROM roster WHERE site = $1 AND key = ANY ($2)`;

interface RosterColumns {
  readonly site: number;
  readonly key: string;
  readonly active_at: number;
  readonly sealed: Uint8Array;
}

type Sealed = Pick<RosterChange, 'identifiers' | 'fhirId' | 'mergedInto'>;

function entryFrom({ keys }: Desk, row: RosterColumns): RosterChange {
  const sealed = openJson(keys, 'roster', `${row.site}:${row.key}`, row.sealed) as Sealed;
  return { key: row.key, ...sealed, activeAt: row.active_at };
}

/** What is known and what is told, together: identifiers join, the FHIR id stays unless a new one is given. */
function joined(known: RosterChange | undefined, change: RosterChange): RosterChange {
  const identifiers = [...(known?.identifiers ?? [])];
  for (const { system, value } of change.identifiers) {
    if (!identifiers.some((one) => one.system === system && one.value === value))
      identifiers.push({ system, value });
  }
  const fhirId = change.fhirId ?? known?.fhirId;
  const activeAt = Math.max(change.activeAt, known?.activeAt ?? change.activeAt);
  const mergedInto = (change.mergedInto === undefined ? known?.mergedInto : change.mergedInto) ?? undefined;
  return {
    key: change.key,
    identifiers,
    ...(fhirId === undefined ? {} : { fhirId }),
    ...(mergedInto === undefined ? {} : { mergedInto }),
    activeAt,
  };
}

const sameContent = (a: RosterChange | undefined, b: RosterChange): boolean =>
  a !== undefined &&
  a.identifiers.length === b.identifiers.length &&
  a.fhirId === b.fhirId &&
  a.mergedInto === b.mergedInto;

export async function changeRoster(desk: Desk, ask: Ask, units: readonly Append[]): Promise<void> {
  const { dictionary, keys } = desk;
  const changes = units.flatMap(({ site, roster }) =>
    (roster ?? []).map((change) => ({ site: dictionary.name(site), change })),
  );
  if (changes.length === 0) return;
  const of = (site: number, key: string): string => `${site}:${key}`;
  const look = (): Promise<readonly RosterColumns[]> =>
    ask<RosterColumns>(KNOWN, [changes.map((one) => one.site), changes.map((one) => one.change.key)]);
  let rows = await look();
  if (new Set(changes.map((one) => of(one.site, one.change.key))).size > rows.length) {
    for (const site of [...new Set(changes.map((one) => one.site))].sort((a, b) => a - b))
      await ask(LOCK_SITE, [site]);
    rows = await look();
  }
  await keys.fetch(rows.map((row) => row.sealed));
  const before = new Map(rows.map((row) => [of(row.site, row.key), entryFrom(desk, row)]));
  const after = new Map<string, { readonly site: number; readonly entry: RosterChange }>();
  for (const { site, change } of changes) {
    const key = of(site, change.key);
    after.set(key, { site, entry: joined(after.get(key)?.entry ?? before.get(key), change) });
  }
  const all = [...after.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const put = all.filter(([key, { entry }]) => !sameContent(before.get(key), entry)).map(([, one]) => one);
  const touch = all.filter(([key, { entry }]) => sameContent(before.get(key), entry)).map(([, one]) => one);
  if (put.length > 0) {
    await ask(PUT, [
      put.map((one) => one.site),
      put.map((one) => one.entry.key),
      put.map((one) => one.entry.activeAt),
      put.map(({ site, entry: { key, activeAt: _, ...content } }) =>
        sealJson(keys, 'roster', of(site, key), content satisfies Sealed & { key?: never }),
      ),
    ]);
  }
  if (touch.length > 0) {
    await ask(TOUCH, [
      touch.map((one) => one.site),
      touch.map((one) => one.entry.key),
      touch.map((one) => one.entry.activeAt),
    ]);
  }
}

export function rosterReader(desk: Desk) {
  const { dictionary, keys, read } = desk;
  const entries = async (rows: readonly RosterColumns[]): Promise<RosterChange[]> => {
    await keys.fetch(rows.map((row) => row.sealed));
    return rows.map((row) => entryFrom(desk, row));
  };
  return {
    async page(
      siteName: string,
      after: string | null,
      limit: number,
      activity?: { readonly from?: number; readonly to?: number },
    ): Promise<readonly RosterChange[]> {
      const site = await dictionary.findName(siteName);
      if (site === undefined) return [];
      const page = [site, after ?? '', limit];
      const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = activity ?? {};
      return entries(
        activity === undefined
          ? await read<RosterColumns>(PAGE, page)
          : await read<RosterColumns>(PAGE_ACTIVE, [...page, from, to]),
      );
    },
    async get(siteName: string, wanted: readonly string[]): Promise<readonly RosterChange[]> {
      const site = await dictionary.findName(siteName);
      if (site === undefined) return [];
      const found = await entries(await read<RosterColumns>(SOME, [site, wanted]));
      return wanted.flatMap((key) => found.find((entry) => entry.key === key) ?? []);
    },
  };
}
