/**
 * Codes that a site's value set maps lack: which there are, what waits for them, and letting that go on once they are
 * there. What waits is held in its lanes, so order stays; a release is the store's, so each goes on once.
 */
import type { ConnectionContext, Finding } from '../connectors/index.ts';
import { type UnmappedAt, unmappedOf, type ValueSets } from '../mapping/index.ts';
import type { Delivery } from '../message/index.ts';
import type { Clock } from '../std/index.ts';
import type { Leased, Settlement, Store } from '../store/index.ts';
import type { Tallykeeper } from './outcomes.ts';
import type { CodeFile, Present } from './present.ts';

/** A code that a value set map of a site lacks, and what waits for it. */
export interface Gap {
  readonly site: string;
  readonly map: string;
  /** `null`: texts that are not shown here, because no code looks like them; the messages show them. */
  readonly code: string | null;
  /** It is looked up from the target to the source. */
  readonly back: boolean;
  /** There are rows, and none says that it is the one. */
  readonly ambiguous: boolean;
  /** Deliveries that are held for it. */
  readonly held: number;
  /** Deliveries that stand behind those in their lanes; of the 500 longest lanes. */
  readonly behind: number;
  readonly flows: readonly string[];
  /** When the first and the last of those that wait were planned; milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Messages that wait, oldest first, at most 20. */
  readonly messages: readonly string[];
  /** The map that runs has it by now; `null`: not known, since no engine was asked or the text is not kept. */
  readonly mapped: boolean | null;
  /** Of an ambiguous one: the sources of the rows that have it. */
  readonly sources: readonly string[];
}

export interface GapControl {
  /** The most waiting first. */
  gaps(site?: string): Promise<readonly Gap[]>;
  /** Lets go on what waits for codes that are there by now; gives how many. Audited as `by`, else as the engine. */
  resumeMapped(site?: string, by?: { readonly who: string; readonly reason: string }): Promise<number>;
  /** Where a row of a site's value set map belongs. */
  codeFile(site: string, map: string): Promise<CodePlace>;
}

export interface CodePlace extends CodeFile {
  /** The site has a map of this name, be it a shared one. */
  readonly known: boolean;
}

export interface Gaps {
  readonly control: GapControl;
  /** A delivery was settled: one that is held for a code is counted, and goes on at once if the code came meanwhile. */
  settled(leased: Leased, settlement: Settlement): Promise<void>;
}

export interface GapsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly present: Pick<Present, 'valueSets' | 'codeFile'>;
  readonly planned: (deliveries: number) => void;
  readonly tallies: Pick<Tallykeeper, 'findings'>;
  readonly log: ConnectionContext['log'];
}

const PAGE = 500;
const MESSAGES = 20;
const LANES = 500;
const SOURCES = 20;
/** Gaps that were told of are told again after this long. */
const TOLD_AGAIN = 3_600_000;
const TOLD = 2_000;

export function createGaps({ store, clock, present, planned, tallies, log }: GapsParts): Gaps {
  const told = new Map<string, number>();
  /** Let go on right after they were held: once each, so that no misunderstanding turns in a circle. */
  const again = new Set<string>();

  /** Whether every code that it waits for is there; a text that is not kept may be. */
  function isThere({ failure }: Pick<Delivery, 'failure'>): boolean {
    const sets = present.valueSets(failure?.at.site ?? '');
    return unmappedOf(failure).every(({ map, code, back }) =>
      code === null ? sets.get(map) !== undefined : isMapped(sets, map, code, back),
    );
  }

  async function release(
    deliveryIds: readonly string[],
    site: string,
    by = { who: 'engine', reason: 'the codes they waited for are mapped' },
  ): Promise<number> {
    const at = clock.now();
    const facts = { site, count: deliveryIds.length, reason: by.reason };
    const audit = { at, who: by.who, act: 'delivery.release', on: deliveryIds.join(','), facts };
    const count = await store.release({ deliveryIds, to: 'waiting', at, audit });
    if (count > 0) planned(count);
    return count;
  }

  async function resumeMapped(site?: string, by?: { who: string; reason: string }): Promise<number> {
    let count = 0;
    const ready = new Map<string, string[]>();
    for await (const delivery of heldForCodes(store, site)) {
      if (!isThere(delivery)) continue;
      const at = delivery.failure?.at.site ?? '';
      const ids = ready.get(at) ?? [];
      ready.set(at, ids);
      ids.push(delivery.id);
      if (ids.length < PAGE) continue;
      count += await release(ids.splice(0), at, by);
    }
    for (const [at, ids] of ready) if (ids.length > 0) count += await release(ids, at, by);
    if (count > 0)
      log('info', `${count} deliveries go on: the codes they waited for are mapped`, { site: site ?? 'all' });
    return count;
  }

  /** A finding for each code, counted a minute; the log tells of one code once an hour. */
  function tell(site: string, connection: string, list: readonly UnmappedAt[]): void {
    const findings = new Map<string, Finding>();
    for (const { map, code, back } of list) {
      const text = `The value set map "${map}" has no row for ${code === null ? 'a text' : `"${code}"`}${back ? ' as a target' : ''}.`;
      findings.set(text, { code: 'CODE_UNMAPPED', text, count: 1 });
    }
    tallies.findings(site, connection, [...findings.values()]);
    const now = clock.now();
    for (const text of findings.keys()) {
      const key = `${site} ${text}`;
      if (now - (told.get(key) ?? Number.NEGATIVE_INFINITY) < TOLD_AGAIN) continue;
      if (told.size >= TOLD) told.clear();
      told.set(key, now);
      log('warn', text, { site, connection, code: 'CODE_UNMAPPED' });
    }
  }

  return {
    control: {
      gaps: (site) => gapsOf(store, site, present.valueSets),
      resumeMapped,
      codeFile: async (site, map) => ({
        ...(await present.codeFile(site, map)),
        known: present.valueSets(site).get(map) !== undefined,
      }),
    },
    async settled({ message, delivery }, settlement) {
      if (settlement.to !== 'held' || settlement.reason !== 'unmapped code') return;
      const { failure } = settlement;
      tell(message.site, message.connection, unmappedOf(failure));
      // The maps may have been exchanged while it was tried: who looked for what waits did not see it yet.
      const unshown = unmappedOf(failure).some(({ code }) => code === null);
      if (unshown || again.has(delivery.id) || !isThere({ failure })) return;
      if (again.size >= TOLD) again.clear();
      again.add(delivery.id);
      await release([delivery.id], message.site);
    },
  };
}

