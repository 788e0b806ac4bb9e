/** `suture test`: the cases of a project, played without a network; differences are shown field by field. */
import { relative } from 'node:path';
import type { Command } from 'commander';
import { recordCase } from '../case-record.ts';
import { type CaseOutcome, type CasesRun, differenceLines, runCases, withheldLines } from '../case-run.ts';
import { explain, printJson, printLine, printNote } from '../output.ts';
import { faultText, loadProject } from '../project/index.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly record?: string;
  readonly as?: string;
  readonly update?: boolean;
  readonly watch?: boolean;
}

export function addTest(program: Command): void {
  deskOptions(
    program
      .command('test')
      .description(
        'play the cases below fixtures/: a message, what the site answers, what is expected; no network, nothing is sent',
      )
      .argument(
        '[filter]',
        'only cases with this in their name: a flow, a case, or flow/case; with --record: the flow',
      ),
  )
    .option('--update', 'write what was done as what is expected; read the difference before you commit it')
    .option('--watch', 'play them again whenever a file of the project changes')
    .option(
      '--record <message>',
      'make a case of a message that is kept, by its id, or of the newest (of the flow): names, ids, dates, addresses, telephones and text become pretend ones; the reading is recorded',
    )
    .option('--as <name>', 'with --record: what the case is called')
    .action(async (filter: string | undefined, options: Options) => {
      if (options.record !== undefined) return record(filter, options.record, options);
      const once = async (): Promise<void> => {
        try {
          process.exitCode = await testOnce(filter, options);
        } catch (error) {
          process.exitCode = explain(error);
        }
      };
      await once();
      if (options.watch) {
        const { watchProject } = await import('../watching.ts');
        printNote('waiting for a change');
        await watchProject(options.project, async () => {
          await once();
          printNote('waiting for a change');
        });
      }
    });
}

function record(flow: string | undefined, messageId: string, options: Options): Promise<void> {
  return withDesk(options, async (desk) => {
    const project = await loadProject(options.project, process.env);
    const id =
      messageId === 'newest'
        ? (await desk.search({ limit: 1, ...(flow === undefined ? {} : { flow }) })).rows[0]?.id
        : messageId;
    const kept = id === undefined ? null : await desk.kept(id);
    if (kept === null || id === undefined) {
      printNote(
        id === undefined
          ? `No message has come${flow === undefined ? '' : ` for ${flow}`} yet. See: suture messages`
          : `There is no message ${id}, or its bytes are no longer kept. See: suture messages`,
      );
      process.exitCode = 1;
      return;
    }
    const made = await recordCase(project, id, kept, {
      ...(flow === undefined ? {} : { asked: flow }),
      ...(options.as === undefined ? {} : { name: options.as }),
    });
    if (options.json) {
      printJson(made);
      return;
    }
    printLine(`recorded ${made.flow} / ${made.case}: ${made.end}`);
    printLine(`    ${relative(process.cwd(), made.folder) || made.folder}`);
    printLine(
      '    Names, ids, dates, addresses, telephones and text are pretend. Read it before you commit it.',
    );
  });
}

async function testOnce(filter: string | undefined, options: Options): Promise<0 | 1 | 2> {
  const project = await loadProject(options.project, process.env);
  for (const fault of project.faults) printNote(faultText(fault));
  const run = await runCases(project, {
    ...(filter === undefined ? {} : { filter }),
    update: options.update === true,
  });
  for (const fault of run.faults) {
    printNote(faultText({ ...fault, file: relative(process.cwd(), fault.file) || fault.file }));
  }
  tell(run, options.json === true);
  const faults = project.faults.length + run.faults.length;
  if (faults > 0) return 2;
  return run.outcomes.every(({ state }) => state === 'fine' || state === 'written') ? 0 : 1;
}

function tell({ outcomes, faults, untested }: CasesRun, json: boolean): void {
  const count = (state: CaseOutcome['state']): number => outcomes.filter((one) => one.state === state).length;
  const counts = {
    fine: count('fine'),
    differs: count('differs'),
    written: count('written'),
    cannotRun: count('cannot run') + faults.length,
  };
  if (json) {
    for (const outcome of outcomes) printJson(outcome);
    printJson({ ...counts, faults, untested });
    return;
  }
  for (const outcome of outcomes) {
    printLine(`${outcome.state.padEnd(11)}${outcome.flow} / ${outcome.case}`);
    for (const line of withheldLines(outcome.withheld)) printLine(line);
    for (const difference of outcome.differences)
      for (const line of differenceLines(difference)) printLine(line);
    if (outcome.reason !== undefined) printLine(`    ${outcome.reason} ${outcome.fix ?? ''}`.trimEnd());
  }
  for (const flow of untested) printLine(`no case    ${flow}`);
  const parts = [
    `${counts.fine} fine`,
    ...(counts.differs > 0 ? [`${counts.differs} differ`] : []),
    ...(counts.written > 0 ? [`${counts.written} written`] : []),
    ...(counts.cannotRun > 0 ? [`${counts.cannotRun} cannot run`] : []),
  ];
  printLine(parts.join(', '));
}
