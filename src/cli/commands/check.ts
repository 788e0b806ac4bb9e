/** `suture check`: every fault of a project, with file, line, reason and fix. */
import type { Command } from 'commander';
import { connectors } from '../../connectors/index.ts';
import { needs } from '../../flow/index.ts';
import { explain, printJson, printLine } from '../output.ts';
import { faultText, loadProject } from '../project/index.ts';

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('check a project: configuration, site records and flows; and say what the flows need')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--json', 'one JSON object')
    .action(async (options: { project: string; json?: boolean }) => {
      try {
        const project = await loadProject(options.project, process.env);
        const all = [...connectors.values()];
        const catalogue = {
          capabilities: all.flatMap((connector) => connector.capabilities),
          resources: all.flatMap((connector) => connector.resources ?? []),
        };
        const flows = project.flows.map((flow) => ({ flow: flow.name, ...needs(flow, catalogue) }));
        process.exitCode = project.faults.length > 0 ? 1 : 0;
        if (options.json)
          return printJson({ ok: project.faults.length === 0, faults: project.faults, flows });
        for (const fault of project.faults) printLine(faultText(fault));
        for (const flow of flows) {
          printLine(
            `${flow.flow} needs: ${[...flow.scopes, ...flow.capabilities.map((one) => `${one.connection} ${one.do}`)].join(', ') || 'nothing'}`,
          );
        }
        const count = project.faults.length;
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
