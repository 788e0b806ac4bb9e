/** `suture run`: one flow, on a message that is kept or on one from a file; for real, or dry. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { DryAnswer, MessageDetail } from '../../api/index.ts';
import { Failure, systemClock } from '../../std/index.ts';
import { printJson, printLine, printNote } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly from?: string;
  readonly site?: string;
  readonly type?: string;
  readonly dry?: boolean;
  readonly wait: string;
}

const ENDED: readonly string[] = ['delivered', 'filtered', 'dead', 'held', 'sleeping'];
const LOOKS_AGAIN = 250;

export function addRun(program: Command): void {
  deskOptions(
    program
      .command('run')
      .description('run one flow on a message, by the way that all messages take: it is recorded and audited')
      .argument('<flow>', 'the flow’s name'),
  )
    .option(
      '--from <message>',
      'the id of a message that is kept, or a file: HL7 v2, a FHIR resource, JSON. Left out: for a flow that a person or a schedule starts',
    )
    .option('--site <site>', 'where, when it runs at several sites')
    .option('--type <type>', 'of a FHIR resource: Appointment.updated (left out: created)')
    .option('--dry', 'look things up, and show the calls it would make instead of making them')
    .option('--wait <seconds>', 'how long to wait for its end', '30')
    .action((flow: string, options: Options) =>
      withDesk(options, async (desk) => {
        const { from, site, type } = options;
        const seconds = Number(options.wait);
        if (!(seconds >= 0 && seconds <= 3_600)) {
          printNote('--wait is a number of seconds, up to 3600.');
          process.exitCode = 2;
          return;
        }
        const source =
          from === undefined
            ? {}
            : /^\d+$/.test(from)
              ? { messageId: from }
              : { bytes: readFile(from).toString('base64') };
        const asked = {
          flow,
          ...source,
          ...(site === undefined ? {} : { site }),
          ...(type === undefined ? {} : { type }),
        };
        if (options.dry) {
          const { steps } = await desk.dryRun(asked);
          for (const step of steps) options.json ? printJson(step) : printDry(step);
          if (steps.some(({ kind }) => kind === 'stopped')) process.exitCode = 1;
          return;
        }
        const { messageId, deliveryId } = await desk.run(asked);
        const until = systemClock.elapsed() + seconds * 1_000;
        let detail = await desk.detail(messageId);
        while (!isOver(detail, deliveryId) && systemClock.elapsed() < until) {
          await sleep(LOOKS_AGAIN);
          detail = await desk.detail(messageId);
        }
        tell(detail, messageId, deliveryId, options.json === true);
      }),
    );
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
  const steps = found?.steps.map(({ step, ms }) => ({ step, ms })) ?? [];
  if (state !== 'delivered' && state !== 'filtered') process.exitCode = 1;
  if (json) {
    printJson({ message: messageId, delivery: deliveryId, state, heldFor, steps, failure });
    return;
  }
  for (const { step, ms } of steps) printLine(`done   ${step}  (${ms} ms)`);
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