function isMapped(sets: ValueSets, map: string, code: string, back: boolean): boolean {
  const set = sets.get(map);
  const row = back ? set?.back(code) : set?.row(code);
  return row !== undefined && row !== 'ambiguous';
}

/** What the maps that run say of a gap. */
function standing(
  { map, code, back, ambiguous }: UnmappedAt,
  sets: ValueSets | undefined,
): Pick<Gap, 'mapped' | 'sources'> {
  if (sets === undefined || code === null) return { mapped: null, sources: [] };
  const rows = ambiguous ? sets.get(map)?.rows.filter(({ target }) => target === code) : undefined;
  return {
    mapped: isMapped(sets, map, code, back),
    sources: (rows ?? []).slice(0, SOURCES).map(({ source }) => source),
  };
}

type Reading = Pick<Store, 'deliveries' | 'stuckLanes'>;

async function* heldForCodes(store: Reading, site: string | undefined): AsyncGenerator<Delivery> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<Store['deliveries']>> = await store.deliveries({
      state: 'held',
      limit: PAGE,
      ...(site === undefined ? {} : { site }),
      ...(after === null ? {} : { after }),
    });
    yield* page.rows.filter(({ heldFor }) => heldFor === 'unmapped code');
    after = page.after;
  } while (after !== null);
}

/** What waits for which codes, from what is stored; the most waiting first. */
export async function gapsOf(
  store: Reading,
  site?: string,
  valueSets?: Present['valueSets'],
): Promise<readonly Gap[]> {
  const found = new Map<string, { -readonly [Key in keyof Gap]: Gap[Key] } & { heads: Set<string> }>();
  for await (const delivery of heldForCodes(store, site)) {
    const at = delivery.failure?.at.site ?? '';
    const counted = new Set<string>();
    for (const unmapped of unmappedOf(delivery.failure)) {
      const { map, code, back, ambiguous } = unmapped;
      const key = JSON.stringify([at, map, back, code]);
      if (counted.has(key)) continue;
      counted.add(key);
      const gap = found.get(key) ?? {
        ...{ site: at, map, code, back, ambiguous, held: 0, behind: 0, flows: [], messages: [] },
        ...{ firstAt: delivery.createdAt, lastAt: delivery.createdAt, heads: new Set<string>() },
        ...standing(unmapped, valueSets?.(at)),
      };
      found.set(key, gap);
      gap.held += 1;
      gap.firstAt = Math.min(gap.firstAt, delivery.createdAt);
      gap.lastAt = Math.max(gap.lastAt, delivery.createdAt);
      gap.heads.add(delivery.id);
      if (!gap.flows.includes(delivery.flow)) gap.flows = [...gap.flows, delivery.flow];
      if (gap.messages.length < MESSAGES) gap.messages = [...gap.messages, delivery.messageId];
    }
  }
  if (found.size === 0) return [];
  const lanes = await store.stuckLanes({ limit: LANES, ...(site === undefined ? {} : { site }) });
  return [...found.values()]
    .map(({ heads, ...gap }): Gap => {
      const behind = lanes.filter(({ head }) => heads.has(head.id));
      return { ...gap, behind: behind.reduce((sum, { standing }) => sum + standing - 1, 0) };
    })
    .sort((a, b) => b.held + b.behind - a.held - a.behind || a.map.localeCompare(b.map));
}
