/**
 * Another project in place of the one that runs, without stopping: what has not changed keeps its sockets and pollers. Before
 * the one moment in which flows, sites and connections change together, everything that can be refused has been; a project
 * with a fault changes nothing.
 */
import type { ConnectionContext, Listening } from '../connectors/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, pause } from '../std/index.ts';
import type { Learning } from './learning/learning.ts';
import { connectionKey, type Opening } from './opening.ts';
import { type EngineProject, type Prepared, type Present, prepareProject, type Runnable } from './present.ts';
import type { FlowVersions } from './replay/versions.ts';
import type { Open } from './view.ts';

/**
 * What becomes of deliveries that were planned with another version of their flow and have not ended: `drain` runs them with
 * the version that planned them, `carry over` with the new one.
 */
export type QueuedPolicy = 'drain' | 'carry over';

/** Every version that is drained from now on, where others have decided: nodes of one database do as one. */
export type Drained = readonly { readonly flow: string; readonly version: string }[];

/** What a swap has changed. Connections as `site/connection`. */
export interface Replaced {
  readonly flows: {
    readonly added: readonly string[];
    readonly changed: readonly string[];
    readonly removed: readonly string[];
  };
  readonly connections: {
    readonly opened: readonly string[];
    readonly reopened: readonly string[];
    readonly closed: readonly string[];
    /** How many stayed as they were. */
    readonly kept: number;
  };
}

export interface SwapOptions {
  readonly clock: Clock;
  readonly present: Present;
  readonly opening: Opening;
  readonly learning: Pick<Learning, 'check' | 'swap'>;
  readonly versions: Pick<FlowVersions, 'register' | 'retire'>;
  /** Open connections, in order; changed in place. */
  readonly open: Open[];
  readonly byName: Map<string, Open>;
  readonly draining: Draining;
  /** A connection is another one now: whatever kept its circuit open is over. */
  readonly renewed: (site: string, connection: string) => void;
  readonly changed: () => void;
  readonly log: ConnectionContext['log'];
}

/** Which versions run to their end beside the present ones. */
export interface Draining {
  has(flow: string, version: string): boolean;
  begin(flow: string, version: string): void;
  /** Whatever is queued of this flow runs with its present version. */
  end(flow: string, version?: string): void;
  /** These, and no others. */
  become(all: Drained): void;
}

export function createDraining(first: Drained = []): Draining {
  const all = new Map<string, Set<string>>();
  const draining: Draining = {
    has: (flow, version) => all.get(flow)?.has(version) ?? false,
    begin: (flow, version) => void all.set(flow, (all.get(flow) ?? new Set()).add(version)),
    end: (flow, version) => void (version === undefined ? all.delete(flow) : all.get(flow)?.delete(version)),
    become(next) {
      all.clear();
      for (const { flow, version } of next) draining.begin(flow, version);
    },
  };
  draining.become(first);
  return draining;
}

export interface Swap {
  replace(
    project: EngineProject,
    queued: QueuedPolicy | Drained,
    commit?: () => Promise<void>,
  ): Promise<Replaced>;
  /** Connections that were left have ended their calls and are closed. */
  settled(): Promise<void>;
}

/** Calls under way at a connection that was left are waited for so long; milliseconds. */
const PATIENCE = 60_000;

const nameOf = (one: { readonly site: SiteRecord; readonly name: string }): string =>
  `${one.site.site}/${one.name}`;

/** The connections of two projects beside each other. */
interface Difference {
  readonly fresh: readonly Open[];
  readonly left: readonly Open[];
  readonly kept: readonly { readonly one: Open; readonly site: SiteRecord }[];
  /** In the order of the records. */
  readonly order: readonly string[];
}

