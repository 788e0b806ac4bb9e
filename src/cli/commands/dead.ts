/** `suture dead`: dead letters in groups of one cause, or one by one. */
import type { Command } from 'commander';
import type { DeadGroupOfSites } from '../../engine/index.ts';
import { Failure } from '../../std/index.ts';
import type { DeadLetter } from '../../store/index.ts';
import type { Desk } from '../desk.ts';
import { printJson, printLine, printTable, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Filter extends DeskOptions {
  site?: string;
  flow?: string;
  code?: string;
  all?: boolean;
  json?: boolean;
}

export function addDead(program: Command): void {
  const dead = deskOptions(
    program
      .command('dead')
      .description(
        'list dead letters that were not replayed since, in groups of one cause: what to do first, and how many',
      ),
  )
    .option('--site <site>', 'only this site')
    .option('--flow <name>', 'only this flow')
    .option('--code <code>', 'only this failure code')
    .option('--all', 'each dead letter for itself, newest first')
    .action((options: Filter) =>
      withDesk(options, async (desk) => {
        if (options.all) return printLetters(await lettersOf(desk, options), options.json ?? false);
        const groups = (await desk.replays.groups(chosen(options))).filter(
          ({ code }) => options.code === undefined || code === options.code,
        );
        if (options.json) for (const group of groups) printJson(groupJson(group));
        else if (groups.length === 0) printLine('no dead letters.');
        else for (const group of groups) printGroup(group);
      }),
    );

  deskOptions(
    dead.command('show').description('show a group: what happened, what to do first, and its letters'),
  )
    .argument('<fingerprint>', 'of the group, as "suture dead" prints it')
    .action((fingerprint: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<Filter>();
      return withDesk(options, async (desk) => {
        const group = (await desk.replays.groups({})).find((one) => one.fingerprint === fingerprint);
        if (group === undefined) throw noSuchGroup(fingerprint);
        const letters = await lettersOf(desk, { ...options, fingerprint });
        if (!options.json) printGroup(group);
        printLetters(letters, options.json ?? false);
      });
    });
}

const noSuchGroup = (fingerprint: string): Failure =>
  new Failure({
    code: 'GROUP_UNKNOWN',
    kind: 'config',
    message: `There are no dead letters of the group ${fingerprint}.`,
    fix: 'They may have been replayed; "suture dead" lists what is there.',
  });

const chosen = ({ site, flow }: Filter): { site?: string; flow?: string } => ({
  ...(site === undefined ? {} : { site }),
  ...(flow === undefined ? {} : { flow }),
});

/** All dead letters of a filter, newest first. */
export async function lettersOf(
  desk: Desk,
  filter: { site?: string; flow?: string; code?: string; fingerprint?: string },
): Promise<DeadLetter[]> {
  const { site, flow, code, fingerprint } = filter;
  const letters: DeadLetter[] = [];
  let before: string | null = null;
  do {
    const page = await desk.dead({
      limit: 500,
      ...(site === undefined ? {} : { site }),
      ...(flow === undefined ? {} : { flow }),
      ...(code === undefined ? {} : { code }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(before === null ? {} : { before }),
    });
    letters.push(...page.rows);
    before = page.before;
  } while (before !== null);
  return letters;
}

/** With the newest letter beside what all of them share. */
function groupJson({ sample, ...group }: DeadGroupOfSites): object {
  return { ...group, delivery: sample.delivery, message: sample.message };
}

function printGroup(group: DeadGroupOfSites): void {
  const { failure } = group.sample.delivery;
  const sites = group.sites.map(({ site }) => site).join(', ');
  const place = [sites, group.flow, group.step, group.path].filter(Boolean).join(' / ');
  const { delivery, message } = group.sample;
  printLine(`${group.count} x ${group.code}  ${place}`);
  printLine(`    ${failure?.message ?? 'Nobody recorded why.'}`);
  printLine(`    First: ${failure?.fix ?? 'Look at its history.'}`);
  printLine(
    `    ${timeText(group.firstAt)} to ${timeText(group.lastAt)} UTC; for example delivery ${delivery.id} of message ${message.id}`,
  );
  printLine(`    Then: suture replay --group ${group.fingerprint} --dry-run`);
}

function printLetters(letters: readonly DeadLetter[], json: boolean): void {
  if (json) for (const letter of letters) printJson(letter);
  else if (letters.length === 0) printLine('no dead letters.');
  else {
    printTable(
      ['DELIVERY', 'DIED (UTC)', 'SITE', 'FLOW', 'STEP', 'CODE', 'MESSAGE', 'CONTROL ID'],
      letters.map(({ delivery, message }) => [
        delivery.id,
        timeText(delivery.finishedAt ?? 0),
        message.site,
        delivery.flow,
        delivery.step ?? '',
        delivery.failure?.code ?? '',
        message.id,
        message.controlId ?? '',
      ]),
    );
  }
}
