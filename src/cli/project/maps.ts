/** The maps of a project: field maps in `maps/*.yaml`, value set maps in `maps/*.csv` and `sites/<site>/maps/*.csv`. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Flow, needs, runsAt, valueSetsBack } from '../../flow/index.ts';
import {
  type FieldMap,
  type MapFile,
  mapValueSets,
  type OpenCode,
  type RowSource,
  readMapFile,
  readValueSet,
  type ValueSetRow,
  type ValueSets,
  valueSetsOf,
} from '../../mapping/index.ts';
import type { Fault, LoadedSite, Role } from '../../site/index.ts';
import { Failure, nearest } from '../../std/index.ts';

/**
 * Files of codes that are all read when a project is loaded. Of more, a file is read when it is first asked for; `check`
 * reads all.
 */
const READ_AT_ONCE = 2_000;

export interface ProjectMaps {
  /** Where the shared maps are. */
  readonly folder: string;
  /** Field maps by name. */
  readonly files: ReadonlyMap<string, MapFile>;
  readonly map: (name: string) => FieldMap | undefined;
  /** Names of field maps. */
  readonly maps: readonly string[];
  /** Value set maps that every site has. */
  readonly shared: ValueSets;
  /** Of one site: its own over the shared ones. */
  readonly valueSets: (site: string) => ValueSets;
  /** Names of value set maps, wherever they are. */
  readonly names: readonly string[];
  /** The file that a row of a site's map stands in. */
  readonly fileOf: (site: string, map: string) => string;
  /** Every value set map was read when the project was loaded: its faults are among the project's. */
  readonly checked: boolean;
  /** Reads every value set map: what is wrong, and targets that several rows have where one of these flows goes back from them. */
  check(
    flows: readonly Flow[],
    progress?: (done: number, all: number) => void,
  ): {
    readonly faults: readonly Fault[];
    readonly findings: readonly (Fault & { readonly role?: Role })[];
  };
}

/** @param folder The shared maps'. */
export function loadMaps(
  folder: string,
  sites: readonly LoadedSite[],
): { readonly maps: ProjectMaps; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const files = new Map<string, MapFile>();
  for (const name of namesIn(folder, '.yaml')) {
    const file = join(folder, `${name}.yaml`);
    const read = readMapFile(readFileSync(file, 'utf8'), name);
    faults.push(...read.faults.map((fault) => ({ file, ...fault })));
    if (read.map !== undefined) files.set(name, read.map);
  }
  faults.push(...strangers(folder, ['.yaml', '.csv']));
  const shared = new CsvFolder(folder);
  const folders = new Map(
    sites.map(({ record, file }) => [record.site, new CsvFolder(join(dirname(file), 'maps'))]),
  );
  for (const one of folders.values()) faults.push(...strangers(one.folder, ['.csv']));
  const sharedSets = valueSetsOf(shared);
  const made = new Map<string, ValueSets>();
  const all = [shared, ...folders.values()];
  const names = [...new Set(all.flatMap((one) => one.names))].sort();
  const count = all.reduce((sum, one) => sum + one.names.length, 0);
  const checked = count <= READ_AT_ONCE;
  const maps: ProjectMaps = {
    folder,
    checked,
    files,
    map: (name) => files.get(name)?.fields,
    maps: [...files.keys()],
    shared: sharedSets,
    names,
    valueSets(site) {
      let sets = made.get(site);
      if (sets === undefined) {
        sets = valueSetsOf(shared, folders.get(site), sharedSets);
        made.set(site, sets);
      }
      return sets;
    },
    fileOf: (site, map) => join(folders.get(site)?.folder ?? folder, `${map}.csv`),
    check(flows, progress) {
      const back = lookedUpBack(flows, files);
      const found: Fault[] = [];
      const findings: (Fault & { readonly role?: Role })[] = [];
      let done = 0;
      for (const one of all) {
        const unsaid: { readonly file: string; readonly codes: readonly OpenCode[] }[] = [];
        for (const name of one.names) {
          // Of very many files none is kept: whoever asks for one later reads it.
          const { rows, open, faults } = one.file(name, checked);
          found.push(...faults);
          if (open.length > 0) unsaid.push({ file: join(one.folder, `${name}.csv`), codes: open });
          const own = { names: [name], rows: () => rows };
          if (faults.length === 0 && back.has(name) && shared.isSound(name))
            findings.push(
              ...ambiguities(one === shared ? valueSetsOf(own) : valueSetsOf(shared, own), name, one.folder),
            );
          progress?.(++done, count);
        }
        findings.push(...unanswered(unsaid));
      }
      return { faults: found, findings };
    },
  };
  if (checked) faults.push(...maps.check([]).faults);
  return { maps, faults };
}

/** The value set maps of one folder, each file read once. */
class CsvFolder implements RowSource {
  readonly folder: string;
  readonly names: readonly string[];
  readonly #known: ReadonlySet<string>;
  readonly #read = new Map<
    string,
    {
      readonly rows: readonly ValueSetRow[];
      readonly open: readonly OpenCode[];
      readonly faults: readonly Fault[];
    }
  >();

  constructor(folder: string) {
    this.folder = folder;
    this.names = namesIn(folder, '.csv');
    this.#known = new Set(this.names);
  }

