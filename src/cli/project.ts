/** Loads a user's project: its configuration, its site records and its flows, with every fault found. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { capabilityMatrix, connectors } from '../connectors/index.ts';
import { type Flow, lint, unmet } from '../flow/index.ts';
import {
  connectorRecord,
  type Fault,
  type LoadedSite,
  loadObserved,
  loadSites,
  type ObservedSite,
} from '../site/index.ts';
import { asFailure, Failure, nearest } from '../std/index.ts';
import { routeFaults, routeSecrets } from './route-faults.ts';
import type { Environment } from './settings.ts';

const configSchema = z.strictObject({
  sites: z.string().default('sites'),
  flows: z.string().default('flows'),
  /** Unfinished deliveries of one connection above which its senders are no longer read. */
  backlogLimit: z.number().int().positive().optional(),
  dev: z
    .strictObject({
      hospital: z
        .strictObject({
          patients: z.number().int().positive().default(60),
          /** Hospital minutes a real minute. */
          speed: z.number().positive().default(1),
          eventsPerMinute: z.number().positive().default(30),
          /** The MLLP connection that its feeds go to. */
          feed: z.string(),
        })
        .optional(),
      /** Programs of the project that run beside the engine in development. */
      beside: z.array(z.string()).default([]),
    })
    .prefault({}),
});

export type ProjectConfig = z.output<typeof configSchema>;

export interface Project {
  readonly folder: string;
  readonly config: ProjectConfig;
  readonly sites: readonly LoadedSite[];
  /** By site, what its servers were seen to say. */
  readonly observed: Readonly<Record<string, ObservedSite>>;
  readonly flows: readonly Flow[];
  readonly faults: readonly Fault[];
}

/** @throws Failure `config` when there is no project at all. */
export async function loadProject(folder: string, environment: Environment): Promise<Project> {
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
  const loaded = loadSites(join(root, config.sites), environment);
  faults.push(...loaded.faults);
  for (const site of loaded.sites) faults.push(...connectionFaults(site), ...routeFaults(site));
  const observed: Record<string, ObservedSite> = {};
  for (const { record, file: siteFile } of loaded.sites) {
    const seen = loadObserved(dirname(siteFile));
    observed[record.site] = seen.observed;
    faults.push(...seen.faults);
  }
  const flows = await loadFlows(join(root, config.flows), loaded.sites, faults, observed);
  return { folder: root, config, sites: loaded.sites, observed, flows, faults };
}

async function readConfig(file: string, faults: Fault[]): Promise<ProjectConfig> {
  let value: unknown = {};
  try {
    value = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    faults.push(importFault(file, error));
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const key = issue.code === 'unrecognized_keys' ? (issue.keys[0] ?? '') : '';
    const near = key ? nearest(key, Object.keys(configSchema.shape)) : undefined;
    faults.push({
      file,
      line: 0,
      reason: key
        ? `there is no setting "${key}"`
        : `${issue.path.join('.') || 'the default export'}: ${issue.message}`,
      fix: near ? `did you mean "${near}"?` : 'export default defineConfig({ ... })',
    });
  }
  return configSchema.parse({});
}

/** Each connector reads its own part of the record. */
function connectionFaults(site: LoadedSite): Fault[] {
  const faults: Fault[] = [];
  for (const [name, record] of Object.entries(site.record.connections)) {
    const line = site.lineOf(['connections', name, 'connector']);
    const connector = connectors.get(record.connector);
    if (connector === undefined) {
      const near = nearest(record.connector, [...connectors.keys()]);
      faults.push({
        file: site.file,
        line,
        reason: `connections.${name}: there is no connector "${record.connector}"`,
        fix: near ? `did you mean "${near}"?` : `use one of: ${[...connectors.keys()].join(', ')}`,
      });
      continue;
    }
    try {
      connector.parse(connectorRecord(record), { site: site.record.site, connection: name });
    } catch (error) {
      const failure = asFailure(error);
      const path = failure.at.path?.split('.') ?? [];
      faults.push({
        file: site.file,
        line: site.lineOf(['connections', name, ...path]) || line,
        reason: `connections.${name}: ${failure.message}`,
        fix: failure.fix,
      });
    }
  }
  return faults;
}

