/** A project's flows, and what is wrong with each at the sites that it names. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { capabilityMatrix, connectors } from '../../connectors/index.ts';
import { type Flow, lint, unmet } from '../../flow/index.ts';
import type { Fault, LoadedSite, ObservedSite } from '../../site/index.ts';
import { nearest } from '../../std/index.ts';
import { importFault } from './config.ts';

export async function loadFlows(
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
