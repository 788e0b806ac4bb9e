/**
 * `suture run`: flows, on a case, a message that is kept, a file, or the newest messages that start them: step by step here,
 * dry at the engine, or for real.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { DryAnswer, MessageDetail, RunAnswer, RunBody } from '../../api/index.ts';
import { type Flow, matchesPattern, type Trigger } from '../../flow/index.ts';
import { Failure, systemClock } from '../../std/index.ts';
import type { Desk } from '../desk.ts';
import { explain, printJson, printLine, printNote, printTable } from '../output.ts';
import { loadProject } from '../project/index.ts';
import { isMessageId, type StepWish, stepRun } from '../step-run.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly from?: string;
  readonly site?: string;
  readonly type?: string;
  readonly dry?: boolean;
  readonly live?: boolean;
  readonly start?: string;
  readonly reveal?: boolean;
  readonly wait: string;
}

const ENDED: readonly string[] = ['delivered', 'filtered', 'dead', 'held', 'sleeping'];
const LOOKS_AGAIN = 250;

export function addRun(program: Command): void {
  deskOptions(
    program
      .command('run')
      .description(
        'run flows on a message, step by step: nothing leaves (usual), lookups are made (--dry), or for real (--live)',
      )
      .argument('<flows...>', 'names of flows; * stands for any letters'),
  )
    .option(
      '--from <message>',
      'the name of a case; the id of a message that is kept; a file: HL7 v2, a FHIR resource, JSON; or "newest": the newest of each type that starts the flow. Left out: with --live or --dry, for a flow that a person or a schedule starts',
    )
    .option('--site <site>', 'where, when it runs at several sites')
    .option(
      '--type <type>',
      'of a FHIR resource: Appointment.updated (left out: created); of "newest": only this, or only "created" or "updated"',
    )
    .option(
      '--start <step>',
      'begin there, with what earlier steps gave before; a part of its name is enough',
    )
    .option('--reveal', 'show values of messages that are kept; those of cases are shown anyway')
    .option(
      '--dry',
      'the running engine looks things up, and shows the calls it would make instead of making them',
    )
    .option(
      '--live',
      'for real, by the way that all messages take: it is a message of its own, recorded and audited',
    )
    .option('--wait <seconds>', 'with --live: how long to wait for its end', '30')
    .action((names: readonly string[], options: Options) => {
      if (options.live && options.dry) {
        printNote('--dry and --live exclude each other.');
        process.exitCode = 2;
        return;
      }
      if (!options.live && !options.dry && options.from !== 'newest') {
        if (options.from !== undefined) return inSteps(names, options.from, options);
        printNote('Say on what, with --from; or --live, for a flow that a person or a schedule starts.');
        process.exitCode = 2;
        return;
      }
      return withDesk(options, async (desk) => {
        const seconds = Number(options.wait);
        if (!(seconds >= 0 && seconds <= 3_600)) {
          printNote('--wait is a number of seconds, up to 3600.');
          process.exitCode = 2;
          return;
        }
        if (options.from === 'newest') return runNewest(desk, names, seconds, options);
        const flows = names.some((name) => name.includes('*'))
          ? (await flowsNamed(options.project, names)).map(({ name }) => name)
          : names;
        for (const flow of flows) await runOne(desk, askedOf(flow, options), seconds, options);
      });
    });
}

/** Here, without an engine; only a kept message is asked for. */
async function inSteps(names: readonly string[], from: string, options: Options): Promise<void> {
  const work = async (desk?: Desk): Promise<void> => {
    const project = await loadProject(options.project, process.env);
    const flows = names.some((name) => name.includes('*'))
      ? (await flowsNamed(options.project, names)).map(({ name }) => name)
      : names;
    for (const flow of flows) {
      const code = await stepRun(project, stepsOf(flow, from, options), desk);
      process.exitCode = Math.max(Number(process.exitCode ?? 0), code);
    }
  };
  if (isMessageId(from)) return withDesk(options, work);
  try {
    await work();
  } catch (error) {
    process.exitCode = explain(error);
  }
}

