/** `suture plan`, `deploy`, `promote`, `rollback`, and `deploys`: what ran and runs, and the second person's word. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { DeployRow, Plan } from '../../api/index.ts';
import { gitStateOf, readProject } from '../../deploy/index.ts';
import { Failure } from '../../std/index.ts';
import { newDisk, openMemoryStore } from '../../store/index.ts';
import { dataFolder, makeFolder } from '../data-folder.ts';
import { type DeployDeskOfCommands, folderDeploys, type Wish } from '../deploy-desk.ts';
import { type Desk, openDesk } from '../desk.ts';
import { explain, printJson, printLine, printNote, timeText } from '../output.ts';
import { askPassword, person, provenUser } from '../person.ts';
import { loadProject } from '../project/index.ts';
import { takeElsewhere } from '../promoting.ts';
import { hasData, openStore, startKey } from '../store.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  as?: string;
  site: string[];
  flow: string[];
  carryOver?: boolean;
  drain?: boolean;
  note?: string;
  to?: string;
  from?: string;
  approve?: string;
  refuse?: string;
}

const CHANGES_SHOWN = 100;

const scoped = (command: Command): Command =>
  deskOptions(command)
    .option('--site <site>', 'only this site; may be given again', collect, [])
    .option('--flow <name>', 'only this flow; may be given again', collect, []);

const byPerson = (command: Command): Command =>
  command.option(
    '--as <user>',
    'in the name of this user of the console: the password is asked for, or the first line of standard input; left out: the system’s user',
  );

const queuing = (command: Command): Command =>
  command
    .option(
      '--drain',
      'what is queued runs with the version that planned it (so it is unless told otherwise)',
    )
    .option('--carry-over', 'what is queued runs with the new version');

const collect = (one: string, others: readonly string[]): string[] => [...others, one];

export function addDeploy(program: Command): void {
  scoped(program.command('plan'))
    .description(
      'what a deployment would change, in words; what it wants, and what is queued under what runs',
    )
    .option('--from <folder>', 'of what runs elsewhere, as promote would bring it here: its data folder')
    .action((options: Options) => told(() => plan(options)));
  queuing(byPerson(scoped(program.command('deploy'))))
    .description('make the project run: on the running engine without stopping it, else at its next start')
    .option('--note <text>', 'why; kept with it and in the audit trail')
    .action((options: Options) => told(() => deploy(options)));
  queuing(byPerson(scoped(program.command('promote'))))
    .description('deploy here exactly what runs elsewhere, with this environment’s overlays')
    .requiredOption(
      '--from <folder>',
      'the data folder of the other environment; its engine is asked if it runs',
    )
    .option('--note <text>', 'why; kept with it and in the audit trail')
    .action((options: Options) => told(() => promote(options)));
  queuing(byPerson(scoped(program.command('rollback'))))
    .description('go back to what ran before, in one step; nothing that is queued is lost')
    .option('--to <deployment>', 'to this one, as "suture deploys" numbers them')
    .option('--note <text>', 'why; kept with it and in the audit trail')
    .action((options: Options) => told(() => rollback(options)));
  byPerson(deskOptions(program.command('deploys')))
    .description(
      'deployments: what ran and runs, by whom; how the folder differs; --approve or --refuse one that waits',
    )
    .option('--approve <deployment>', 'let it run: never by who has asked for it')
    .option('--refuse <deployment>', 'do not')
    .option('--note <text>', 'why; kept in the audit trail')
    .action((options: Options) => told(() => deploys(options)));
}

async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    process.exitCode = explain(error);
  }
}

const dataOf = (options: Options): string => options.data ?? dataFolder(options.project, process.env);

function wishOf({ site, flow, carryOver, drain, note }: Options, root: string): Wish {
  if (carryOver && drain) {
    throw new Failure({
      code: 'DEPLOY_QUEUED',
      kind: 'config',
      message: 'What is queued is either drained or carried over.',
      fix: 'Give --drain or --carry-over.',
    });
  }
  return {
    root,
    act: 'deploy',
    scope: scopeOf({ site, flow }),
    queued: carryOver ? 'carry over' : 'drain',
    note: note?.trim() ?? '',
  };
}

const scopeOf = ({ site, flow }: Pick<Options, 'site' | 'flow'>) => ({
  ...(site.length === 0 ? {} : { sites: site }),
  ...(flow.length === 0 ? {} : { flows: flow }),
});

/** The working folder as contents; what it lacks to be a project is told first. */
async function working(options: Options) {
  const { config, faults } = await loadProject(options.project, process.env);
  const snapshot = readProject(options.project, config);
  return { snapshot, faults, git: await gitStateOf(options.project, config) };
}

