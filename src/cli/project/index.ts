/** Loads a user's project: its configuration, its site records and its flows, with every fault found. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Flow } from '../../flow/index.ts';
import { type Fault, type LoadedSite, loadObserved, loadSites, type ObservedSite } from '../../site/index.ts';
import { Failure } from '../../std/index.ts';
import { routeFaults } from '../route-faults.ts';
import type { Environment } from '../settings.ts';
import { type ProjectConfig, readConfig } from './config.ts';
import { connectionFaults } from './connections.ts';
import { type LoadedFlow, loadFlows } from './flows.ts';
import { lackingMaps, loadMaps, type ProjectMaps } from './maps.ts';
import { valueSetFaults } from './value-sets.ts';

export { besideRecord, codeFile } from './beside.ts';
export type { ProjectConfig } from './config.ts';
export { secretNames } from './connections.ts';
export type { LoadedFlow } from './flows.ts';
export type { ProjectMaps } from './maps.ts';

export interface Project {
  readonly folder: string;
  readonly config: ProjectConfig;
  readonly sites: readonly LoadedSite[];
  /** By site, what its servers were seen to say. */
  readonly observed: Readonly<Record<string, ObservedSite>>;
  readonly maps: ProjectMaps;
  readonly flows: readonly Flow[];
  readonly flowFiles: readonly LoadedFlow[];
  readonly faults: readonly Fault[];
}

/** How loading goes on, for people who wait. */
export interface LoadOptions {
  readonly progress?: (done: number, all: number, what: string) => void;
}

/** @throws Failure `config` when there is no project at all. */
export async function loadProject(
  folder: string,
  environment: Environment,
  { progress }: LoadOptions = {},
): Promise<Project> {
  const root = resolve(folder);
  const file = join(root, 'suture.config.ts');
  if (!existsSync(file)) {
    throw new Failure({
      code: 'PROJECT_MISSING',
      kind: 'config',
      message: `There is no suture.config.ts in ${root}.`,
      fix: 'Run it in a project’s folder, or name one with --project.',
    });
  }
  const faults: Fault[] = [];
  const config = await readConfig(file, faults);
  const loaded = loadSites(join(root, config.sites), environment, {
    ...(progress === undefined ? {} : { progress: (done, all) => progress(done, all, 'site records') }),
  });
  faults.push(...loaded.faults);
  for (const site of loaded.sites) faults.push(...connectionFaults(site), ...routeFaults(site));
  const observed: Record<string, ObservedSite> = {};
  for (const { record, file: siteFile } of loaded.sites) {
    const seen = loadObserved(dirname(siteFile));
    observed[record.site] = seen.observed;
    faults.push(...seen.faults);
  }
  const { maps, faults: mapFaults } = loadMaps(join(root, config.maps), loaded.sites);
  faults.push(...mapFaults);
  for (const site of loaded.sites) faults.push(...valueSetFaults(site, maps));
  const flowFiles = await loadFlows(
    join(root, config.flows),
    { root, sites: loaded.sites, observed, maps },
    faults,
  );
  faults.push(...lackingMaps(flowFiles, maps, loaded.sites));
  const flows = flowFiles.map(({ flow }) => flow);
  return { folder: root, config, sites: loaded.sites, observed, maps, flows, flowFiles, faults };
}

export function faultText(fault: Fault): string {
  return `${fault.file}${fault.line > 0 ? `:${fault.line}` : ''}: ${fault.reason}; ${fault.fix}`;
}