export function createSwap(options: SwapOptions): Swap {
  const { clock, present, opening, learning, versions, open, byName, draining, log } = options;
  const closing = new Set<Promise<void>>();
  let turn: Promise<unknown> = Promise.resolve();

  /** Opens what is new or another; nothing is listened on yet. */
  async function difference(next: Prepared): Promise<Difference> {
    const fresh: Open[] = [];
    const kept: { one: Open; site: SiteRecord }[] = [];
    const order: string[] = [];
    try {
      for (const site of next.project.sites) {
        for (const name of Object.keys(site.connections)) {
          const one = byName.get(`${site.site}/${name}`);
          order.push(`${site.site}/${name}`);
          if (one !== undefined && connectionKey(one.site, name) === connectionKey(site, name))
            kept.push({ one, site });
          else fresh.push(opening.openConnection(site, name, next));
        }
      }
    } catch (error) {
      await closeAll(fresh);
      throw error;
    }
    const stay = new Set(kept.map(({ one }) => one));
    return { fresh, kept, order, left: open.filter((one) => !stay.has(one)) };
  }

  async function closeAll(all: readonly Open[]): Promise<void> {
    await Promise.allSettled(all.map((one) => one.connection.close()));
  }

  /** Nothing is read by it until the swap is done. */
  async function listen(one: Open): Promise<void> {
    if (one.connection.listen === undefined) return;
    one.listening = await one.connection.listen(one.receiver).catch((error) => {
      throw asFailure(error, { site: one.site.site, connection: one.name });
    });
    one.listening.pause();
  }

  /** New doors open beside the old ones where they can; where an old one stands in the way it closes first, and opens again if all fails. */
  async function openDoors({ fresh, left }: Difference): Promise<void> {
    const inTheWay: Open[] = [];
    for (const one of fresh) {
      try {
        await listen(one);
      } catch (error) {
        if (!left.some(({ listening }) => listening !== null)) throw error;
        inTheWay.push(one);
      }
    }
    if (inTheWay.length === 0) return;
    const shut = left.filter(({ listening }) => listening !== null);
    await Promise.all(shut.map(shutDoor));
    try {
      for (const one of inTheWay) await listen(one);
    } catch (error) {
      await closeAll(fresh);
      for (const one of shut) await reopen(one);
      throw error;
    }
  }

  /** Doors that had to give way stand open again if it cannot be written down that they were left. */
  async function committed({ fresh, left }: Difference, commit: () => Promise<void>): Promise<void> {
    try {
      await commit();
    } catch (error) {
      await closeAll(fresh);
      for (const one of left) if (one.listening === null) await reopen(one);
      throw error;
    }
  }

  async function shutDoor(one: Open): Promise<void> {
    const { listening } = one;
    one.listening = null;
    await listening?.close();
  }

  async function reopen(one: Open): Promise<void> {
    try {
      one.listening = ((await one.connection.listen?.(one.receiver)) as Listening | undefined) ?? null;
    } catch (error) {
      const failure = asFailure(error, { site: one.site.site, connection: one.name });
      one.failure = failure;
      log('error', `the connection does not listen any more: ${failure.message}`, {
        ...failure.at,
        code: failure.code,
        fix: failure.fix,
      });
    }
  }

  /** A connection that was left: nobody comes in any more, who is inside finishes. */
  function leave(one: Open): void {
    const stopping = new AbortController();
    const ended = (async () => {
      await shutDoor(one);
      await Promise.race([one.idle(), pause(clock, PATIENCE, stopping.signal)]);
      stopping.abort();
      await one.connection.close();
    })()
      .catch((error) => {
        const { message, code } = asFailure(error);
        log('warn', `a connection that is no longer used did not close well: ${message}`, {
          site: one.site.site,
          connection: one.name,
          code,
        });
      })
      .finally(() => closing.delete(ended));
    closing.add(ended);
  }

  function queue(before: Prepared, flows: Replaced['flows'], queued: QueuedPolicy | Drained): void {
    if (typeof queued !== 'string') draining.become(queued);
    else
      for (const name of [...flows.changed, ...flows.removed]) {
        if (queued === 'drain') draining.begin(name, (before.runnables.get(name) as Runnable).version);
        else draining.end(name);
      }
    for (const { flow, version } of present.flows()) draining.end(flow.name, version);
  }

  async function replaceNow(
    project: EngineProject,
    queued: QueuedPolicy | Drained,
    commit: () => Promise<void>,
  ): Promise<Replaced> {
    const before = present.prepared();
    const next = prepareProject(project);
    const parts = await difference(next);
    const { fresh, left, kept, order } = parts;
    const coming = new Map([...fresh, ...kept.map(({ one }) => one)].map((one) => [nameOf(one), one]));
    try {
      learning.check(project.sites, (site, name) => {
        const one = coming.get(`${site}/${name}`);
        const record = next.sites.get(site);
        return one && record && { ...one, site: record };
      });
      await versions.register(next.flows);
      await openDoors(parts);
    } catch (error) {
      await closeAll(fresh);
      throw error;
    }
    await committed(parts, commit);

    // The one moment: nothing is awaited from here to its end.
    versions.retire([...before.runnables.values()]);
    present.become(next);
    for (const { one, site } of kept) {
      one.site = site;
      one.intake = opening.intakeOf(site, one.name, next);
    }
    const were = new Set(open.map(nameOf));
    open.splice(0, open.length, ...order.map((name) => coming.get(name) as Open));
    byName.clear();
    for (const one of open) byName.set(nameOf(one), one);
    const flows = flowsBetween(before, next);
    queue(before, flows, queued);
    for (const one of fresh) one.listening?.resume();
    // Until here.

    const stay = new Set(open.map(nameOf));
    for (const one of left) {
      options.renewed(one.site.site, one.name);
      leave(one);
    }
    await learning.swap(new Set([...fresh, ...left].map(nameOf)));
    options.changed();
    return {
      flows,
      connections: {
        opened: fresh.map(nameOf).filter((name) => !were.has(name)),
        reopened: fresh.map(nameOf).filter((name) => were.has(name)),
        closed: left.map(nameOf).filter((name) => !stay.has(name)),
        kept: kept.length,
      },
    };
  }

  return {
    replace(project, queued, commit = () => Promise.resolve()) {
      const mine = turn.then(() => replaceNow(project, queued, commit));
      turn = mine.catch(() => undefined);
      return mine;
    },
    async settled() {
      await turn;
      await Promise.all(closing);
    },
  };
}

function flowsBetween(before: Prepared, next: Prepared): Replaced['flows'] {
  const names = [...next.runnables.keys()];
  const version = (of: Prepared, name: string): string | undefined => of.runnables.get(name)?.version;
  return {
    added: names.filter((name) => !before.runnables.has(name)),
    changed: names.filter(
      (name) => before.runnables.has(name) && version(before, name) !== version(next, name),
    ),
    removed: [...before.runnables.keys()].filter((name) => !next.runnables.has(name)),
  };
}