const stepsOf = (flow: string, from: string, { start, site, type, reveal, json }: Options): StepWish => ({
  flow,
  from,
  ...(start === undefined ? {} : { start }),
  ...(site === undefined ? {} : { site }),
  ...(type === undefined ? {} : { type }),
  reveal: reveal === true,
  json: json === true,
});

function askedOf(flow: string, { from, site, type }: Options): RunBody {
  return {
    flow,
    ...(from === undefined
      ? {}
      : /^\d+$/.test(from)
        ? { messageId: from }
        : { bytes: readFile(from).toString('base64') }),
    ...(site === undefined ? {} : { site }),
    ...(type === undefined ? {} : { type }),
  };
}

/** One flow, told step by step. */
async function runOne(desk: Desk, asked: RunBody, seconds: number, options: Options): Promise<void> {
  if (options.dry) {
    const { steps } = await desk.dryRun(asked);
    for (const step of steps) options.json ? printJson(step) : printDry(step);
    if (steps.some(({ kind }) => kind === 'stopped')) process.exitCode = 1;
    return;
  }
  const { messageId, deliveryId } = await desk.run(asked);
  tell(await ended(desk, messageId, deliveryId, seconds), messageId, deliveryId, options.json === true);
}

async function ended(
  desk: Desk,
  messageId: string,
  deliveryId: string,
  seconds: number,
): Promise<MessageDetail | null> {
  const until = systemClock.elapsed() + seconds * 1_000;
  let detail = await desk.detail(messageId);
  while (!isOver(detail, deliveryId) && systemClock.elapsed() < until) {
    await sleep(LOOKS_AGAIN);
    detail = await desk.detail(messageId);
  }
  return detail;
}

/** Each flow on the newest message of each type that starts it, a line for each; 1 where there is none, or it did not end well. */
async function runNewest(
  desk: Desk,
  names: readonly string[],
  seconds: number,
  options: Options,
): Promise<void> {
  const flows = await flowsNamed(options.project, names);
  const isWanted = (type: string): boolean =>
    options.type === undefined || type === options.type || type.endsWith(`.${options.type}`);
  const begun: { flow: string; type: string; source: string; run: RunAnswer | null }[] = [];
  for (const { name: flow, trigger } of flows) {
    for (const type of typesOf(trigger).filter(isWanted)) {
      const { rows } = await desk.search({
        type,
        limit: 1,
        ...(options.site === undefined ? {} : { site: options.site }),
      });
      const source = rows[0]?.id;
      const site = options.site === undefined ? {} : { site: options.site };
      if (source !== undefined && !options.live) {
        printLine(`${flow} on ${type}, message ${source}`);
        if (!options.dry) {
          const project = await loadProject(options.project, process.env);
          const code = await stepRun(project, stepsOf(flow, source, options), desk);
          process.exitCode = Math.max(Number(process.exitCode ?? 0), code);
          continue;
        }
        await runOne(desk, { flow, messageId: source, ...site }, seconds, options);
        continue;
      }
      const run = source === undefined ? null : await desk.run({ flow, messageId: source, ...site });
      begun.push({ flow, type, source: source ?? '', run });
    }
  }
  const rows: string[][] = [];
  for (const { flow, type, source, run } of begun) {
    const detail = run && (await ended(desk, run.messageId, run.deliveryId, seconds));
    const delivery = run === null ? undefined : deliveryOf(detail, run.deliveryId)?.delivery;
    const state = run === null ? 'none has come' : (delivery?.state ?? 'running');
    if (state !== 'delivered' && state !== 'filtered') process.exitCode = 1;
    if (options.json)
      printJson({ flow, type, from: source, ...run, state, failure: delivery?.failure ?? null });
    else {
      const { code } = delivery?.failure ?? {};
      const told = state === 'delivered' || code === undefined ? state : `${state} (${code})`;
      rows.push([flow, type, source, told, run?.messageId ?? '']);
    }
  }
  if (begun.length === 0 && options.live) {
    printNote('no flow of these starts on messages of that type.');
    process.exitCode = 2;
  }
  if (rows.length > 0) printTable(['flow', 'started by', 'message', 'state', 'run as'], rows);
}

