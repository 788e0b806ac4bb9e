/** Dead letters in groups, with the sites they stand at: one fault of a flow may show at many. */
import type { DeadGroup, Store } from '../../store/index.ts';

export interface DeadGroupOfSites extends DeadGroup {
  /** Where they are and how many, the most first. */
  readonly sites: readonly { readonly site: string; readonly count: number }[];
}

export async function deadGroupsOfSites(
  store: Pick<Store, 'deadGroups' | 'tallies'>,
  query: { readonly site?: string; readonly flow?: string } = {},
): Promise<readonly DeadGroupOfSites[]> {
  const { site: named, flow } = query;
  const groups = await store.deadGroups(query);
  if (groups.length === 0) return [];
  const sites =
    named === undefined ? [...new Set((await store.tallies(0)).map(({ site }) => site))] : [named];
  if (sites.length === 1) {
    return groups.map((group) => ({ ...group, sites: [{ site: sites[0] as string, count: group.count }] }));
  }
  const counts = new Map<string, { site: string; count: number }[]>();
  for (const site of sites) {
    for (const { fingerprint, count } of await store.deadGroups({
      site,
      ...(flow === undefined ? {} : { flow }),
    })) {
      counts.set(fingerprint, [...(counts.get(fingerprint) ?? []), { site, count }]);
    }
  }
  return groups.map((group) => ({
    ...group,
    sites: (counts.get(group.fingerprint) ?? []).sort((a, b) => b.count - a.count),
  }));
}