/** The desk of an engine or a folder; a folder without data is begun, to deploy into it for its first start. */
async function withDeploys(
  options: Options,
  begin: boolean,
  work: (desk: DeployDeskOfCommands, from: 'engine' | 'folder' | 'nothing') => Promise<void>,
): Promise<void> {
  const data = dataOf(options);
  if (hasData(data, process.env)) {
    const desk = await openDesk(data, process.env, options.project, options.as);
    try {
      await work(desk.deploys, desk.from);
    } finally {
      await desk.close();
    }
    return;
  }
  const scratch = begin ? null : mkdtempSync(join(tmpdir(), 'suture-plan-'));
  if (begin) makeFolder(data);
  const store = begin
    ? await openStore(data, process.env, startKey(data, process.env, false))
    : await openMemoryStore({ disk: newDisk() });
  try {
    const who =
      options.as === undefined
        ? person()
        : await provenUser(store, options.as, await askPassword(options.as));
    const place = { data: scratch ?? data, project: options.project, environment: process.env, who };
    await work(folderDeploys(store, place), begin ? 'folder' : 'nothing');
  } finally {
    await store.close();
    if (scratch !== null) rmSync(scratch, { recursive: true, force: true });
  }
}

async function plan(options: Options): Promise<void> {
  const { from: folder } = options;
  const elsewhere = folder === undefined ? null : await takeElsewhere(folder, options.project, process.env);
  const snapshot = elsewhere?.snapshot ?? (await working(options)).snapshot;
  await withDeploys(options, false, async (desk) => {
    await desk.give(snapshot);
    const planned = await desk.plan(wishOf(options, snapshot.root));
    if (options.json) printJson(planned);
    else {
      if (elsewhere !== null) printLine(`what runs as ${elsewhere.from}, here:`);
      printPlan(planned);
      const { driftText } = await desk.all();
      if (driftText !== null && elsewhere === null) printNote(driftText);
    }
    if (planned.faults.length > 0) process.exitCode = 1;
  });
}

async function deploy(options: Options): Promise<void> {
  const { snapshot, git } = await working(options);
  await withDeploys(options, true, async (desk, from) => {
    await desk.give(snapshot);
    const row = await desk.deploy({ ...wishOf(options, snapshot.root), git });
    tellDone(row, from, options);
  });
}

async function promote(options: Options): Promise<void> {
  const { snapshot, from, git } = await takeElsewhere(options.from ?? '', options.project, process.env);
  await withDeploys(options, true, async (desk, at) => {
    await desk.give(snapshot);
    const wish = { ...wishOf(options, snapshot.root), act: 'promote', from, git } as const;
    tellDone(await desk.deploy(wish), at, options);
  });
}

function rollback(options: Options): Promise<void> {
  const note = needNote(options);
  if (note === null) return Promise.resolve();
  const work = async (desk: Desk): Promise<void> => {
    const row = await desk.deploys.rollback({
      scope: scopeOf(options),
      queued: options.carryOver ? 'carry over' : 'drain',
      note,
      ...(options.to === undefined ? {} : { to: options.to }),
    });
    tellDone(row, desk.from, options);
  };
  return withDesk(options, work, options.as);
}

function needNote({ note }: Options): string | null {
  const text = note?.trim() ?? '';
  if (text.length >= 3) return text;
  printNote('say why with --note; it is kept in the audit trail.');
  process.exitCode = 2;
  return null;
}

function deploys(options: Options): Promise<void> {
  const id = options.approve ?? options.refuse;
  if (id !== undefined) return decide(id, options);
  return withDesk(options, async (desk) => {
    const answer = await desk.deploys.all();
    if (options.json) return printJson(answer);
    if (answer.rows.length === 0) printLine('nothing was deployed: the folder is what runs.');
    for (const row of answer.rows) printRow(row, answer.running);
    if (answer.driftText !== null) printNote(answer.driftText);
  });
}

