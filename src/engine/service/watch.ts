/**
 * Watches what flows promise: that their events come, and that deliveries are done in time. Asks the store what came, so every
 * node sees the same, and keeps in it what is broken: one line in the log when it begins and one when it is over, whatever the
 * number of nodes and of restarts.
 */
import type { ConnectionContext, Finding } from '../../connectors/index.ts';
import { awakeSince, type Flow, runsAt } from '../../flow/index.ts';
import { retentionOf, retentionOfFlow, type SiteRecord } from '../../site/index.ts';
import { asFailure, type Clock, type Json, pause } from '../../std/index.ts';
import type { Leased, Settlement, Store } from '../../store/index.ts';
import type { RunningFlow } from '../control.ts';
import { createArrivals } from './arrivals.ts';
import { type Kept, type KeptOfSite, keptOf, tell } from './kept.ts';
import {
  judgeSilence,
  promisedTime,
  type ServiceState,
  SLOW_FIX,
  silenceFix,
  slowText,
  sourcesOf,
} from './promise.ts';
import { type Arrivals, type Learnt, learn } from './usual.ts';

export interface WatchParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly sites: () => readonly SiteRecord[];
  readonly flows: () => readonly RunningFlow[];
  readonly changed: () => void;
  /** Counted per minute, of the connection that received the message. */
  readonly found: (site: string, connection: string, findings: readonly Finding[]) => void;
  readonly log: ConnectionContext['log'];
}

export interface Watch {
  start(): void;
  stop(): Promise<void>;
  /** One look at everything; what runs each minute. */
  look(): Promise<void>;
  /** A delivery ended its attempt so. */
  settled(leased: Leased, settlement: Settlement): void;
  states(): readonly ServiceState[];
}

const DAY = 86_400_000;
const FIRST_AFTER = 15_000;
const EVERY = 60_000;
/** Between two reads of a long count. */
const REST = 20;
/** Nothing was slow for so long: it is over. Longer than what most attempts are apart. */
const SLOW_FOR = 15 * 60_000;
const STUCK = 500;
/** Pages looked at for the newest event of a flow that has none for long. */
const PAGES = 40;

interface Last {
  /** Not looked at before: it cannot have become a silence. */
  readonly next: number;
  readonly state: ServiceState;
  /** Judged by these; others are judged anew. */
  readonly flow: Flow;
  readonly site: SiteRecord;
}

