/** `suture replay`: send deliveries again: some by id, a group of dead letters, all that a filter finds; or an edited copy. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { Job, ReplayPreview, ReplaySet } from '../../api/index.ts';
import { Failure } from '../../std/index.ts';
import type { Desk } from '../desk.ts';
import { printJson, printLine, printNote } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';
import { lettersOf } from './dead.ts';
import { follow } from './replays.ts';

interface Options extends DeskOptions {
  group?: string;
  site?: string;
  connection?: string;
  flow?: string;
  type?: string;
  state?: string;
  code?: string;
  from?: string;
  to?: string;
  step?: string;
  fromStep?: string;
  version: 'ran' | 'present';
  rate?: string;
  samples: string;
  reveal?: boolean;
  dryRun?: boolean;
  reason?: string;
  yes?: boolean;
  edit?: string;
  with?: string;
  json?: boolean;
}

export function addReplay(program: Command): void {
  deskOptions(
    program
      .command('replay')
      .description(
        'send deliveries again, as new deliveries, oldest first; without a reason it is a dry run: what would be sent, and how it differs',
      )
      .argument('[deliveries...]', 'delivery ids; or leave out and choose by group or filter'),
  )
    .option('--group <fingerprint>', 'the dead letters of this group ("suture dead" lists groups)')
    .option('--site <site>', 'only of this site')
    .option('--connection <name>', 'only of messages that came by this connection')
    .option('--flow <name>', 'only of this flow')
    .option('--type <type>', 'only of messages of this type: ADT^A01, ADT^*')
    .option('--state <state>', 'only those that ended so: delivered, filtered, dead')
    .option('--code <code>', 'dead letters of this failure code')
    .option(
      '--from <time>',
      'of messages received at this time or later: 2026-11-20T08:00, UTC unless it names a zone',
    )
    .option('--to <time>', 'of messages received before this time')
    .option('--step <step>', 'from this step on; effects before it are taken over')
    .addOption(new Option('--from-step <step>').hideHelp())
    .addOption(
      new Option('--version <which>', 'the flow as it was when it ran, or as it is now')
        .choices(['ran', 'present'])
        .default('present'),
    )
    .option('--rate <number>', 'deliveries a second at most, of a group or filter (100 unless told)')
    .option('--dry-run', 'only show what would be done')
    .option('--samples <number>', 'how many a dry run shows in full', '3')
    .option('--reveal', 'show the values that a dry run compares (recorded in the audit trail)')
    .option('--reason <text>', 'why; kept in the audit trail. With it, it is done')
    .option('--yes', 'the same as giving a reason without --dry-run')
    .option('--edit <delivery>', 'send a corrected copy of this delivery’s message; the original stays')
    .option('--with <file>', 'the bytes of the corrected copy')
    .action((ids: string[], options: Options) => withDesk(options, (desk) => run(desk, ids, options)));
}

const badUsage = (message: string, fix: string): Failure =>
  new Failure({ code: 'USAGE', kind: 'config', message, fix });

async function run(desk: Desk, ids: readonly string[], options: Options): Promise<void> {
  if (options.yes && !options.reason) {
    printNote('say why with --reason; it is kept in the audit trail.');
    process.exitCode = 2;
    return;
  }
  if (options.edit !== undefined || options.with !== undefined) return edit(desk, options);
  const how = {
    version: options.version,
    ...((options.step ?? options.fromStep) ? { fromStep: (options.step ?? options.fromStep) as string } : {}),
  };
  const named = ids.length > 0 ? ids : options.code === undefined ? null : await ofCode(desk, options);
  const filter = filterOf(options);
  if (named === null && Object.keys(filter).length === 0) {
    printNote('name deliveries, or choose them with --group, --site, --flow, --from or another filter.');
    process.exitCode = 2;
    return;
  }
  if (options.reason === undefined || options.dryRun) {
    const set: ReplaySet = named === null ? filter : { deliveryIds: named };
    if (named?.length === 0) return printLine('would replay 0 deliveries.');
    const preview = await desk.replays.preview({
      ...set,
      ...how,
      samples: whole('--samples', options.samples),
      reveal: options.reveal ?? false,
    });
    if (options.json) printJson(named === null ? preview : { would: named, ...preview });
    else printPreview(preview, options.dryRun ?? false);
    return;
  }
  if (named !== null) {
    const made =
      named.length === 0 ? [] : await desk.replay({ deliveryIds: named, ...how, reason: options.reason });
    if (options.json) printJson({ replayed: made });
    else printLine(`replayed ${named.length} deliveries as ${made.length} new ones.`);
    return;
  }
  const rate = options.rate === undefined ? {} : { rate: whole('--rate', options.rate) };
  const job = await desk.replays.start({ ...filter, ...how, ...rate, reason: options.reason });
  if (!options.json) {
    printLine(
      `replay ${job.id}: ${job.total} deliveries. Ctrl-C leaves it running; "suture replays stop ${job.id}" stops it.`,
    );
  }
  const ended = await follow(desk, job);
  if (options.json) printJson(ended);
  else printLine(endText(ended));
  if (ended.state === 'failed') process.exitCode = 1;
}

function endText({ state, done, total, failure }: Job): string {
  if (state === 'done')
    return `replayed ${done} deliveries${done === total ? '' : ` of ${total}; the others could no longer be`}.`;
  const why = failure === null ? '' : ` ${failure.message} ${failure.fix}`;
  return `${state} after ${done} of ${total} deliveries.${why}`;
}

/** What is named is replayed in one transaction: more than this is a group's. */
const MOST_NAMED = 1_000;

