/** Minimum necessary, before a flow sees a record: judged by the site's record, counted by flow. */

import type { Flow } from '../flow/index.ts';
import { necessaryOf, type Permitted, permitted } from '../flow/index.ts';
import type { Format } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import type { Clock } from '../std/index.ts';
import type { OutcomeCount, Store } from '../store/index.ts';
import { rosterNumbers } from './learning/roster.ts';
import { FINDING } from './outcomes.ts';

export interface Necessary {
  /** @param count Left out: it is only looked at, and not counted. */
  see(
    site: SiteRecord,
    flow: Pick<Flow, 'name' | 'trigger'>,
    message: { readonly format: Format; readonly connection?: string },
    bytes: Uint8Array,
    count?: boolean,
  ): Permitted | Promise<Permitted>;
}

export interface NecessaryOptions {
  readonly clock: Clock;
  readonly siteFile: (site: string, name: string) => Promise<string>;
  readonly counted: (
    site: string,
    connection: string,
    findings: readonly { readonly code: string; readonly text: string; readonly count: number }[],
  ) => void;
}

/** A list is read again after this long; milliseconds. */
const LIST_HELD = 60_000;

const DROPPED = 'NECESSARY_DROPPED ';
const REMOVED = 'NECESSARY_FIELDS ';

export function createNecessary({ clock, siteFile, counted }: NecessaryOptions): Necessary {
  const lists = new Map<string, { readonly at: number; readonly list: Promise<ReadonlySet<string>> }>();

  function listOf(site: string, name: string): Promise<ReadonlySet<string>> {
    const key = `${site}/${name}`;
    const held = lists.get(key);
    if (held !== undefined && clock.elapsed() - held.at < LIST_HELD) return held.list;
    const list = siteFile(site, name).then((text) => new Set(rosterNumbers(text)));
    lists.set(key, { at: clock.elapsed(), list });
    list.catch(() => lists.delete(key));
    return list;
  }

  return {
    see(site, flow, { format, connection = '' }, bytes, count = false) {
      const rule = necessaryOf(site, flow);
      if (rule === null) return { seen: true, bytes, removed: 0 };
      const judge = (listed: ReadonlySet<string> | null): Permitted => {
        const seen = permitted(rule, site, format, bytes, listed);
        const tell = (what: string, many: number): void =>
          counted(site.site, connection, [{ code: `${what}${flow.name}`, text: '', count: many }]);
        if (count && !seen.seen) tell(DROPPED, 1);
        if (count && seen.seen && seen.removed > 0) tell(REMOVED, seen.removed);
        return seen;
      };
      return rule.list === undefined ? judge(null) : listOf(site.site, rule.list).then(judge);
    },
  };
}

/** What was kept from flows, by site and flow. */
export interface NecessaryCount {
  readonly site: string;
  readonly flow: string;
  /** Records outside the population. */
  readonly dropped: number;
  /** Fields and elements taken out. */
  readonly fields: number;
}

export interface NecessaryView {
  readonly site: string;
  /** As the record says; `null`: nothing is kept from flows here. */
  readonly rule: SiteRecord['necessary'] | null;
  /** Since `since`, milliseconds. */
  readonly since: number;
  readonly counts: readonly NecessaryCount[];
}

export interface NecessaryControl {
  /** What flows may see at each site, and what was kept from them in the last 30 days. */
  necessary(site?: string): Promise<readonly NecessaryView[]>;
}

const LOOKED_BACK = 30 * 86_400_000;

export function necessaryDesk(
  store: Pick<Store, 'outcomes'>,
  clock: Clock,
  sites: () => Iterable<SiteRecord>,
): NecessaryControl {
  return {
    async necessary(only) {
      const since = clock.now() - LOOKED_BACK;
      const counts = necessaryCounts(await store.outcomes(since));
      return [...sites()]
        .filter(({ site }) => (only ?? site) === site)
        .map((record) => ({
          site: record.site,
          rule: record.necessary ?? null,
          since,
          counts: counts.filter(({ site }) => site === record.site),
        }));
    },
  };
}

export function necessaryCounts(outcomes: readonly OutcomeCount[]): readonly NecessaryCount[] {
  const sums = new Map<string, { -readonly [Key in keyof NecessaryCount]: NecessaryCount[Key] }>();
  for (const { site, kind, count } of outcomes) {
    for (const [prefix, name] of [
      [DROPPED, 'dropped'],
      [REMOVED, 'fields'],
    ] as const) {
      if (!kind.startsWith(FINDING + prefix)) continue;
      const flow = kind.slice(FINDING.length + prefix.length);
      const sum = sums.get(`${site} ${flow}`) ?? { site, flow, dropped: 0, fields: 0 };
      sum[name] += count;
      sums.set(`${site} ${flow}`, sum);
    }
  }
  return [...sums.values()].sort((a, b) => (`${a.site} ${a.flow}` < `${b.site} ${b.flow}` ? -1 : 1));
}
