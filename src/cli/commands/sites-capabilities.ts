/** `suture sites capabilities`: what a site can do with each resource, whence that is known, and what there is instead. */
import type { Command } from 'commander';
import {
  ABILITIES,
  type CapabilityMatrix,
  type Cell,
  type CellState,
  capabilityMatrix,
  connectors,
  SERVICE_NAMES,
} from '../../connectors/index.ts';
import { Failure } from '../../std/index.ts';
import { explain, printJson, printLine, printTable } from '../output.ts';
import { loadProject } from '../project/index.ts';

interface Options {
  readonly project: string;
  readonly connection?: string;
  readonly resource?: string;
  readonly json?: boolean;
}

const SIGNS: Readonly<Record<CellState, string>> = {
  yes: 'yes',
  no: 'NO',
  'with a condition': 'if',
  'not known': '?',
};

export function addCapabilities(sites: Command): void {
  sites
    .command('capabilities')
    .description('what a site can do with each resource, whence that is known, and what there is instead')
    .argument('<site>', 'the site’s name')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--connection <name>', 'this connection to an EHR; left out: the first')
    .option('--resource <type>', 'only this resource, with every ground')
    .option('--json', 'one JSON object')
    .action(async (site: string, options: Options) => {
      try {
        const project = await loadProject(options.project, process.env);
        const record = project.sites.find((each) => each.record.site === site)?.record;
        if (record === undefined) {
          throw new Failure({
            code: 'SITE_UNKNOWN',
            kind: 'config',
            message: `There is no site "${site}".`,
            fix: `Name one of: ${project.sites.map((each) => each.record.site).join(', ')}.`,
          });
        }
        const matrix = capabilityMatrix({
          record,
          observed: project.observed[site] ?? {},
          connectors,
          ...(options.connection === undefined ? {} : { connection: options.connection }),
        });
        if (options.json) printJson(matrix);
        else printMatrix(matrix, options.resource);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

function printMatrix(matrix: CapabilityMatrix, resource: string | undefined): void {
  const { ehr, observed } = matrix;
  const dates = Object.entries(observed).map(([part, at]) => `${part} ${at.slice(0, 10)}`);
  printLine(
    `${matrix.site} / ${matrix.connection ?? 'no connection to an EHR'}: ${ehr.name}${ehr.version === null ? '' : `, ${ehr.version}`}`,
  );
  printLine(
    dates.length > 0
      ? `  seen: ${dates.join(', ')}`
      : `  never asked: run "suture probe ${matrix.site}". What is known of the product alone:`,
  );
  if (!ehr.verified)
    printLine('  known from documentation alone, NOT VERIFIED against any server of this EHR');
  printLine();
  printTable(
    ['resource', ...ABILITIES, 'known by'],
    matrix.rows.map(({ resource: type, identity, cells }) => [
      type,
      ...ABILITIES.map((ability) => SIGNS[cells[ability].state] + by(cells[ability])),
      identity,
    ]),
  );
  printLine();
  for (const name of SERVICE_NAMES)
    printLine(
      `  ${name.padEnd(15)} ${SIGNS[matrix.services[name].state].padEnd(4)} ${matrix.services[name].text}`,
    );
  const rows = matrix.rows.filter((row) => resource === undefined || row.resource === resource);
  for (const { resource: type, cells } of rows) {
    for (const ability of ABILITIES) {
      const cell = cells[ability];
      if (resource === undefined && (cell.state === 'yes' || cell.state === 'not known')) continue;
      printLine();
      printLine(`${type} ${ability}: ${cell.state}`);
      printCell(cell, resource !== undefined);
    }
  }
  if (resource === undefined) {
    printLine('\n"?" was never asked of this site. With --resource TYPE every ground is told.');
  }
  for (const note of ehr.notes) printLine(`\nnote: ${note}`);
}

/** By which way, where there is one: `yes (poll)`. */
const by = ({ chosen }: Cell): string => (chosen === undefined || chosen === null ? '' : ` (${chosen})`);

function printCell(cell: Cell, whole: boolean): void {
  printLine(`  ${cell.text}`);
  for (const condition of cell.conditions)
    if (!cell.text.includes(condition)) printLine(`  if: ${condition}`);
  if (cell.alternative !== null) printLine(`  instead: ${cell.alternative}`);
  if (whole) {
    if (cell.parameters) {
      const { native, filtered, required } = cell.parameters;
      if (native.length > 0) printLine(`  searched by: ${native.join(', ')}`);
      if (filtered.length > 0) printLine(`  filtered by, pages become short: ${filtered.join(', ')}`);
      if (required.length > 0)
        printLine(`  needs: ${required.map((names) => names.join(' + ')).join(', or ')}`);
    }
    for (const way of cell.ways ?? []) printLine(`  ${way.name}: ${way.state}. ${way.text}`);
    if (cell.latency) printLine(`  learnt within: ${cell.latency}`);
  }
  // Told in short: the first ground. With the resource named: all of them, with where each is from.
  for (const ground of whole ? cell.grounds : cell.grounds.slice(0, 1)) {
    const where = ground.observedAt
      ? ` (${ground.observedAt.slice(0, 10)})`
      : ground.source
        ? ` (${ground.source})`
        : '';
    const mark = ground.mark && ground.mark !== 'confirmed' ? `, ${ground.mark}` : '';
    printLine(`  ground: ${ground.from}${mark}: ${ground.text}${where}`);
  }
}
