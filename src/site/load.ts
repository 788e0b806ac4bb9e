/** Reads site records from YAML, base and overlays, and says of each fault: file, line, reason, fix. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nearest } from '../std/index.ts';
import { recordFaults } from './faults.ts';
import { resolveEnvironment, type Variables } from './read/environment.ts';
import type { Fault } from './read/fault.ts';
import { issueFaults } from './read/issues.ts';
import type { Fields, Layer, Path } from './read/layer.ts';
import { mergeLayers, type Place } from './read/merge.ts';
import { chainOf, keptOf, LayerFiles, overlayFile, sharedFile, yamlNames } from './read/overlays.ts';
import { type SiteRecord, siteSchema } from './record.ts';

export type { Variables } from './read/environment.ts';
export type { Fault } from './read/fault.ts';
export type { Place } from './read/merge.ts';

export interface LoadedSite {
  readonly record: SiteRecord;
  /** The site's own file: what it extends lies below it, the overlay of its environment over it. */
  readonly file: string;
  /** Every file that it is made of, from the lowest to the highest. */
  readonly files: readonly string[];
  /** Where a part of the record stands: `placeOf(['connections', 'adt-in', 'listen'])`. */
  readonly placeOf: (path: Path) => Place;
  /** The same, and `undefined` for what no file says (a default). */
  readonly originOf: (path: Path) => Place | undefined;
  /** What the files say together, before defaults and before values of the environment. */
  readonly written: Fields;
}

export interface LoadOptions {
  /** Told after each site. */
  readonly progress?: (done: number, all: number) => void;
}

export interface LoadedSites {
  readonly sites: LoadedSite[];
  readonly faults: Fault[];
}

/** The overlay that is laid over every site that has it. */
export const ENVIRONMENT_VARIABLE = 'SUTURE_ENVIRONMENT';

/**
 * Every `<folder>/<site>/site.yaml`, with what it extends in `<folder>/_base` and its overlay of the environment that
 * `SUTURE_ENVIRONMENT` names.
 * @param variables Values for `{ env: NAME, default: ... }` in the files, too.
 */
export function loadSites(folder: string, variables: Variables, options: LoadOptions = {}): LoadedSites {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^[_.]/.test(entry.name))
      .map((entry) => entry.name)
      .sort();
  } catch {
    const fix = 'make sites/<site>/site.yaml, or name another folder in suture.config.ts';
    return { sites: [], faults: [{ file: folder, line: 0, reason: 'there is no such folder', fix }] };
  }
  const sites: LoadedSite[] = [];
  const faults: Fault[] = [];
  const files = new LayerFiles();
  const told = new Set<string>();
  const overlays = overlaysOf(folder, names, variables[ENVIRONMENT_VARIABLE]);
  faults.push(...overlays.faults);
  names.forEach((name, at) => {
    const read = loadSite(folder, name, variables, files, overlays.name);
    if (read.site !== undefined) sites.push(read.site);
    for (const fault of read.faults) {
      // What sites share is at fault once, not once for each.
      const key = `${fault.file}\0${fault.line}\0${fault.reason}`;
      if (!told.has(key)) faults.push(fault);
      told.add(key);
    }
    options.progress?.(at + 1, names.length);
  });
  return { sites, faults };
}

/** A name that no site's overlay has is a slip, and must not quietly give the base. */
function overlaysOf(
  folder: string,
  names: readonly string[],
  asked: string | undefined,
): { readonly name?: string; readonly faults: Fault[] } {
  if (asked === undefined || asked === '') return { faults: [] };
  const known = new Set<string>();
  for (const name of names) {
    for (const overlay of yamlNames(join(folder, name, 'overlays'))) known.add(overlay);
    if (known.has(asked)) return { name: asked, faults: [] };
  }
  if (known.size === 0) return { faults: [] };
  const near = nearest(asked, [...known]);
  return {
    faults: [
      {
        file: folder,
        line: 0,
        reason: `the environment is "${asked}", and no site has an overlay of that name`,
        fix:
          near === undefined
            ? `overlays there are: ${[...known].sort().join(', ')}`
            : `did you mean "${near}"?`,
      },
    ],
  };
}

