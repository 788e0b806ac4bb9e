/** `suture approvals`: questions that wait for a person. `suture approve` and `suture refuse`: the answer. */
import type { Command } from 'commander';
import type { Approval } from '../../engine/index.ts';
import { systemClock } from '../../std/index.ts';
import type { Desk } from '../desk.ts';
import { printJson, printLine, printNote, timeText } from '../output.ts';
import { type DeskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  site?: string;
  flow?: string;
  reason?: string;
}

function folderOptions(command: Command): Command {
  return command
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)');
}

export function addApprovals(program: Command): void {
  folderOptions(program.command('approvals').description('list questions of flows that wait for a person'))
    .option('--site <site>', 'only this site')
    .option('--flow <name>', 'only this flow')
    .option('--json', 'one JSON object a line')
    .action((options: Options) =>
      withDesk(options, async (desk) => {
        const approvals = await all(desk, options);
        if (options.json) for (const approval of approvals) printJson(approval);
        else if (approvals.length === 0) printLine('nobody is asked.');
        else for (const approval of approvals) printApproval(approval);
      }),
    );
  for (const [name, approved, about] of [
    ['approve', true, 'answer yes: the delivery goes on'],
    ['refuse', false, 'answer no: the delivery ends as filtered'],
  ] as const) {
    folderOptions(program.command(name).description(about))
      .argument('<delivery>', 'the delivery’s id, as "suture approvals" shows it')
      .option('--reason <text>', 'why; kept in the audit trail, so without patient data')
      .option('--json', 'one JSON object')
      .action((deliveryId: string, options: Options) =>
        withDesk(options, async (desk) => {
          const reason = options.reason?.trim() ?? '';
          if (reason.length < 3) {
            printNote('say why with --reason; it is kept in the audit trail.');
            process.exitCode = 2;
            return;
          }
          await desk.answer({ deliveryId, approved, reason });
          if (options.json) printJson({ delivery: deliveryId, approved });
          else printLine(`${approved ? 'approved' : 'refused'} delivery ${deliveryId}.`);
        }),
      );
  }
}

async function all(desk: Desk, filter: Options): Promise<Approval[]> {
  const found: Approval[] = [];
  let after: string | null = null;
  do {
    const page = await desk.approvals({
      limit: 200,
      ...(filter.site === undefined ? {} : { site: filter.site }),
      ...(filter.flow === undefined ? {} : { flow: filter.flow }),
      ...(after === null ? {} : { after }),
    });
    found.push(...page.rows);
    after = page.after;
  } while (after !== null);
  return found;
}

function printApproval({ delivery, message, step, ask, role, since, deadline, late }: Approval): void {
  const place = [message.site, delivery.flow, step].join(' / ');
  printLine(`delivery ${delivery.id}  ${place}`);
  printLine(`    ${ask}`);
  const until =
    deadline === null
      ? 'no deadline'
      : late || deadline < systemClock.now()
        ? `LATE since ${timeText(deadline)}`
        : `until ${timeText(deadline)}`;
  printLine(
    `    asked ${timeText(since)} UTC, ${until}; message ${message.id} (${message.type}), role ${role}`,
  );
}
