/** `suture check`: every fault of a project, with file, line, reason and fix; and what wants somebody's attention. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import { connectors } from '../../connectors/index.ts';
import { needs } from '../../flow/index.ts';
import { type Fault, type SiteFinding, siteFindings } from '../../site/index.ts';
import { systemClock } from '../../std/index.ts';
import { explain, printJson, printLine } from '../output.ts';
import { progressTeller } from '../progress.ts';
import { faultText, loadProject } from '../project/index.ts';
import { withOverlay } from './sites-record.ts';

/** So many findings are printed one by one; of more, the rest are counted. */
const PRINTED = 50;

export function addCheck(program: Command): void {
  program
    .command('check')
    .description(
      'check a project: configuration, site records and flows; say what the flows need and what wants attention',
    )
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--environment <name>', 'with the sites’ overlays of this environment (SUTURE_ENVIRONMENT)')
    .option('--all', 'every finding, however many there are')
    .option('--json', 'one JSON object')
    .action(async (options: { project: string; environment?: string; all?: boolean; json?: boolean }) => {
      try {
        const tell = progressTeller();
        const project = await loadProject(options.project, withOverlay(options.environment), {
          progress: tell,
        });
        const all = [...connectors.values()];
        const catalogue = {
          capabilities: all.flatMap((connector) => connector.capabilities),
          resources: all.flatMap((connector) => connector.resources ?? []),
        };
        const flows = project.flows.map((flow) => ({ flow: flow.name, ...needs(flow, catalogue) }));
        const now = systemClock.now();
        const mapped = project.maps.check(project.flows, (done, all) => tell(done, all, 'value set maps'));
        const faults = project.maps.checked ? project.faults : [...project.faults, ...mapped.faults];
        const findings = [...project.sites.flatMap((site) => siteFindings(site, now)), ...mapped.findings];
        const count = faults.length;
        process.exitCode = count > 0 ? 1 : 0;
        if (options.json) return printJson({ ok: count === 0, faults, findings, flows });
        const here = <Told extends Fault>(told: Told): Told => ({
          ...told,
          file: relative(process.cwd(), told.file) || told.file,
        });
        for (const fault of faults) printLine(faultText(here(fault)));
        for (const flow of flows) {
          printLine(
            `${flow.flow} needs: ${[...flow.scopes, ...flow.capabilities.map((one) => `${one.connection} ${one.do}`)].join(', ') || 'nothing'}`,
          );
        }
        printFindings(findings.map(here), options.all ?? false);
        printLine(
          count === 0
            ? `fine: ${project.sites.length} sites, ${project.flows.length} flows`
            : `${count} fault${count === 1 ? '' : 's'}`,
        );
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

/** The person whose job it is, else the role. */
const whose = ({ person, role }: Partial<SiteFinding>): string =>
  person !== undefined ? ` (${person})` : role !== undefined ? ` (${role})` : '';

/** Findings change nothing about what the project may do: they are told apart from faults. */
function printFindings(findings: readonly (Fault & Partial<SiteFinding>)[], all: boolean): void {
  if (findings.length === 0) return;
  printLine(`${findings.length} finding${findings.length === 1 ? '' : 's'}:`);
  for (const finding of all ? findings : findings.slice(0, PRINTED))
    printLine(`  ${faultText(finding)}${whose(finding)}`);
  if (!all && findings.length > PRINTED)
    printLine(`  and ${findings.length - PRINTED} more; suture check --all prints them`);
}