export function createWatch(parts: WatchParts): Watch {
  const { store, clock, changed, log } = parts;
  const stopping = new AbortController();
  const rest = async (): Promise<boolean> => {
    await pause(clock, REST, stopping.signal);
    return !stopping.signal.aborted;
  };
  const arrivals = createArrivals({ store, rest });
  /** Sites where nothing is promised, nor was. */
  const clean = new Set<string>();
  const silences = new Map<string, Last>();
  const learnt = new Map<
    string,
    { readonly learnt: Learnt; readonly arrivals: Arrivals; readonly by: string }
  >();
  /** The last slow delivery that this node saw: when, how long it took until then, and since when that was too long. */
  const slow = new Map<string, { readonly at: number; readonly took: number; readonly since: number }>();
  let states: readonly ServiceState[] = [];
  let running: Promise<void> = Promise.resolve();
  const keyOf = (site: string, flow: string): string => `${site} ${flow}`;

  let promised: { readonly of: readonly RunningFlow[]; readonly flows: ReadonlyMap<string, Flow> } | null =
    null;
  /** Flows that promise something, by name: asked for each delivery. */
  function promising(): ReadonlyMap<string, Flow> {
    const of = parts.flows();
    if (promised?.of !== of) {
      const some = of.flatMap(({ flow }) => (flow.service === undefined ? [] : [flow]));
      promised = { of, flows: new Map(some.map((flow) => [flow.name, flow])) };
    }
    return promised.flows;
  }
  const watched = (site: SiteRecord): readonly Flow[] =>
    [...promising().values()].filter((flow) => runsAt(flow, site));

  function tookTooLong(site: SiteRecord, flow: Flow, from: number, at: number): boolean {
    const promised = flow.service?.endToEnd;
    if (promised === undefined || at - from <= promised) return false;
    if (promisedTime(site, flow, from, at) <= promised) return false;
    slow.set(keyOf(site.site, flow.name), { at, took: at - from, since: from + promised });
    return true;
  }

  /** Lanes that do not move are tried again too rarely to tell of themselves. */
  async function lookAtLanes(): Promise<void> {
    if ([...promising().values()].every(({ service }) => service?.endToEnd === undefined)) return;
    const now = clock.now();
    for (const { head, message } of await store.stuckLanes({ limit: STUCK })) {
      const site = parts.sites().find((one) => one.site === message.site);
      const flow = promising().get(head.flow);
      if (site === undefined || flow?.service?.endToEnd === undefined) continue;
      if (now - head.createdAt <= flow.service.endToEnd) continue;
      // One of them is enough to know it.
      if (slow.get(keyOf(site.site, flow.name))?.at === now) continue;
      const { steps } = (await store.history(head.id)) ?? { steps: [] };
      tookTooLong(site, flow, Math.max(head.createdAt, awakeSince(steps)), now);
    }
  }

  async function lastEvent(site: string, flow: string): Promise<number | null> {
    let before: string | undefined;
    for (let page = 0; page < PAGES; page++) {
      const found = await store.search({
        site,
        flow,
        limit: 20,
        ...(before === undefined ? {} : { before }),
      });
      const row = found.rows.find(({ door }) => door !== 'manual');
      if (row !== undefined) return row.receivedAt;
      if (found.before === null) return null;
      before = found.before;
    }
    return null;
  }

  /** Since when a flow's messages at a site are all there: by then none has left by its age. */
  function keptSince(site: SiteRecord, flow: Flow, now: number): number {
    const days = Object.keys(site.connections).map((connection) => {
      const { delivered, filtered } = retentionOfFlow(retentionOf(site, connection), flow.retention ?? {});
      return Math.min(delivered, filtered);
    });
    return now - Math.min(...days, 60) * DAY;
  }

  async function learnAt(site: SiteRecord, flows: readonly Flow[], now: number): Promise<void> {
    const learning = flows.filter(({ service }) => service?.silence === 'learn');
    if (learning.length === 0) return;
    const counted = await arrivals(
      site.site,
      learning.map((flow) => ({ flow: flow.name, keptSince: keptSince(site, flow, now) })),
      now,
    );
    for (const flow of learning) {
      const came = counted.get(flow.name);
      if (came === undefined) continue;
      const connections = sourcesOf(flow, site);
      // Learnt anew when an hour came to it, or the calendar is another.
      const by = JSON.stringify([came.from, came.counts.length, connections, site.timeZone, site.calendar]);
      const key = keyOf(site.site, flow.name);
      if (learnt.get(key)?.by === by) continue;
      learnt.set(key, { learnt: learn(site, came, connections), arrivals: came, by });
    }
  }

  async function silenceOf(site: SiteRecord, flow: Flow, kept: Kept, now: number): Promise<ServiceState> {
    const key = keyOf(site.site, flow.name);
    const last = silences.get(key);
    const same = last?.flow === flow && last.site === site;
    if (last !== undefined && same && now < last.next && kept.silent === undefined) return last.state;
    const known = learnt.get(key);
    const judge = (at: number | null) =>
      judgeSilence(flow, site, { lastAt: at, watchedSince: kept.watched, now }, known);
    const at = (await lastEvent(site.site, flow.name)) ?? kept.last ?? null;
    const { state, share, text } = judge(at);
    const broken = state === 'broken';
    const silence = flow.service?.silence;
    const wait = typeof silence === 'number' ? silence * (1 - share) : share < 0.5 ? 5 * EVERY : EVERY;
    const told: ServiceState = {
      ...{ site: site.site, flow: flow.name, promise: 'silence', state, lastAt: at, text },
      code: broken ? 'FLOW_SILENT' : null,
      since: broken ? (at ?? kept.watched) : null,
      fix: broken ? silenceFix(site, flow) : null,
    };
    silences.set(key, { flow, site, next: now + Math.max(0, wait), state: told });
    return told;
  }

  function slowOf(site: SiteRecord, flow: Flow, kept: Kept, now: number): ServiceState {
    const seen = slow.get(keyOf(site.site, flow.name));
    const lastAt = Math.max(seen?.at ?? 0, kept.slow?.last ?? 0);
    const broken = lastAt > 0 && now - lastAt < SLOW_FOR;
    return {
      ...{ site: site.site, flow: flow.name, promise: 'end to end', lastAt: null },
      state: broken ? 'broken' : 'kept',
      code: broken ? 'FLOW_SLOW' : null,
      since: broken ? (kept.slow?.since ?? seen?.since ?? now) : null,
      text: broken ? slowText(flow, seen?.took) : 'deliveries are done in the time that it promises',
      fix: broken ? SLOW_FIX : null,
    };
  }

  async function lookAt(site: SiteRecord): Promise<readonly ServiceState[]> {
    const flows = watched(site);
    const now = clock.now();
    const name = `service ${site.site}`;
    if (flows.length > 0) clean.delete(site.site);
    if (clean.has(site.site)) return [];
    const slot = await store.slot(name);
    const kept = (slot.value ?? {}) as unknown as KeptOfSite;
    if (flows.length === 0 && Object.keys(kept).length === 0) {
      clean.add(site.site);
      return [];
    }
    await learnAt(site, flows, now);
    const told: { flow: string; before: Kept | undefined; after: Kept; all: readonly ServiceState[] }[] = [];
    for (const flow of flows) {
      const before = kept[flow.name];
      const known = before ?? { watched: now };
      const all: ServiceState[] = [];
      if (flow.service?.silence !== undefined) all.push(await silenceOf(site, flow, known, now));
      if (flow.service?.endToEnd !== undefined) all.push(slowOf(site, flow, known, now));
      const seen = slow.get(keyOf(site.site, flow.name))?.at ?? 0;
      told.push({ flow: flow.name, before, after: keptOf(known, all, seen, now), all });
    }
    const value = Object.fromEntries(told.map(({ flow, after }) => [flow, after]));
    if (JSON.stringify(value) !== JSON.stringify(kept)) {
      const swap = { name, expect: slot.version, value: value as unknown as Json };
      // Another node was faster, and has told of it: this one looks again in a minute.
      if (!(await store.swapSlot(swap))) return told.flatMap(({ all }) => all);
      for (const { flow, before, after, all } of told) tell(parts, site.site, flow, before, after, all);
      for (const [flow, { silent, slow: slowly }] of Object.entries(kept))
        if (value[flow] === undefined && (silent ?? slowly) !== undefined)
          log('info', `${site.site}: the flow "${flow}" promises nothing here any more`, {
            site: site.site,
            flow,
          });
    }
    return told.flatMap(({ all }) => all);
  }

  async function look(): Promise<void> {
    await lookAtLanes();
    const all: ServiceState[] = [];
    for (const site of parts.sites()) {
      if (stopping.signal.aborted) return;
      all.push(...(await lookAt(site)));
    }
    const broken = (of: readonly ServiceState[]): string =>
      of.flatMap(({ site, flow, code }) => (code === null ? [] : [`${site} ${flow} ${code}`])).join();
    const differs = broken(all) !== broken(states);
    states = all;
    if (differs) changed();
  }

  return {
    look,
    states: () => states,
    settled(leased, settlement) {
      if (settlement.to === 'sleeping') return;
      const flow = promising().get(leased.delivery.flow);
      if (flow?.service?.endToEnd === undefined) return;
      const from = Math.max(leased.delivery.createdAt, awakeSince(leased.remembered));
      if (settlement.at - from <= flow.service.endToEnd) return;
      const site = parts.sites().find((one) => one.site === leased.message.site);
      if (site === undefined || !tookTooLong(site, flow, from, settlement.at)) return;
      if (settlement.to !== 'delivered' && settlement.to !== 'filtered') return;
      const text = `Deliveries of the flow "${flow.name}" took longer than it promises.`;
      parts.found(site.site, leased.message.connection, [{ code: 'FLOW_SLOW', text, count: 1 }]);
    },
    start() {
      running = (async () => {
        await pause(clock, FIRST_AFTER, stopping.signal);
        while (!stopping.signal.aborted) {
          await look().catch((error) => {
            const failure = asFailure(error);
            if (!stopping.signal.aborted)
              log('warn', `what flows promise is looked at again in a minute: ${failure.message}`, {
                code: failure.code,
              });
          });
          await pause(clock, EVERY, stopping.signal);
        }
      })();
    },
    stop() {
      stopping.abort();
      return running;
    },
  };
}
