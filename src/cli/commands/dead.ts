/** `suture dead`: dead letters, grouped by what went wrong. `suture replay`: send some of them again. */
import type { Command } from 'commander';
import type { DeadLetter } from '../../store/index.ts';
import { dataFolder } from '../data-folder.ts';
import { type Desk, openDesk } from '../desk.ts';
import { explain, printJson, printLine, printNote, timeText } from '../output.ts';

interface Filter {
  project: string;
  data?: string;
  site?: string;
  flow?: string;
  code?: string;
  json?: boolean;
}

function filterOptions(command: Command): Command {
  return command
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)')
    .option('--site <site>', 'only this site')
    .option('--flow <name>', 'only this flow')
    .option('--code <code>', 'only this failure code')
    .option('--json', 'one JSON object a line');
}

export function addDead(program: Command): void {
  filterOptions(program.command('dead').description('list dead letters, grouped by what went wrong')).action(
    (options: Filter) =>
      withDesk(options, async (desk) => {
        const letters = await all(desk, options);
        if (options.json) for (const letter of letters) printJson(letter);
        else if (letters.length === 0) printLine('no dead letters.');
        else for (const group of grouped(letters)) printGroup(group);
      }),
  );

  filterOptions(
    program
      .command('replay')
      .description(
        'send deliveries again, as new deliveries, oldest first; shows what it would do unless --yes',
      )
      .argument('[deliveries...]', 'delivery ids; or leave out and choose dead letters by filter'),
  )
    .option('--from-step <step>', 'take over the effects before this step')
    .option('--reason <text>', 'why; kept in the audit trail')
    .option('--yes', 'do it')
    .action((ids: string[], options: Filter & { fromStep?: string; reason?: string; yes?: boolean }) =>
      withDesk(options, async (desk) => {
        if (ids.length === 0 && !options.flow && !options.code && !options.site) {
          printNote('name deliveries, or choose dead letters with --site, --flow or --code.');
          process.exitCode = 2;
          return;
        }
        const chosen =
          ids.length > 0 ? ids : (await all(desk, options)).map(({ delivery }) => delivery.id).reverse();
        if (!options.yes) {
          if (options.json) printJson({ would: chosen });
          else printLine(`would replay ${chosen.length} deliveries; say --yes --reason "..." to do it.`);
          return;
        }
        if (!options.reason) {
          printNote('say why with --reason; it is kept in the audit trail.');
          process.exitCode = 2;
          return;
        }
        const made = await desk.replay({
          deliveryIds: chosen,
          reason: options.reason,
          ...(options.fromStep === undefined ? {} : { fromStep: options.fromStep }),
        });
        if (options.json) printJson({ replayed: made });
        else printLine(`replayed ${chosen.length} deliveries as ${made.length} new ones.`);
      }),
    );
}

async function withDesk(options: Filter, work: (desk: Desk) => Promise<void>): Promise<void> {
  try {
    const desk = await openDesk(options.data ?? dataFolder(options.project, process.env), process.env);
    try {
      await work(desk);
    } finally {
      await desk.close();
    }
  } catch (error) {
    process.exitCode = explain(error);
  }
}

async function all(desk: Desk, filter: Filter): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let before: string | null = null;
  do {
    const page = await desk.dead({
      limit: 500,
      ...(filter.site === undefined ? {} : { site: filter.site }),
      ...(filter.flow === undefined ? {} : { flow: filter.flow }),
      ...(filter.code === undefined ? {} : { code: filter.code }),
      ...(before === null ? {} : { before }),
    });
    letters.push(...page.rows);
    before = page.before;
  } while (before !== null);
  return letters;
}

function grouped(letters: readonly DeadLetter[]): DeadLetter[][] {
  const groups = new Map<string, DeadLetter[]>();
  for (const letter of letters) {
    const { failure, flow, step } = letter.delivery;
    const key = [letter.message.site, flow, step, failure?.code, failure?.at.path].join('|');
    groups.set(key, [...(groups.get(key) ?? []), letter]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

function printGroup(group: readonly DeadLetter[]): void {
  const newest = group[0] as DeadLetter;
  const oldest = group.at(-1) as DeadLetter;
  const { failure, flow, step } = newest.delivery;
  const place = [newest.message.site, flow, step, failure?.at.path].filter(Boolean).join(' / ');
  printLine(`${group.length} x ${failure?.code ?? 'UNKNOWN'}  ${place}`);
  printLine(`    ${failure?.message ?? ''}`);
  printLine(`    First: ${failure?.fix ?? ''}`);
  printLine(
    `    ${timeText(oldest.delivery.finishedAt ?? 0)} to ${timeText(newest.delivery.finishedAt ?? 0)} UTC; for example delivery ${newest.delivery.id} of message ${newest.message.id}`,
  );
}
