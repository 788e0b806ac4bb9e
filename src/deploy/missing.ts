/** What the sites that a deployment touches want, and what is not in its way. */
import { type Gap, gapsOf } from '../engine/index.ts';
import { siteFindings } from '../site/index.ts';
import type { Deployable } from './types.ts';
import { shellWord } from './words.ts';

/** A code that a message of a site has, and the site's maps lack. */
export interface SeenCode {
  readonly site: string;
  /** A value set map's name. */
  readonly map: string;
  /** `null`: a text that is not shown. */
  readonly code: string | null;
  /** It is looked up from the target to the source. */
  readonly back: boolean;
  /** Where it was seen: `discharge-notice/home`. */
  readonly place: string;
}

const PLACES = 3;

/** @param now Milliseconds. */
export function missingAt(sites: Deployable['sites'], now: number): readonly string[] {
  return sites.flatMap((site) =>
    siteFindings(site, now).map(
      ({ site: name, reason, fix, person }) =>
        `${name}: ${reason}; ${fix}${person === undefined ? '' : ` (${person})`}`,
    ),
  );
}

export interface Unmapped {
  /** Of what would run. */
  readonly maps: Deployable['maps'];
  /** By name, in the order in which they are told. */
  readonly sites: readonly string[];
  readonly store: Parameters<typeof gapsOf>[0];
  readonly seen: readonly SeenCode[];
}

/** Codes of these sites that would not be mapped: those for which something waits, and those that were seen. */
export async function unmappedAt({ maps, sites: names, store, seen }: Unmapped): Promise<readonly string[]> {
  const wanted = new Map<string, { code: Omit<SeenCode, 'place'>; held: number; places: string[] }>();
  const want = ({ site, map, code, back }: Omit<SeenCode, 'place'>) => {
    const key = JSON.stringify([names.indexOf(site), map, back, code]);
    const found = wanted.get(key) ?? { code: { site, map, code, back }, held: 0, places: [] };
    wanted.set(key, found);
    return found;
  };
  for (const gap of await gapsOf(store)) {
    if (names.includes(gap.site) && !isThere(maps, gap)) want(gap).held += gap.held + gap.behind;
  }
  for (const one of seen) if (names.includes(one.site)) want(one).places.push(one.place);
  return [...wanted.values()]
    .sort(
      (a, b) =>
        names.indexOf(a.code.site) - names.indexOf(b.code.site) ||
        a.code.map.localeCompare(b.code.map) ||
        (a.code.code ?? '').localeCompare(b.code.code ?? ''),
    )
    .map(({ code, held, places }) => textOf(code, held, places));
}

/** What waits goes on with the deployment: its row is there, if only now. */
function isThere(maps: Deployable['maps'], { site, map, code, back }: Gap): boolean {
  const set = maps?.valueSets(site).get(map);
  if (set === undefined || code === null) return false;
  const row = back ? set.back(code) : set.row(code);
  return row !== undefined && row !== 'ambiguous';
}

function textOf(
  { site, map, code, back }: Omit<SeenCode, 'place'>,
  held: number,
  places: readonly string[],
): string {
  const what = code === null ? 'a text that is not shown here' : `"${code}"`;
  const more = places.length > PLACES ? ` and ${places.length - PLACES} more` : '';
  const why = [
    ...(held === 0 ? [] : [`${held} ${held === 1 ? 'delivery waits' : 'deliveries wait'}`]),
    ...(places.length === 0 ? [] : [`in the case ${places.slice(0, PLACES).join(', ')}${more}`]),
  ].join('; ');
  const fix =
    code === null || back
      ? `add the row to the map`
      : `suture maps add ${site} ${map} ${shellWord(code)} <target>`;
  return `${site}: the value set map "${map}" has no row for ${what}${back ? ' as a target' : ''} (${why}); ${fix}`;
}
