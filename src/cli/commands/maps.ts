/** `suture maps`: which maps there are, which codes they lack, and adding a row. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { shellWord } from '../../deploy/index.ts';
import type { Gap } from '../../engine/index.ts';
import { readValueSet, withRow } from '../../mapping/index.ts';
import { Failure, nearest, systemClock } from '../../std/index.ts';
import { explain, printJson, printLine, printNote, timeText } from '../output.ts';
import { faultText, loadProject, type Project } from '../project/index.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface AddOptions {
  readonly project: string;
  readonly display?: string;
  readonly note?: string;
  readonly by?: string;
  readonly shared?: boolean;
  readonly new?: boolean;
}

export function addMaps(program: Command): void {
  const maps = program
    .command('maps')
    .description(
      'list the maps of a project: field maps, and value set maps with what each site adds to them',
    )
    // Without a default here: it would go before what is said to the commands below.
    .option('--project <folder>', 'the project’s folder (left out: the one it is called in)')
    .option('--json', 'one JSON object a line')
    .action(async (options: { project?: string; json?: boolean }) => {
      try {
        await list(options);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
  deskOptions(
    maps
      .command('gaps')
      .description(
        'list codes that value set maps lack: how many deliveries wait for each, and where to look',
      )
      .argument('[site]', 'only this site'),
  ).action((site: string | undefined, _: DeskOptions, command: Command) => {
    const options = command.optsWithGlobals<DeskOptions>();
    return withDesk(options, async (desk) => {
      const gaps = await desk.gaps(site);
      if (options.json) for (const gap of gaps) printJson(gap);
      else if (gaps.length === 0) printLine('no code is missing: nothing waits for one.');
      else for (const gap of gaps) printGap(gap);
    });
  });
  maps
    .command('add')
    .description(
      'add a row to a site’s value set map; what waits for the code goes on when the map is taken up',
    )
    .argument('<site>', 'the site')
    .argument('<map>', 'the value set map: visit-types')
    .argument('<source>', 'the site’s code')
    .argument('<target>', 'the code it means; (none) for one that carries nothing')
    .option('--display <text>', 'what the code is called')
    .option('--note <text>', 'why it means that')
    .option('--by <person>', 'who verified it; the day is today')
    .option('--shared', 'into the map that all sites share')
    .option('--new', 'make the map if there is none of that name')
    .option('--project <folder>', 'the project’s folder', '.')
    .action(
      async (site: string, map: string, source: string, target: string, _: unknown, command: Command) => {
        try {
          await add(site, map, source, target, command.optsWithGlobals<AddOptions>());
        } catch (error) {
          process.exitCode = explain(error);
        }
      },
    );
}

async function list({ project: folder = '.', json }: { project?: string; json?: boolean }): Promise<void> {
  const project = await loadProject(folder, process.env);
  const { maps } = project;
  const { faults, findings } = maps.check(project.flows);
  for (const fault of faults) printNote(faultText(fault));
  if (faults.length > 0) process.exitCode = 1;
  for (const [name, file] of maps.files) {
    const fields = Object.keys(file.fields).length;
    if (json) printJson({ kind: 'field map', name, about: file.about, makes: file.makes ?? null, fields });
    else
      printLine(
        `field map ${name}: ${fields} fields${typeof file.makes === 'string' ? ` of ${file.makes}` : ''}${file.about ? `; ${file.about}` : ''}`,
      );
  }
  const bad = new Set(faults.map(({ file }) => file));
  for (const name of maps.names) {
    if (bad.has(join(maps.folder, `${name}.csv`))) continue;
    const shared = maps.shared.get(name)?.rows.length ?? 0;
    const sites = project.sites.flatMap(({ record: { site } }) => {
      const file = maps.fileOf(site, name);
      if (!existsSync(file) || bad.has(file)) return [];
      return [
        {
          site,
          rows:
            maps
              .valueSets(site)
              .get(name)
              ?.rows.filter((row) => row.file === file).length ?? 0,
        },
      ];
    });
    if (json) printJson({ kind: 'value set map', name, shared, sites });
    else {
      const own = sites.map(({ site, rows }) => `${site} ${rows}`).join(', ');
      printLine(`value set map ${name}: ${shared} shared rows${own === '' ? '' : `; of sites: ${own}`}`);
    }
  }
  for (const finding of findings) if (!json) printNote(faultText(finding));
}

function printGap(gap: Gap): void {
  const code = gap.code === null ? 'a text that is not shown here' : `"${gap.code}"`;
  const way = gap.ambiguous ? 'says of several rows for' : gap.back ? 'has no target' : 'lacks';
  const behind = gap.behind === 0 ? '' : `, and ${gap.behind} behind ${gap.held === 1 ? 'it' : 'them'}`;
  printLine(`${gap.site} / ${gap.map} ${way} ${code}: ${gap.held} held${behind}`);
  const more = gap.held > gap.messages.length ? ' …' : '';
  printLine(
    `    since ${timeText(gap.firstAt)} UTC, last ${timeText(gap.lastAt)}; ${gap.flows.join(', ')}; messages ${gap.messages.join(', ')}${more}`,
  );
  if (gap.code !== null && !gap.back)
    printLine(`    suture maps add ${gap.site} ${gap.map} ${shellWord(gap.code)} <target>`);
}

async function add(
  site: string,
  map: string,
  source: string,
  target: string,
  options: AddOptions,
): Promise<void> {
  const project = await loadProject(options.project, process.env);
  const file = fileFor(project, site, map, options);
  const before = existsSync(file) ? readFileSync(file) : undefined;
  const text = before && new TextDecoder('utf-8', { fatal: true }).decode(before);
  const day = new Date(systemClock.now()).toISOString().slice(0, 10);
  const next = withRow(text, {
    source,
    target: target === '(none)' ? null : target,
    ...(options.display === undefined ? {} : { display: options.display }),
    ...(options.note === undefined ? {} : { note: options.note }),
    ...(options.by === undefined ? {} : { verifiedBy: options.by, verifiedOn: day }),
  });
  // Whatever was wrong with the file, or with the row, is found before it is written.
  const [fault] = readValueSet(new TextEncoder().encode(next), file).faults;
  if (fault !== undefined)
    throw refused(`${relative(process.cwd(), file)}:${fault.line}: ${fault.reason}.`, `${fault.fix}.`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, next);
  renameSync(`${file}.new`, file);
  const below = options.shared ? undefined : project.maps.shared.get(map)?.row(source);
  printLine(
    `${relative(process.cwd(), file)}: "${source}" means ${target === '(none)' ? 'nothing' : `"${target}"`} now`,
  );
  if (below !== undefined)
    printNote(
      `the shared map says "${below.target ?? '(none)'}" (line ${below.line}); the site’s row goes before it.`,
    );
  printNote(
    'suture dev takes it up by itself; elsewhere deploy it or start again. What waits for the code goes on then.',
  );
}

function fileFor(project: Project, site: string, map: string, options: AddOptions): string {
  const sites = project.sites.map(({ record }) => record.site);
  if (!sites.includes(site)) {
    const near = nearest(site, sites);
    throw refused(
      `There is no site "${site}".`,
      near ? `Did you mean "${near}"?` : `Use one of: ${sites.join(', ')}.`,
    );
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(map))
    throw refused(
      `"${map}" is no name of a map.`,
      'Use lower-case letters, digits and hyphens: visit-types.',
    );
  if (!project.maps.names.includes(map) && !options.new) {
    const near = nearest(map, project.maps.names);
    throw refused(
      `There is no value set map "${map}".`,
      near ? `Did you mean "${near}"? A new one is made with --new.` : 'A new one is made with --new.',
    );
  }
  return options.shared ? join(project.maps.folder, `${map}.csv`) : project.maps.fileOf(site, map);
}

const refused = (message: string, fix: string): Failure =>
  new Failure({ code: 'MAP_ROW_REFUSED', kind: 'config', message, fix });
