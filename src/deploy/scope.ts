/** Which files belong to a site or a flow that is deployed alone; and why it cannot be. */
import type { Flow } from '../flow/index.ts';
import { everyStep } from '../flow/index.ts';
import { nearest } from '../std/index.ts';
import type { Store } from '../store/index.ts';
import { deployFailure } from './failures.ts';
import { importedBy } from './folder.ts';
import { type Files, pathsBetween } from './tree.ts';
import type { Deployable, DeployWish } from './types.ts';

export interface Compose {
  readonly wish: DeployWish;
  readonly from: Files;
  readonly base: Files;
  readonly store: Store;
  /** The project that `from` is, whole. */
  readonly load: () => Promise<Deployable>;
}

/** `belongs` is `null` for the whole project. `outside`: what differs beside. */
export async function belongsTo(
  { wish, from, base, store, load }: Compose,
  runs: Deployable | null,
): Promise<{ readonly belongs: ((path: string) => boolean) | null; readonly outside: readonly string[] }> {
  const { sites = [], flows = [] } = wish.scope;
  if (sites.length === 0 && flows.length === 0) return { belongs: null, outside: [] };
  if (runs === null)
    throw deployFailure('DEPLOY_SCOPE', {
      message: 'Nothing was deployed yet, so no part of it can be exchanged alone.',
      fix: 'Deploy everything once.',
    });
  const project = await load();
  const paths = new Set<string>();
  const folders: string[] = [];
  for (const site of sites) {
    const names = [...project.sites, ...runs.sites].map(({ record }) => record.site);
    if (!names.includes(site)) throw unknown('site', site, names);
    folders.push(`${project.config.sites}/${site}/`);
  }
  const text = await texts([from, base], store);
  for (const name of flows) {
    const names = [...project.flows, ...runs.flows].map((flow) => flow.name);
    if (!names.includes(name)) throw unknown('flow', name, names);
    for (const [files, of] of [
      [from, project],
      [base, runs],
    ] as const) {
      const flow = of.flows.find((one) => one.name === name);
      if (flow === undefined) continue;
      const file = fileOf(flow, files, of.config.flows, text);
      paths.add(file);
      for (const one of importedBy(file, files, text)) paths.add(one);
      for (const one of mapsOf(flow)) paths.add(one);
    }
  }
  const belongs = (path: string): boolean =>
    paths.has(path) || folders.some((folder) => path.startsWith(folder));
  refuseShared(wish, { from, base, text, belongs }, runs);
  return { belongs, outside: pathsBetween(base, from).filter((path) => !belongs(path)) };
}

/** A module that a flow outside of the scope uses, too, would change that flow without a word. */
function refuseShared(
  { scope: { flows = [] } }: DeployWish,
  given: { from: Files; base: Files; text: (path: string) => string; belongs: (path: string) => boolean },
  runs: Deployable,
): void {
  const { from, base, text, belongs } = given;
  const changing = new Set(pathsBetween(base, from).filter(belongs));
  for (const flow of runs.flows) {
    if (flows.includes(flow.name)) continue;
    const file = fileOf(flow, base, runs.config.flows, text);
    const uses = [...importedBy(file, base, text), ...mapsOf(flow)].find((path) => changing.has(path));
    if (uses === undefined) continue;
    throw deployFailure('DEPLOY_SCOPE', {
      message: `${uses} changes, and the flow ${flow.name} uses it, too. Nothing was changed.`,
      fix: `Deploy both (--flow ${[...flows, flow.name].join(' --flow ')}), or everything.`,
    });
  }
}

async function texts(all: readonly Files[], store: Store): Promise<(path: string) => string> {
  const byHash = new Map<string, string>();
  for (const files of all) {
    for (const [path, hash] of files) {
      if (!/\.([cm]?[jt]s|ya?ml)$/.test(path) || byHash.has(hash)) continue;
      byHash.set(hash, Buffer.from((await store.content(hash)) ?? []).toString());
    }
  }
  return (path) => byHash.get(all.find((files) => files.has(path))?.get(path) ?? '') ?? '';
}

/** By its name, else by the name that stands in it. */
function fileOf(flow: Flow, files: Files, folder: string, text: (path: string) => string): string {
  const candidates = [...files.keys()].filter(
    (path) => path.startsWith(`${folder}/`) && /\.(ts|ya?ml)$/.test(path),
  );
  const named = candidates.find(
    (path) => path.slice(folder.length + 1).replace(/\.[^.]+$/, '') === flow.name,
  );
  const quoted = new RegExp(`(['"\`:]\\s*)${flow.name.replaceAll(/[^\w]/g, '\\$&')}(?:['"\`]|\\s*$)`, 'm');
  const found = named ?? candidates.find((path) => quoted.test(text(path)));
  if (found !== undefined) return found;
  throw deployFailure('DEPLOY_SCOPE', {
    message: `The file of the flow ${flow.name} is not found.`,
    fix: `Name it ${folder}/${flow.name}.ts, or deploy everything.`,
  });
}

/** Files of maps/ that a flow names. */
function mapsOf(flow: Flow): readonly string[] {
  return everyStep(flow.steps).flatMap((step) => {
    if (step.kind === 'map' && step.map !== undefined)
      return [`maps/${step.map}.yaml`, `maps/${step.map}.yml`];
    return step.kind === 'lookup' ? [`maps/${step.valueSet}.csv`] : [];
  });
}

function unknown(what: 'site' | 'flow', name: string, names: readonly string[]) {
  const near = nearest(name, [...new Set(names)]);
  return deployFailure('DEPLOY_SCOPE', {
    message: `There is no ${what} "${name}".`,
    ...(near === undefined ? {} : { fix: `Did you mean "${near}"?` }),
  });
}
