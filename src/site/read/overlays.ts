/** Which files make up a site's record: what it shares below its own, and what its environment lays over it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../../std/index.ts';
import type { Fault } from './fault.ts';
import { type Fields, type Layer, readLayer } from './layer.ts';
import { forbiddenKey, secretFaults } from './secrets.ts';

type Kept = {
  readonly layer?: Layer;
  readonly extends: readonly string[];
  readonly faults: readonly Fault[];
};

/** Reads each file once: what a thousand sites share is read once. */
export class LayerFiles {
  readonly #shared = new Map<string, Kept | undefined>();

  /** `undefined`: there is no such file. */
  shared(file: string): Kept | undefined {
    if (!this.#shared.has(file)) this.#shared.set(file, this.own(file));
    return this.#shared.get(file);
  }

  own(file: string): Kept | undefined {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
    return keptOf(text, file);
  }
}

/** A layer from its text, without its `extends`, with what no record may hold as faults. */
export function keptOf(text: string, file: string): Kept {
  const { layer, faults } = readLayer(text, file);
  if (layer === undefined) return { extends: [], faults };
  const { extends: named, ...value } = layer.value;
  const held = [...forbiddenKey(layer), ...secretFaults(layer)];
  const names = typeof named === 'string' ? [named] : named === undefined ? [] : named;
  if (
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string' && /^[a-z0-9][a-z0-9-]*$/.test(name))
  )
    return { layer: { ...layer, value }, extends: names as string[], faults: held };
  return {
    extends: [],
    faults: [
      ...held,
      {
        file,
        line: layer.lineOf(['extends']),
        reason: 'extends is not a name or a list of names',
        fix: 'write the name without its folder and without .yaml: extends: epic',
      },
    ],
  };
}

export interface Chain {
  /** From the lowest to the highest. */
  readonly layers: readonly Layer[];
  readonly faults: readonly Fault[];
}

/**
 * What lies below `start` by `extends`, and `start` itself above it. Each file once, at its lowest place.
 * @param fileOf Where a name stands.
 */
export function chainOf(
  start: { readonly name: string; readonly kept: Kept },
  fileOf: (name: string) => string,
  read: (file: string) => Kept | undefined,
  names: () => readonly string[],
): Chain {
  const layers: Layer[] = [];
  const faults: Fault[] = [];
  const done = new Set<string>();
  const visit = (name: string, kept: Kept, chain: readonly string[]): void => {
    faults.push(...kept.faults);
    for (const below of kept.extends) {
      if (done.has(below)) continue;
      const from = kept.layer as Layer;
      const place = { file: from.file, line: from.lineOf(['extends']) };
      if (chain.includes(below)) {
        const circle = [...chain.slice(chain.indexOf(below)), below].join(' → ');
        faults.push({
          ...place,
          reason: `the files extend one another in a circle: ${circle}`,
          fix: `take "${below}" out of what ${name} extends`,
        });
        continue;
      }
      const next = read(fileOf(below));
      if (next === undefined) {
        const near = nearest(below, names());
        faults.push({
          ...place,
          reason: `extends "${below}", and there is no ${fileOf(below)}`,
          fix: near === undefined ? 'make that file, or correct the name' : `did you mean "${near}"?`,
        });
        continue;
      }
      visit(below, next, [...chain, below]);
    }
    done.add(name);
    if (kept.layer !== undefined) layers.push(kept.layer);
  };
  visit(start.name, start.kept, [start.name]);
  return { layers, faults };
}

/** Names of the YAML files of a folder, without their ending; none when there is no such folder. */
export function yamlNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => name.slice(0, -'.yaml'.length))
      .sort();
  } catch {
    return [];
  }
}

export const overlayFile = (siteFolder: string, name: string): string =>
  join(siteFolder, 'overlays', `${name}.yaml`);

export const sharedFile = (sitesFolder: string, name: string): string =>
  join(sitesFolder, '_base', `${name}.yaml`);

export const hasFields = (value: Fields): boolean => Object.keys(value).length > 0;