/** Types of messages that start a flow; a call to a hook or a CDS service has none to look for. */
function typesOf(trigger: Trigger): readonly string[] {
  if (trigger.kind === 'event') return trigger.changes.map((change) => `${trigger.resource}.${change}`);
  return trigger.kind === 'hl7' ? [trigger.type] : [];
}

async function flowsNamed(folder: string, names: readonly string[]): Promise<readonly Flow[]> {
  const { flows } = await loadProject(folder, process.env);
  const found = flows.filter(({ name }) => names.some((each) => matchesPattern(each, name)));
  const lost = names.find((each) => !flows.some(({ name }) => matchesPattern(each, name)));
  if (lost === undefined) return found;
  throw new Failure({
    code: 'FLOW_UNKNOWN',
    kind: 'config',
    message: `There is no flow "${lost}".`,
    fix: `There are: ${flows.map(({ name }) => name).join(', ') || 'none'}.`,
  });
}

function readFile(name: string): Buffer {
  try {
    return readFileSync(name === '-' ? 0 : name);
  } catch (error) {
    throw new Failure({
      code: 'FILE_UNREADABLE',
      kind: 'config',
      message: `${name} is no message id, and no file that can be read.`,
      fix: 'Give the id that "suture messages" shows, or the name of a file.',
      cause: error,
    });
  }
}

type Delivery = MessageDetail['deliveries'][number];

const deliveryOf = (detail: MessageDetail | null, id: string): Delivery | undefined =>
  detail?.deliveries.find((one) => one.delivery.id === id);

/** It has ended, or has failed once: what happens next is a matter of time. */
function isOver(detail: MessageDetail | null, id: string): boolean {
  const delivery = deliveryOf(detail, id)?.delivery;
  if (delivery === undefined) return false;
  return ENDED.includes(delivery.state) || (delivery.state === 'waiting' && delivery.attempts > 0);
}

function tell(detail: MessageDetail | null, messageId: string, deliveryId: string, json: boolean): void {
  const found = deliveryOf(detail, deliveryId);
  const { state = 'running', failure = null, heldFor = null } = found?.delivery ?? {};
  const steps = found?.steps.map(({ step, ms, outcome }) => ({ step, ms, outcome })) ?? [];
  if (state !== 'delivered' && state !== 'filtered') process.exitCode = 1;
  if (json) {
    printJson({ message: messageId, delivery: deliveryId, state, heldFor, steps, failure });
    return;
  }
  const longest = Math.max(0, ...steps.map(({ step }) => step.length));
  for (const { step, ms, outcome } of steps)
    printLine(`done   ${step.padEnd(longest)}  ${outcome === null ? '' : `${outcome}  `}(${ms} ms)`);
  printLine(
    `${state}${heldFor === null ? '' : ` (${heldFor})`}: delivery ${deliveryId} of message ${messageId}`,
  );
  if (state === 'waiting' && failure === null)
    printLine('    It stands behind another delivery of its lane: suture lanes.');
  if (failure && state !== 'delivered') {
    printLine(`    ${failure.code}: ${failure.message}`);
    printLine(`    First: ${failure.fix}`);
  }
}

function printDry(step: DryAnswer['steps'][number]): void {
  const what = step.do === undefined ? '' : `  ${step.do} at ${step.connection}`;
  printLine(`${step.kind.padEnd(8)}${step.step}${what}${step.state === undefined ? '' : ` ${step.state}`}`);
  if (step.args !== undefined) printLine(`    with ${JSON.stringify(step.args)}`);
  if (step.output !== undefined) printLine(`    gave ${JSON.stringify(step.output)}`);
  if (step.failure) printLine(`    ${step.failure.code}: ${step.failure.message} ${step.failure.fix}`);
}
