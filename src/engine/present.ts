/**
 * What the engine runs now. Its parts look here whenever they need a flow or a site, and keep neither; only a swap changes it,
 * all of it in one moment.
 */
import { type Flow, flowVersion, type PreparedFlow, prepare, withValueSets } from '../flow/index.ts';
import { noValueSets, type ValueSets } from '../mapping/index.ts';
import type { ObservedSite, SiteRecord } from '../site/index.ts';
import { Failure } from '../std/index.ts';
import type { RunningFlow } from './control.ts';
import { type Limits, limitsOf } from './retry.ts';

/** What a project gives an engine to run. */
export interface EngineProject {
  readonly sites: readonly SiteRecord[];
  readonly flows: readonly Flow[];
  /** What the sites' servers were seen to say, by site: see `loadObserved`. */
  readonly observed?: Readonly<Record<string, ObservedSite>>;
  /** The text of a file beside a site's record: `roster.csv`. */
  readonly siteFile?: (site: string, name: string) => Promise<string>;
  /** A site's value set maps. */
  readonly valueSets?: (site: string) => ValueSets;
  /** Where a row of a site's value set map belongs. */
  readonly codeFile?: (site: string, map: string) => Promise<CodeFile>;
}

export interface CodeFile {
  /** From the project's folder: `sites/mercy/maps/visit-types.csv`. */
  readonly file: string;
  /** Its first line, which names the columns; `null`: there is no such file yet. */
  readonly head: string | null;
}

/** A flow that can be run. */
export interface Runnable {
  readonly prepared: PreparedFlow;
  readonly limits: Limits;
  readonly version: string;
}

export const runnable = (flow: Flow): Runnable => ({
  prepared: prepare(flow),
  limits: limitsOf(flow),
  version: flowVersion(flow),
});

/** A project as the engine works with it. */
export interface Prepared {
  readonly project: EngineProject;
  readonly flows: readonly RunningFlow[];
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly sites: ReadonlyMap<string, SiteRecord>;
}

/** @throws Failure `config`: a flow cannot be run, or two have one name. */
export function prepareProject(given: EngineProject): Prepared {
  const sites = given.sites.map((site) =>
    withValueSets(site, () => given.valueSets?.(site.site) ?? noValueSets),
  );
  const project: EngineProject = { ...given, sites };
  const runnables = new Map<string, Runnable>();
  for (const flow of project.flows) {
    if (runnables.has(flow.name)) {
      throw new Failure({
        code: 'FLOW_TWICE',
        kind: 'config',
        message: `Two flows are named "${flow.name}".`,
        fix: 'Rename one of them.',
        at: { flow: flow.name },
      });
    }
    runnables.set(flow.name, runnable(flow));
  }
  const flows = [...runnables.values()].map(({ prepared: { flow }, version }) => ({ flow, version }));
  return { project, flows, runnables, sites: new Map(sites.map((site) => [site.site, site])) };
}

export interface Present {
  prepared(): Prepared;
  flows(): readonly RunningFlow[];
  flow(name: string): Runnable | undefined;
  runnables(): readonly Runnable[];
  sites(): readonly SiteRecord[];
  site(name: string): SiteRecord | undefined;
  observed(): Readonly<Record<string, ObservedSite>>;
  siteFile(site: string, name: string): Promise<string>;
  valueSets(site: string): ValueSets;
  codeFile(site: string, map: string): Promise<CodeFile>;
  become(next: Prepared): void;
}

export function createPresent(project: EngineProject): Present {
  let now = prepareProject(project);
  return {
    prepared: () => now,
    flows: () => now.flows,
    flow: (name) => now.runnables.get(name),
    runnables: () => [...now.runnables.values()],
    sites: () => now.project.sites,
    site: (name) => now.sites.get(name),
    observed: () => now.project.observed ?? {},
    valueSets: (site) => now.project.valueSets?.(site) ?? noValueSets,
    codeFile: async (site, map) =>
      (await now.project.codeFile?.(site, map)) ?? { file: `sites/${site}/maps/${map}.csv`, head: null },
    siteFile(site, name) {
      const read = now.project.siteFile;
      if (read !== undefined) return read(site, name);
      throw new Failure({
        code: 'SITE_FILE',
        kind: 'config',
        message: `The file "${name}" of ${site} cannot be read here.`,
        fix: 'Run the engine from a project’s folder.',
        at: { site },
      });
    },
    become(next) {
      now = next;
    },
  };
}