/** Oldest first; the dead letters of a code, as they stand now. */
async function ofCode(desk: Desk, { site, flow, code }: Options): Promise<string[]> {
  const letters = await lettersOf(desk, {
    ...(site === undefined ? {} : { site }),
    ...(flow === undefined ? {} : { flow }),
    ...(code === undefined ? {} : { code }),
  });
  if (letters.length > MOST_NAMED) {
    throw badUsage(
      `${letters.length} dead letters have the code ${code}.`,
      'Choose them by group, which takes any number: "suture dead" lists groups.',
    );
  }
  return letters.map(({ delivery }) => delivery.id).reverse();
}

function filterOf(options: Options): ReplaySet {
  const { group, site, connection, flow, type, from, to } = options;
  const state = options.state as ReplaySet['state'];
  const set = {
    fingerprint: group,
    site,
    connection,
    flow,
    type,
    state,
    from: from === undefined ? undefined : timeOf('--from', from),
    to: to === undefined ? undefined : timeOf('--to', to),
  };
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)) as ReplaySet;
}

function timeOf(option: string, text: string): number {
  const zoned =
    /(?:Z|[+-]\d\d:?\d\d)$/i.test(text) || !/\d[T ]\d/.test(text) ? text : `${text.replace(' ', 'T')}Z`;
  const at = Date.parse(zoned);
  if (Number.isNaN(at))
    throw badUsage(`${option} is "${text}", which is no time.`, 'Write it like 2026-11-20T08:00 (UTC).');
  return at;
}

function whole(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0) {
    throw badUsage(`${option} is "${text}".`, 'Give a whole number.');
  }
  return number;
}

async function edit(desk: Desk, options: Options): Promise<void> {
  if (options.edit === undefined || options.with === undefined || options.reason === undefined) {
    printNote('an edited copy needs --edit DELIVERY, --with FILE and --reason.');
    process.exitCode = 2;
    return;
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(options.with);
  } catch {
    throw badUsage(`${options.with} cannot be read.`, 'Name a file with the corrected bytes.');
  }
  const { messageId, deliveryId } = await desk.replays.edit({
    deliveryId: options.edit,
    bytes: bytes.toString('base64'),
    reason: options.reason,
  });
  if (options.json) printJson({ messageId, deliveryId });
  else
    printLine(
      `sent a corrected copy as delivery ${deliveryId} of message ${messageId}; the original stays as it was.`,
    );
}

const STATES = {
  'taken over': 'taken over, not done again',
  done: 'would be done',
  next: 'would be done next',
} as const;

function printPreview(preview: ReplayPreview, asked: boolean): void {
  const then = asked || preview.count === 0 ? '.' : '; say --yes --reason "..." to do it.';
  printLine(`would replay ${preview.count} deliveries${then}`);
  for (const { site, flow, count } of preview.of) printLine(`    ${count} of ${site} / ${flow}`);
  for (const { reason, count, deliveryId } of preview.refused) {
    printLine(`    ${count} cannot be replayed, for example delivery ${deliveryId}: ${reason}`);
  }
  for (const sample of preview.samples) {
    printLine();
    printLine(
      `delivery ${sample.deliveryId} of message ${sample.messageId}, ${sample.site} / ${sample.flow}`,
    );
    for (const step of sample.steps) {
      const where = step.connection === undefined ? step.kind : `${step.do} at ${step.connection}`;
      const differs =
        step.state === 'taken over'
          ? ''
          : step.differences === null
            ? '; never sent before, as far as is known'
            : `; ${step.differences.length} ${step.differences.length === 1 ? 'field differs' : 'fields differ'} from what was sent`;
      printLine(`    ${step.step}  ${where}: ${STATES[step.state]}${differs}`);
      for (const { path, before, after } of step.state === 'taken over' ? [] : (step.differences ?? [])) {
        printLine(`        ${path}: ${shown(before)} -> ${shown(after)}`);
      }
    }
    printLine(`    ${sample.end}${sample.failure === null ? '' : ` ${sample.failure.message}`}`);
  }
}

const shown = (value: unknown): string => (value === undefined ? 'nothing' : JSON.stringify(value));
