/** What a saved file has changed, in the words of a plan, while a project runs from its folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { type Change, changesBetween } from '../deploy/index.ts';
import type { Project } from './project/index.ts';

/** Maps whose earlier text is held; of more it is only said that they have changed. */
const HELD = 2_000;
const MAP = /(^|\/)maps\/.+\.(csv|ya?ml)$/;

export interface ToldChanges {
  /** @param paths Below the project's folder, as far as the system tells what was saved. */
  between(before: Project, next: Project, paths: readonly string[]): readonly Change[];
}

export function tellChanges(folder: string, { config }: Project): ToldChanges {
  const held = new Map<string, string>();
  const textOf = (path: string): string | undefined => {
    try {
      return readFileSync(join(folder, path), 'utf8');
    } catch {
      return undefined;
    }
  };
  for (const path of mapsBelow(folder, ['maps', config.sites])) held.set(path, textOf(path) ?? '');
  const all = held.size < HELD;

  return {
    between(before, next, paths) {
      // Of a new folder the system may tell no more than its name.
      const named = paths.flatMap((path) => [path, ...mapsBelow(folder, [path])]);
      const saved = [...new Set(named)].filter(
        (path) => MAP.test(path) && (held.has(path) || textOf(path) !== undefined),
      );
      const now = new Map(saved.map((path) => [path, textOf(path)]));
      const known = saved.filter((path) => (all || held.has(path)) && held.get(path) !== now.get(path));
      const side = ({ flows, sites, config: { flows: flowsFolder } }: Project) => ({
        ...{ flows, flowsFolder, sites: sites.map(({ record }) => record) },
      });
      const changes = changesBetween(
        { ...side(before), text: (path) => held.get(path) },
        { ...side(next), text: (path) => now.get(path) },
        known,
      );
      const unknown = saved.filter((path) => !all && !held.has(path));
      for (const path of saved) {
        const text = now.get(path);
        if (text === undefined) held.delete(path);
        else held.set(path, text);
      }
      return [
        ...changes,
        ...unknown.map((name): Change => ({ of: 'map', name, kind: 'changed', text: 'the map has changed' })),
      ];
    },
  };
}

function* mapsBelow(folder: string, below: readonly string[]): Generator<string> {
  let count = 0;
  for (const part of below) {
    let names: string[];
    try {
      names = readdirSync(join(folder, part), { recursive: true, encoding: 'utf8' });
    } catch {
      continue;
    }
    for (const name of names) {
      const path = `${part}/${name.split(sep).join('/')}`;
      if (!MAP.test(path)) continue;
      if (count++ >= HELD) return;
      yield path;
    }
  }
}
