/** `suture probe`: asks a site's server what it is and has, and writes that beside the site record. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Command } from 'commander';
import { drift, driftText, ehrConnections, shortScopes } from '../../connectors/index.ts';
import { type Observed, type ObservedPart, observedFile, observedText } from '../../site/index.ts';
import { Failure } from '../../std/index.ts';
import { dataFolder } from '../data-folder.ts';
import { explain, printJson, printLine } from '../output.ts';
import { openProbing, type Probing } from '../probing.ts';
import { loadProject, type Project } from '../project/index.ts';

interface ProbeOptions {
  readonly project: string;
  readonly data?: string;
  readonly connection?: string;
  readonly dryRun?: boolean;
  readonly tryWrites?: boolean;
  readonly json?: boolean;
}

const SCOPE = 'scope ';

export function addProbe(program: Command): void {
  program
    .command('probe')
    .description(
      'ask a site’s server what it is and has (metadata, SMART configuration, scopes, harmless questions) and write it to sites/<site>/observed',
    )
    .argument('<site>', 'the site’s name')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)')
    .option('--connection <name>', 'only this connection; otherwise every one to an EHR')
    .option(
      '--try-writes',
      'make records about nobody there, see whether conditional creates and versions are honoured, and remove them again; never in production',
    )
    .option('--dry-run', 'show what differs from what is written, and write nothing')
    .option('--json', 'one JSON object a connection')
    .action(async (site: string, options: ProbeOptions) => {
      try {
        const project = await loadProject(options.project, process.env);
        const names = connectionsOf(project, site, options.connection);
        const folder = options.data ?? dataFolder(options.project, process.env);
        const probing = await openProbing(folder, process.env, project);
        try {
          for (const name of names) await probeOne(project, site, name, probing, options);
        } finally {
          await probing.close();
        }
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

function connectionsOf(project: Project, site: string, connection: string | undefined): readonly string[] {
  const record = project.sites.find((each) => each.record.site === site)?.record;
  const names = record === undefined ? [] : ehrConnections(record);
  const wanted = connection === undefined ? names : names.filter((name) => name === connection);
  if (wanted.length > 0) return wanted;
  throw new Failure({
    code: 'PROBE_NOTHING',
    kind: 'config',
    message:
      record === undefined
        ? `There is no site "${site}".`
        : `The site ${site} has no ${connection === undefined ? 'connection to an EHR' : `EHR connection "${connection}"`}.`,
    fix:
      record === undefined
        ? `Name one of: ${project.sites.map((each) => each.record.site).join(', ')}.`
        : 'Add one of connector epic or fhir to the record.',
  });
}

async function probeOne(
  project: Project,
  site: string,
  connection: string,
  probing: Probing,
  options: ProbeOptions,
): Promise<void> {
  const observed: Observed = {
    ...(await probing.probe(site, connection)),
    ...(options.tryWrites ? await probing.probe(site, connection, true) : {}),
  };
  const before = project.observed[site]?.[connection] ?? {};
  const differences = drift(before, observed);
  const file = project.sites.find((each) => each.record.site === site)?.file ?? '';
  const written = options.dryRun ? [] : write(join(dirname(file), 'observed'), connection, observed);
  if (options.json) {
    printJson({ site, connection, observed, differences, written });
    return;
  }
  const { metadata, smart, scopes, trials } = observed;
  printLine(`${site} / ${connection}`);
  if (metadata) {
    const { software, fhirVersion, resources } = metadata;
    const name = [software.name, software.version].filter((each) => each !== undefined).join(' ');
    printLine(`  server   ${name || 'unnamed'}, FHIR ${fhirVersion}, ${Object.keys(resources).length} types`);
  } else printLine('  server   no CapabilityStatement at this address');
  printLine(`  SMART    ${smart ? `${smart.grants.join(', ')}` : 'no SMART configuration'}`);
  printLine(`  scopes   ${scopes?.told ? scopes.scopes.length : 'the token came without a list'}`);
  for (const trial of trials?.trials ?? []) {
    if (trial.answer !== 'allowed')
      printLine(`  ${trial.what}: ${trial.answer}${trial.status === null ? '' : ` (${trial.status})`}`);
  }
  for (const [type, { conditionalCreate, versions }] of Object.entries(observed.writes?.types ?? {}))
    printLine(`  ${type}: conditional create ${conditionalCreate}, versions ${versions}`);
  for (const reference of observed.writes?.leftBehind ?? [])
    printLine(`  left behind: ${reference}; ask the site to remove it`);
  const known = Object.keys(before).length > 0;
  for (const change of ['gone', 'new'] as const) {
    const scopes = differences.flatMap((each) =>
      each.change === change && each.what.startsWith(SCOPE) ? [each.what.slice(SCOPE.length)] : [],
    );
    if (scopes.length > 0) printLine(`  changed: scopes ${change}: ${shortScopes(scopes)}`);
  }
  for (const each of differences)
    if (!each.what.startsWith(SCOPE)) printLine(`  changed: ${driftText(each)}`);
  if (known && differences.length === 0) printLine('  nothing differs from what was written.');
  for (const each of written) printLine(`  wrote    ${relative(process.cwd(), each)}`);
}

/** A part that was not answered keeps what is written of it. */
function write(folder: string, connection: string, observed: Observed): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const written: string[] = [];
  for (const [part, value] of Object.entries(observed)) {
    const file = join(folder, observedFile(connection, part as ObservedPart));
    const text = observedText(part as ObservedPart, value);
    if (text === textOf(file)) continue;
    writeFileSync(file, text);
    written.push(file);
  }
  return written;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
