/** Codes in the cases of a site that its value set maps lack: what a new hospital's sample messages say before it sends any. */
import { join } from 'node:path';
import { readCases } from '../cases/index.ts';
import type { SeenCode } from '../deploy/index.ts';
import { needs, runsAt } from '../flow/index.ts';
import { unmappedOf } from '../mapping/index.ts';
import { FIXTURES, playCase } from './case-run.ts';
import type { Project } from './project/index.ts';

/**
 * @param folder Where the cases are: a deployment has none.
 * @param project What would run.
 */
export async function codesOfCases(
  folder: string,
  project: Project,
  sites: Project['sites'],
): Promise<readonly SeenCode[]> {
  const { cases } = readCases(join(folder, FIXTURES));
  const found: SeenCode[] = [];
  for (const one of cases) {
    const flow = project.flows.find(({ name }) => name === one.flow);
    const site =
      one.settings.site ?? project.sites.find(({ record }) => flow && runsAt(flow, record))?.record.site;
    if (flow === undefined || site === undefined || !sites.some(({ record }) => record.site === site))
      continue;
    try {
      if (needs(flow, { capabilities: [] }).valueSets.length === 0) continue;
      const { failure } = await playCase(project, one);
      for (const { map, code, back } of unmappedOf(failure ?? null))
        found.push({ site, map, code, back, place: `${one.flow}/${one.name}` });
    } catch {
      // What else is wrong with a case or its flow is said by "suture test" and "suture check".
    }
  }
  return found;
}