  /** @throws Failure `config`: the file has faults. */
  rows(name: string): readonly ValueSetRow[] | undefined {
    if (!this.#known.has(name)) return undefined;
    const { rows, faults } = this.file(name, true);
    const [first] = faults;
    if (first === undefined) return rows;
    throw new Failure({
      code: 'VALUE_SET_INVALID',
      kind: 'config',
      message: `The value set map ${name}, line ${first.line}: ${first.reason}.`,
      fix: first.fix,
      at: { path: `${first.file}:${first.line}` },
    });
  }

  /** There is none of that name, or it has no faults. */
  isSound(name: string): boolean {
    return !this.#known.has(name) || this.file(name, true).faults.length === 0;
  }

  file(
    name: string,
    keep: boolean,
  ): {
    readonly rows: readonly ValueSetRow[];
    readonly open: readonly OpenCode[];
    readonly faults: readonly Fault[];
  } {
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const file = join(this.folder, `${name}.csv`);
    const { rows, open, faults } = readValueSet(readFileSync(file), file);
    const made = { rows, open, faults: faults.map((fault) => ({ file, ...fault })) };
    if (keep) this.#read.set(name, made);
    return made;
  }
}

const NAME = /^[a-z0-9][a-z0-9-]*$/;

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function namesIn(folder: string, ending: string): readonly string[] {
  return entriesOf(folder).flatMap((entry) => {
    const name = entry.slice(0, -ending.length);
    return entry.endsWith(ending) && NAME.test(name) ? [name] : [];
  });
}

/** Files that nobody reads are most likely misnamed. */
function strangers(folder: string, endings: readonly string[]): readonly Fault[] {
  return entriesOf(folder).flatMap((entry): Fault[] => {
    if (entry.startsWith('.') || /\.(md|test\.ts)$/.test(entry)) return [];
    const ending = endings.find((one) => entry.endsWith(one));
    const file = join(folder, entry);
    if (ending === undefined) {
      const what = endings.includes('.yaml')
        ? 'field maps end in .yaml, value set maps in .csv'
        : 'value set maps end in .csv';
      return [{ file, line: 0, reason: 'is no map', fix: `${what}; put other files elsewhere` }];
    }
    if (NAME.test(entry.slice(0, -ending.length))) return [];
    return [
      {
        file,
        line: 0,
        reason: 'is not named as maps are',
        fix: 'use lower-case letters, digits and hyphens: visit-types',
      },
    ];
  });
}

function lookedUpBack(flows: readonly Flow[], files: ReadonlyMap<string, MapFile>): ReadonlySet<string> {
  const inFiles = [...files.values()].flatMap(({ fields }) => mapValueSets(fields).map(({ use }) => use));
  return new Set([
    ...flows.flatMap(valueSetsBack),
    ...inFiles.flatMap(({ map, back }) => (back ? [map] : [])),
  ]);
}

/** So many maps are named in one finding. */
const NAMED = 6;

/** Codes of a folder's maps that were seen, and of which nobody has said what they mean. */
function unanswered(
  open: readonly { readonly file: string; readonly codes: readonly OpenCode[] }[],
): readonly (Fault & { readonly role: Role })[] {
  const [first] = open;
  const [code] = first?.codes ?? [];
  if (first === undefined || code === undefined) return [];
  const count = open.reduce((sum, { codes }) => sum + codes.length, 0);
  const names = open.slice(0, NAMED).map(({ file, codes }) => `${basename(file)} ${codes.length}`);
  const more = open.length > NAMED ? `, and ${open.length - NAMED} more maps` : '';
  return [
    {
      file: first.file,
      line: code.line,
      reason: `${count} code${count === 1 ? ' has' : 's have'} no target yet (${names.join(', ')}${more})`,
      fix: 'ask what each means, and write its target, who said it and when; (none) for one that carries nothing',
      role: 'interface engine analyst',
    },
  ];
}

/** On the way back nobody can say which row is meant. Told where a row of them stands in this folder. */
function ambiguities(sets: ValueSets, name: string, folder: string): readonly Fault[] {
  const found = sets.get(name)?.ambiguous() ?? [];
  return found.flatMap(({ target, rows }): Fault[] => {
    const [first] = rows.filter(({ file }) => dirname(file) === folder);
    if (first === undefined) return [];
    const shared = rows.filter(({ file }) => file !== first.file).map(({ line }) => line);
    const own = rows.filter(({ file }) => file === first.file).map(({ line }) => line);
    const lines = `${own.join(', ')}${shared.length === 0 ? '' : `, and ${shared.join(', ')} of the shared map`}`;
    return [
      {
        file: first.file,
        line: first.line,
        reason: `the target "${target}" stands in several rows (${lines}), and none is preferred`,
        fix: 'if it is looked up on the way back, write yes in the column "preferred" of the row that is meant',
      },
    ];
  });
}

/** Value set maps that flows look codes up in, and that a site where they run has not. */
export function lackingMaps(
  flows: readonly { readonly flow: Flow; readonly file: string }[],
  { names, valueSets }: ProjectMaps,
  sites: readonly LoadedSite[],
): readonly Fault[] {
  return flows.flatMap(({ flow, file }) =>
    valueSetsOfFlow(flow).flatMap((name): Fault[] => {
      const near = nearest(name, names);
      const fix = near
        ? `did you mean "${near}"?`
        : `make maps/${name}.csv with the columns source and target`;
      const reason = `${flow.name}: there is no value set map "${name}"`;
      if (!names.includes(name)) return [{ file, line: 0, reason, fix }];
      const without = sites.filter(
        ({ record }) => runsAt(flow, record) && !valueSets(record.site).names.includes(name),
      );
      return without.map(({ record: { site } }) => ({
        file,
        line: 0,
        reason: `${flow.name}: the site ${site} has no value set map "${name}"`,
        fix: `make sites/${site}/maps/${name}.csv, or one for all: maps/${name}.csv`,
      }));
    }),
  );
}

/** A flow that cannot be looked at has faults of its own. */
function valueSetsOfFlow(flow: Flow): readonly string[] {
  try {
    return needs(flow, { capabilities: [] }).valueSets;
  } catch {
    return [];
  }
}
