/**
 * What came for each flow of a site, hour by hour: counted once from the messages that are kept, and kept from then on, so that
 * what is usual outlives their retention. One slot for each site; nodes take turns by compare and swap.
 */
import type { Json } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import { type Arrivals, HOUR, WEEKS_LEARNT } from './usual.ts';

/** An hour that has just ended is counted a little later: what came in its last moment is being kept. */
const SETTLES = 2 * 60_000;
const LONGEST = WEEKS_LEARNT * 168;
/** Rows of one read. */
const PAGE = 500;
/** Nobody asks any more: it is forgotten. */
const FORGOTTEN_AFTER = 70 * 24 * HOUR;

interface Counted {
  /** Hours before this one are counted. */
  readonly until: number;
  readonly flows: Readonly<Record<string, Arrivals>>;
}

export interface ArrivalsParts {
  readonly store: Store;
  /** Between two reads of many; false: the engine stops. */
  readonly rest: () => Promise<boolean>;
}

/** A flow whose usual is to be learnt, and since when its messages are all kept; milliseconds. */
export interface Learning {
  readonly flow: string;
  readonly keptSince: number;
}

export function createArrivals({ store, rest }: ArrivalsParts) {
  const sites = new Map<string, Counted>();

  /** Messages by flow and hour, received in these hours. `null`: it was told to stop. */
  async function count(
    site: string,
    flows: readonly string[],
    hours: { readonly from: number; readonly to: number },
  ): Promise<Map<string, Map<number, number>> | null> {
    const counted = new Map(flows.map((flow) => [flow, new Map<number, number>()]));
    const [from, to] = [hours.from * HOUR, hours.to * HOUR];
    for (let before: string | undefined; ; ) {
      const query = { site, from, to, limit: PAGE, ...(before === undefined ? {} : { before }) };
      const page = await store.search(query);
      for (const row of page.rows) {
        // Not what a person brought: it says nothing of whether the site sends.
        if (row.door === 'manual') continue;
        const hour = Math.floor(row.receivedAt / HOUR);
        for (const flow of new Set(row.deliveries.map((one) => one.flow))) {
          const of = counted.get(flow);
          of?.set(hour, (of.get(hour) ?? 0) + 1);
        }
      }
      if (page.before === null) return counted;
      before = page.before;
      if (!(await rest())) return null;
    }
  }

  const filled = (counts: ReadonlyMap<number, number>, from: number, to: number): number[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, index) => counts.get(from + index) ?? 0);

  /** The newest hours of it. */
  const trimmed = ({ from, counts }: Arrivals): Arrivals => {
    const more = Math.max(0, counts.length - LONGEST);
    return { from: from + more, counts: counts.slice(more) };
  };

  /** Of a flow that was not counted before: as far back as its messages are all there. */
  async function fromHistory(
    site: string,
    learning: readonly Learning[],
    to: number,
  ): Promise<Record<string, Arrivals> | null> {
    if (learning.length === 0) return {};
    const starts = learning.map(({ keptSince }) => Math.max(to - LONGEST, Math.ceil(keptSince / HOUR)));
    const names = learning.map(({ flow }) => flow);
    const counted = await count(site, names, { from: Math.min(...starts), to });
    if (counted === null) return null;
    return Object.fromEntries(
      learning.map(({ flow }, index): [string, Arrivals] => {
        const hours = counted.get(flow) ?? new Map<number, number>();
        // What came before its first message is no silence: it was not there.
        const first = Math.max(starts[index] as number, Math.min(to, ...hours.keys()));
        return [flow, { from: first, counts: filled(hours, first, to) }];
      }),
    );
  }

  /** What came for these flows of the site until the hour that runs. */
  return async function arrivals(
    site: string,
    learning: readonly Learning[],
    now: number,
  ): Promise<ReadonlyMap<string, Arrivals>> {
    const name = `usual ${site}`;
    const until = Math.floor((now - SETTLES) / HOUR);
    const known = (counted: Counted): ReadonlyMap<string, Arrivals> => new Map(Object.entries(counted.flows));
    const complete = (counted: Counted): boolean =>
      counted.until >= until && learning.every(({ flow }) => Object.hasOwn(counted.flows, flow));
    const mine = sites.get(site);
    if (mine !== undefined && complete(mine)) return known(mine);

    const slot = await store.slot(name);
    const kept = (slot.value ?? { until, flows: {} }) as unknown as Counted;
    if (complete(kept)) {
      sites.set(site, kept);
      return known(kept);
    }
    const old = learning.filter(({ flow }) => Object.hasOwn(kept.flows, flow));
    const begun = await fromHistory(
      site,
      learning.filter((one) => !old.includes(one)),
      kept.until,
    );
    const names = learning.map(({ flow }) => flow);
    const since =
      kept.until < until
        ? await count(site, names, { from: kept.until, to: until })
        : new Map<string, never>();
    if (begun === null || since === null) return known(kept);
    const before = { ...begun, ...Object.fromEntries(old.map(({ flow }) => [flow, kept.flows[flow]])) };
    const flows = Object.fromEntries(
      names.map((flow): [string, Arrivals] => {
        const { from, counts } = before[flow] as Arrivals;
        const more = filled(since.get(flow) ?? new Map(), kept.until, until);
        return [flow, trimmed({ from, counts: [...counts, ...more] })];
      }),
    );
    const counted: Counted = { until: Math.max(kept.until, until), flows };
    const swapped = await store.swapSlot({
      ...{ name, expect: slot.version, value: counted as unknown as Json },
      until: slot.now + FORGOTTEN_AFTER,
    });
    // Another node has counted meanwhile: its count is looked at in the next turn.
    if (swapped) sites.set(site, counted);
    return known(swapped ? counted : kept);
  };
}
