/** `suture lanes`: lanes that do not move. `try` and `give-up`: what a person does about their heads. */
import type { Command } from 'commander';
import type { StuckLane } from '../../store/index.ts';
import { printJson, printLine, printNote, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly site?: string;
  readonly flow?: string;
  readonly limit: string;
}

export function addLanes(program: Command): void {
  const lanes = deskOptions(
    program
      .command('lanes')
      .description('list lanes that do not move: what their heads failed with, and how many stand behind'),
  )
    .option('--site <site>', 'only this site')
    .option('--flow <name>', 'only this flow')
    .option('--limit <number>', 'how many, those with most standing first', '50')
    .action((options: Options) =>
      withDesk(options, async (desk) => {
        const limit = Number(options.limit);
        if (!Number.isInteger(limit) || limit < 1 || limit > 500) {
          printNote(`--limit is "${options.limit}"; give a whole number from 1 to 500.`);
          process.exitCode = 2;
          return;
        }
        const stuck = await desk.lanes({
          limit,
          ...(options.site === undefined ? {} : { site: options.site }),
          ...(options.flow === undefined ? {} : { flow: options.flow }),
        });
        if (options.json) for (const lane of stuck) printJson(lane);
        else if (stuck.length === 0) printLine('all lanes move.');
        else for (const lane of stuck) printLane(lane);
      }),
    );
  act(
    lanes,
    'try',
    'waiting',
    'try heads of lanes now: those that are held go on, those that wait wait no longer',
  );
  act(lanes, 'give-up', 'dead', 'make heads of lanes dead letters, so that what stands behind them goes on');
}

function act(lanes: Command, name: string, to: 'waiting' | 'dead', description: string): void {
  deskOptions(
    lanes
      .command(name)
      .description(description)
      .argument('<deliveries...>', 'delivery ids, as the list names them'),
  )
    .option('--reason <text>', 'why; kept in the audit trail')
    .action((deliveryIds: string[], own: DeskOptions & { reason?: string }, command: Command) => {
      const options = command.optsWithGlobals<typeof own>();
      return withDesk(options, async (desk) => {
        if (!options.reason) {
          printNote('say why with --reason; it is kept in the audit trail.');
          process.exitCode = 2;
          return;
        }
        const released = await desk.release({ deliveryIds, to, reason: options.reason });
        if (options.json) printJson({ released });
        else printLine(`${released} of ${deliveryIds.length} ${to === 'dead' ? 'given up' : 'go on'}.`);
        if (released < deliveryIds.length) process.exitCode = 1;
      });
    });
}

function printLane({ head, message, standing }: StuckLane): void {
  const { failure, step } = head;
  const state = head.state === 'held' ? `held (${head.heldFor})` : `next attempt ${timeText(head.dueAt)} UTC`;
  printLine(
    `${message.site} / ${head.flow}  ${state}; ${standing} standing, since ${timeText(head.createdAt)} UTC`,
  );
  printLine(
    `    ${failure?.code ?? 'UNKNOWN'}${(step ?? failure?.at.step) ? ` at ${step ?? failure?.at.step}` : ''}: ${failure?.message ?? ''}`,
  );
  printLine(`    First: ${failure?.fix ?? ''}`);
  const what = [message.type, message.controlId].filter(Boolean).join(' ');
  printLine(`    delivery ${head.id} of message ${message.id}${what === '' ? '' : ` (${what})`}`);
}