function loadSite(
  folder: string,
  name: string,
  variables: Variables,
  files: LayerFiles,
  environment: string | undefined,
): { readonly site?: LoadedSite; readonly faults: readonly Fault[] } {
  const siteFolder = join(folder, name);
  const file = join(siteFolder, 'site.yaml');
  const kept = files.own(file);
  if (kept === undefined) {
    const fix = 'every folder below sites/ needs a site.yaml; a name that begins with "_" is passed over';
    return { faults: [{ file, line: 0, reason: 'cannot be read', fix }] };
  }
  const base = chainOf(
    { name: 'site.yaml', kept },
    (shared) => sharedFile(folder, shared),
    (each) => files.shared(each),
    () => yamlNames(join(folder, '_base')),
  );
  const layers = [...base.layers];
  const faults = [...base.faults];
  if (environment !== undefined) {
    const over = files.own(overlayFile(siteFolder, environment));
    if (over !== undefined) {
      const chain = chainOf(
        { name: environment, kept: over },
        (overlay) => overlayFile(siteFolder, overlay),
        (each) => files.own(each),
        () => yamlNames(join(siteFolder, 'overlays')),
      );
      layers.push(...chain.layers);
      faults.push(...chain.faults);
    }
  }
  if (faults.length > 0) return { faults };
  const read = siteOf(layers, file, variables);
  if (read.site === undefined || read.site.record.site === name) return read;
  return {
    faults: [
      {
        ...read.site.placeOf(['site']),
        reason: `the record calls itself "${read.site.record.site}" but stands in the folder "${name}"`,
        fix: 'give both the same name',
      },
    ],
  };
}

/** One record from its text, without anything below or over it. */
export function readSite(
  text: string,
  file: string,
  variables: Variables,
): { readonly site?: LoadedSite; readonly faults: readonly Fault[] } {
  const kept = keptOf(text, file);
  if (kept.layer === undefined || kept.faults.length > 0) return { faults: kept.faults };
  if (kept.extends.length > 0) {
    const { layers, faults } = chainOf(
      { name: 'site.yaml', kept },
      (shared) => sharedFile(dirname(dirname(file)), shared),
      (each) => new LayerFiles().own(each),
      () => yamlNames(join(dirname(dirname(file)), '_base')),
    );
    return faults.length > 0 ? { faults } : siteOf(layers, file, variables);
  }
  return siteOf([kept.layer], file, variables);
}

function siteOf(
  layers: readonly Layer[],
  file: string,
  variables: Variables,
): { readonly site?: LoadedSite; readonly faults: readonly Fault[] } {
  const merged = mergeLayers(layers, file);
  const { placeOf, originOf } = merged;
  const faults: Fault[] = [];
  const value = resolveEnvironment(merged.value, variables, (path, reason, fix) => {
    faults.push({ ...placeOf(path), reason, fix });
  });
  const parsed = siteSchema.safeParse(value);
  if (!parsed.success) faults.push(...issueFaults(parsed.error, value, placeOf));
  if (!parsed.success || faults.length > 0) return { faults: inOrder(faults) };
  faults.push(...recordFaults(parsed.data).map(({ path, ...said }) => ({ ...placeOf(path), ...said })));
  if (faults.length > 0) return { faults: inOrder(faults) };
  const site: LoadedSite = {
    record: parsed.data,
    file,
    files: layers.map((layer) => layer.file),
    placeOf,
    originOf,
    written: merged.value,
  };
  return { site, faults };
}

/** As one goes through the files. */
const inOrder = (faults: readonly Fault[]): Fault[] =>
  faults.toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
