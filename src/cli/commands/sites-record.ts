/** `suture sites list`, `show` and `schema`: site records as they hold, and what editors check them by. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import { connectorFields } from '../../connectors/index.ts';
import {
  ENVIRONMENT_VARIABLE,
  type LoadedSite,
  ownerOf,
  type Place,
  sharedParts,
  shownValues,
  siteJsonSchema,
  siteText,
} from '../../site/index.ts';
import { Failure, nearest } from '../../std/index.ts';
import { explain, printJson, printLine, printNote, printTable } from '../output.ts';
import { faultText, loadProject, type Project } from '../project/index.ts';
import type { Environment } from '../settings.ts';

interface Options {
  readonly project: string;
  readonly environment?: string;
  readonly json?: boolean;
}

/** What the environment says, with the overlay that was asked for. */
export const withOverlay = (environment: string | undefined): Environment =>
  environment === undefined ? process.env : { ...process.env, [ENVIRONMENT_VARIABLE]: environment };

export function addSiteRecords(sites: Command): void {
  sites
    .command('list')
    .description('list the sites of a project, by their records')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--environment <name>', 'with the overlays of this environment (SUTURE_ENVIRONMENT)')
    .option('--tag <name>', 'only sites with this tag')
    .option('--json', 'one JSON object a site')
    .action(async (options: Options & { readonly tag?: string }) => {
      try {
        const project = await loadProject(options.project, withOverlay(options.environment));
        const wanted = project.sites.filter(
          ({ record }) => options.tag === undefined || record.tags.includes(options.tag),
        );
        if (options.json) for (const site of wanted) printJson(rowOf(project, site));
        else printSites(project, wanted);
        tellFaults(project);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });

  sites
    .command('show')
    .description(
      'show a site’s record as it holds: what it extends below it, the environment’s overlay over it',
    )
    .argument('<site>', 'the site’s name')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--environment <name>', 'with the overlay of this environment (SUTURE_ENVIRONMENT)')
    .option('--origin', 'behind each value the file and line it comes from')
    .option('--json', 'one JSON object, with the place of each value')
    .action(async (name: string, options: Options & { readonly origin?: boolean }) => {
      try {
        const project = await loadProject(options.project, withOverlay(options.environment));
        const site = siteNamed(project, name);
        const place = (at: Place | undefined): string =>
          at === undefined ? 'default' : `${relative(project.folder, at.file)}:${at.line}`;
        if (options.json)
          printJson({
            site: name,
            files: site.files.map((file) => relative(project.folder, file)),
            values: shownValues(site).map((shown) => ({
              path: shown.path.map(String).join('.'),
              value: shown.value,
              from: place(shown.place),
            })),
          });
        else process.stdout.write(siteText(site, options.origin ? place : undefined));
      } catch (error) {
        process.exitCode = explain(error);
      }
    });

  sites
    .command('schema')
    .description('print the JSON Schema of site records, for editors')
    .action(() => {
      process.stdout.write(`${JSON.stringify(sharedParts(siteJsonSchema(connectorFields)), null, 2)}\n`);
    });
}

/** @throws Failure that says what is wrong with the site's record, when it could not be read. */
function siteNamed(project: Project, name: string): LoadedSite {
  const site = project.sites.find(({ record }) => record.site === name);
  if (site !== undefined) return site;
  const known = project.sites.map(({ record }) => record.site);
  const own = project.faults.find(({ file }) => file.includes(`/${name}/`));
  if (own !== undefined)
    throw new Failure({
      code: 'SITE_FAULTY',
      kind: 'config',
      message: `The record of "${name}" cannot be read: ${faultText(own)}.`,
      fix: 'See all of it with: suture check',
    });
  const near = nearest(name, known);
  throw new Failure({
    code: 'SITE_UNKNOWN',
    kind: 'config',
    message: `There is no site "${name}".`,
    fix: near === undefined ? `Name one of: ${known.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

const rowOf = (project: Project, { record, files }: LoadedSite) => ({
  site: record.site,
  name: record.name,
  environment: record.environment,
  ehr: record.ehr.vendor,
  version: record.ehr.version ?? null,
  timeZone: record.timeZone,
  tags: record.tags,
  connections: Object.keys(record.connections),
  learns: Object.fromEntries(Object.entries(record.learn).map(([what, { method }]) => [what, method])),
  owner: ownerOf(record)?.id ?? null,
  goLive: record.goLive ?? null,
  files: files.map((file) => relative(project.folder, file)),
});

function printSites(project: Project, sites: readonly LoadedSite[]): void {
  if (sites.length === 0) {
    printLine('no site.');
    return;
  }
  printTable(
    ['SITE', 'ENVIRONMENT', 'EHR', 'CONNECTIONS', 'OWNER', 'TAGS', 'NAME'],
    sites.map((site) => {
      const row = rowOf(project, site);
      return [
        row.site,
        row.environment,
        [row.ehr, row.version].filter((part) => part !== null).join(' '),
        String(row.connections.length),
        row.owner ?? '',
        row.tags.join(' '),
        row.name,
      ];
    }),
  );
}

function tellFaults(project: Project): void {
  const count = project.faults.length;
  if (count === 0) return;
  printNote(`${count} fault${count === 1 ? '' : 's'} in the project; suture check names them.`);
  process.exitCode = 1;
}