async function loadFlows(
  folder: string,
  sites: readonly LoadedSite[],
  faults: Fault[],
  observed: Readonly<Record<string, ObservedSite>>,
): Promise<Flow[]> {
  const flows: Flow[] = [];
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.ts$/.test(name) && !/\.test\.ts$/.test(name))
    : [];
  for (const name of names.sort()) {
    const file = join(folder, name);
    let flow: Flow | undefined;
    try {
      flow = ((await import(pathToFileURL(file).href)) as { default?: Flow }).default;
    } catch (error) {
      faults.push(importFault(file, error));
      continue;
    }
    if (flow?.name === undefined || !Array.isArray(flow.steps)) {
      faults.push({
        file,
        line: 0,
        reason: 'does not export a flow',
        fix: 'end it with: export default flow(...)',
      });
      continue;
    }
    if (flows.some((other) => other.name === flow.name)) {
      faults.push({
        file,
        line: 0,
        reason: `another file has a flow named "${flow.name}", too`,
        fix: 'rename one',
      });
      continue;
    }
    flows.push(flow);
    faults.push(...flowFaults(flow, file, sites));
    faults.push(...lacking(flow, file, sites, observed), ...sameService(flow, file, flows));
  }
  return flows;
}

function flowFaults(flow: Flow, file: string, sites: readonly LoadedSite[]): Fault[] {
  const catalogue = [...connectors.values()].flatMap((connector) => connector.capabilities);
  const faults = lint(flow, { capabilities: catalogue }).map(({ place, reason, fix }) => ({
    file,
    line: 0,
    reason: `${flow.name}${place ? `, ${place}` : ''}: ${reason}`,
    fix,
  }));
  const named = flow.sites === 'all' ? sites : sites.filter((site) => flow.sites.includes(site.record.site));
  if (flow.sites !== 'all') {
    for (const name of flow.sites) {
      if (sites.some((site) => site.record.site === name)) continue;
      const near = nearest(
        name,
        sites.map((site) => site.record.site),
      );
      faults.push({
        file,
        line: 0,
        reason: `${flow.name}: there is no site "${name}"`,
        fix: near ? `did you mean "${near}"?` : 'make its site record, or correct the name',
      });
    }
  }
  for (const site of named) {
    for (const step of flow.steps) {
      if (!('connection' in step) || site.record.connections[step.connection] !== undefined) continue;
      faults.push({
        file,
        line: 0,
        reason: `${flow.name}, step "${step.id}": the site ${site.record.site} has no connection "${step.connection}"`,
        fix: `it has: ${Object.keys(site.record.connections).join(', ') || 'none'}`,
      });
    }
  }
  return faults;
}

/** What a site lacks that the flow needs, as far as is known: the cell and the way that exists. */
function lacking(
  flow: Flow,
  file: string,
  sites: readonly LoadedSite[],
  observed: Readonly<Record<string, ObservedSite>>,
): Fault[] {
  const named = flow.sites === 'all' ? sites : sites.filter((site) => flow.sites.includes(site.record.site));
  return named.flatMap(({ record }) =>
    unmet(flow, record, (connection) =>
      capabilityMatrix({
        record,
        observed: observed[record.site] ?? {},
        connectors,
        ...(connection === undefined ? {} : { connection }),
      }),
    ).map(({ place, reason, fix }) => ({
      file,
      line: 0,
      reason: `${flow.name}, ${place}: ${reason}`,
      fix: `${fix}${fix.endsWith('.') ? '' : '.'} See: suture sites capabilities ${record.site}`,
    })),
  );
}

/** Two flows that answer one CDS service at one site: nobody could say which does. */
function sameService(flow: Flow, file: string, flows: readonly Flow[]): Fault[] {
  const { trigger } = flow;
  if (trigger.kind !== 'cds') return [];
  const other = flows.find((each) => {
    if (each === flow || each.trigger.kind !== 'cds' || each.trigger.service !== trigger.service)
      return false;
    return (
      flow.sites === 'all' || each.sites === 'all' || each.sites.some((site) => flow.sites.includes(site))
    );
  });
  if (other === undefined) return [];
  return [
    {
      file,
      line: 0,
      reason: `${flow.name}: the CDS service "${trigger.service}" is answered by ${other.name}, too`,
      fix: 'give one of them another service, or other sites',
    },
  ];
}

function importFault(file: string, error: unknown): Fault {
  const text = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const line = new RegExp(`${file.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(stack)?.[1];
  return {
    file,
    line: Number(line ?? 0),
    reason: `cannot be loaded: ${text.split('\n')[0]}`,
    fix: 'correct the TypeScript',
  };
}

/** Names of the secrets that the sites' connections refer to. */
export function secretNames(sites: readonly LoadedSite[]): string[] {
  const names = new Set<string>();
  for (const { record } of sites) {
    for (const connection of Object.values(record.connections)) {
      const { secret, auth } = connection as { secret?: unknown; auth?: { secret?: unknown } };
      for (const name of [secret, auth?.secret]) if (typeof name === 'string') names.add(name);
      for (const name of routeSecrets(connection)) names.add(name);
    }
  }
  return [...names];
}

export function faultText(fault: Fault): string {
  return `${fault.file}${fault.line > 0 ? `:${fault.line}` : ''}: ${fault.reason}; ${fault.fix}`;
}
