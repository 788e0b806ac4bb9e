/** A project's flows, from flow files of TypeScript and of YAML. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Flow, type FlowFiles, readFlow, withFiles } from '../../flow/index.ts';
import type { Fault, LoadedSite, ObservedSite } from '../../site/index.ts';
import { importFault } from './config.ts';
import { flowFaults } from './flow-faults.ts';

/** A flow, and the file that says it. */
export interface LoadedFlow {
  readonly flow: Flow;
  readonly file: string;
  /** The line of a place as findings name it; 0: the file as a whole. */
  readonly lineOf: (place: string) => number;
}

export interface FlowSurroundings {
  /** The project's folder. */
  readonly root: string;
  readonly sites: readonly LoadedSite[];
  readonly observed: Readonly<Record<string, ObservedSite>>;
  readonly maps?: Pick<FlowFiles, 'map' | 'maps'>;
  /** Names of the value set maps that there are; left out: they are not checked. */
  readonly valueSets?: readonly string[];
}

/** Every `<folder>/*.ts` and `*.yaml`, but tests. */
export async function loadFlows(
  folder: string,
  surroundings: FlowSurroundings,
  faults: Fault[],
): Promise<LoadedFlow[]> {
  const loaded: LoadedFlow[] = [];
  const names = existsSync(folder)
    ? readdirSync(folder).filter((name) => /\.(ts|ya?ml)$/.test(name) && !/\.test\.ts$/.test(name))
    : [];
  const files = filesOf(surroundings);
  for (const name of names.sort()) {
    const file = join(folder, name);
    const read = name.endsWith('.ts') ? await typescriptFlow(file, faults) : yamlFlow(file, faults);
    if (read === undefined) continue;
    const twin = loaded.find((other) => other.flow.name === read.flow.name);
    if (twin !== undefined) {
      faults.push({
        file,
        line: read.lineOf('flow'),
        reason: `another file has a flow named "${read.flow.name}", too: ${twin.file}`,
        fix: 'rename one',
      });
      continue;
    }
    const { flow, findings } = withFiles(read.flow, files);
    const whole = { ...read, flow };
    loaded.push(whole);
    faults.push(...flowFaults(whole, findings, loaded, surroundings));
  }
  return loaded;
}

async function typescriptFlow(file: string, faults: Fault[]): Promise<LoadedFlow | undefined> {
  let flow: Flow | undefined;
  try {
    flow = ((await import(pathToFileURL(file).href)) as { default?: Flow }).default;
  } catch (error) {
    faults.push(importFault(file, error));
    return undefined;
  }
  if (flow?.name !== undefined && Array.isArray(flow.steps)) return { flow, file, lineOf: () => 0 };
  const fix = 'end it with: export default flow(...)';
  faults.push({ file, line: 0, reason: 'does not export a flow', fix });
  return undefined;
}

function yamlFlow(file: string, faults: Fault[]): LoadedFlow | undefined {
  const { flow, faults: found, lineOf } = readFlow(readFileSync(file, 'utf8'));
  for (const { line, place, reason, fix } of found)
    faults.push({ file, line, reason: place === '' ? reason : `${place}: ${reason}`, fix });
  return flow === undefined ? undefined : { flow, file, lineOf };
}

/** Nothing outside of the project's folder. */
function filesOf({ root, maps }: FlowSurroundings): FlowFiles {
  const base = resolve(root) + sep;
  return {
    map: (name) => maps?.map(name),
    maps: maps?.maps ?? [],
    script(path) {
      const file = resolve(root, path);
      if (!file.startsWith(base)) return undefined;
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}