function decide(id: string, options: Options): Promise<void> {
  const note = needNote(options);
  if (note === null) return Promise.resolve();
  const work = async (desk: Desk): Promise<void> => {
    const row = await desk.deploys.decide(id, { approved: options.approve !== undefined, note });
    if (options.json) printJson(row);
    else printLine(`deployment ${row.id} is ${row.state}, by ${row.decidedBy}.`);
  };
  return withDesk(options, work, options.as);
}

function tellDone(row: DeployRow, from: string, options: Options): void {
  const { facts } = row;
  if (options.json) {
    printJson(row);
    return;
  }
  if (row.state === 'asked') {
    const why = facts.act === 'roll back' ? ', and what it goes back to never ran approved there' : '';
    printLine(
      `deployment ${row.id} waits for a second person: it touches ${facts.production.join(', ')} in production${why}.`,
    );
    printLine(
      `    another user approves it on the console, or with: suture deploys --approve ${row.id} --as <user> --note ...`,
    );
    return;
  }
  const when = from === 'engine' ? 'runs now' : 'runs at the next start';
  const approved = facts.approvals?.length ? `, approved as ${facts.approvals.join(', ')}` : '';
  const what =
    facts.act === 'roll back'
      ? ` (back to ${facts.from}${approved})`
      : facts.act === 'promote'
        ? ` (what runs as ${facts.from})`
        : '';
  printLine(
    `deployment ${row.id}${what} ${when}: ${facts.changesInAll} change${facts.changesInAll === 1 ? '' : 's'}.`,
  );
  printChanges(facts.changes, facts.changesInAll);
}

function printRow(row: DeployRow, running: string | null): void {
  const { facts } = row;
  const state =
    row.id === running
      ? 'runs'
      : row.live
        ? 'runs at the next start'
        : row.state === 'asked'
          ? 'WAITS for a second person'
          : row.state;
  const back = facts.from === null ? '' : facts.act === 'promote' ? ` of ${facts.from}` : ` to ${facts.from}`;
  printLine(
    `${row.id.padStart(4)}  ${timeText(row.at)}  ${state}  ${facts.act}${back} by ${row.who}${row.decidedBy === null ? '' : `, decided by ${row.decidedBy}`}`,
  );
  const scope = [...(facts.scope.sites ?? []), ...(facts.scope.flows ?? [])].join(', ');
  const git =
    facts.git === null
      ? ''
      : `, commit ${facts.git.commit.slice(0, 8)}${facts.git.dirty > 0 ? ' with changes' : ''}`;
  printLine(
    `      ${scope === '' ? 'everything' : `only ${scope}`}, ${facts.changesInAll} change${facts.changesInAll === 1 ? '' : 's'}, queued: ${facts.queued}${git}${row.note === '' ? '' : `: ${row.note}`}`,
  );
}

function printChanges(changes: Plan['changes'], inAll: number): void {
  let last = '';
  for (const { of, name, text } of changes.slice(0, CHANGES_SHOWN)) {
    const title = `${of} ${name}`;
    if (title !== last) printLine(`  ${title}`);
    last = title;
    printLine(`    ${text}`);
  }
  if (inAll > CHANGES_SHOWN) printLine(`  and ${inAll - CHANGES_SHOWN} more`);
}

function printPlan(planned: Plan): void {
  const { runs, changes, outside, faults, missing, queued, secondApproval } = planned;
  printLine(runs === null ? 'nothing was deployed yet: everything is new.' : `against deployment ${runs}:`);
  if (changes.length === 0) printLine('  nothing would change.');
  printChanges(changes, changes.length);
  if (faults.length > 0) printLine('in the way:');
  for (const fault of faults) printLine(`  ${fault}`);
  if (missing.length > 0) printLine('wanting:');
  for (const one of missing) printLine(`  ${one}`);
  for (const { flow, version, waiting, sleeping, held, more } of queued)
    printLine(
      `queued under ${flow} ${version.slice(0, 8)}: ${waiting} waiting, ${sleeping} asleep, ${held} held${more ? ', and more' : ''}`,
    );
  if (outside.length > 0)
    printLine(
      `${outside.length} other file${outside.length === 1 ? '' : 's'} differ${outside.length === 1 ? 's' : ''}, too, and would not be deployed: ${outside.slice(0, 5).join(', ')}`,
    );
  if (secondApproval.length > 0)
    printLine(`a second person must approve it: it touches ${secondApproval.join(', ')} in production.`);
}
