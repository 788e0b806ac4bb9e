/** `suture writes`: writes at other systems whose outcome is open, and a person's word about one. */
import type { Command } from 'commander';
import type { WriteRow } from '../../store/index.ts';
import { printJson, printLine, printNote, timeText } from '../output.ts';
import { type DeskOptions, deskOptions, withDesk } from '../with-desk.ts';

interface Options extends DeskOptions {
  readonly site?: string;
  readonly state?: string;
  readonly message?: string;
  readonly limit: string;
}

const STATES = ['planned', 'sending', 'unknown', 'done', 'refused'];

export function addWrites(program: Command): void {
  const writes = deskOptions(
    program
      .command('writes')
      .description('list writes at other systems that are not settled: planned, on their way, or unknown'),
  )
    .option('--site <site>', 'only this site')
    .option('--state <state>', `only these: ${STATES.join(', ')}`)
    .option('--message <id>', 'all that this message has led to, settled or not')
    .option('--limit <number>', 'how many, oldest first', '50')
    .action((options: Options) =>
      withDesk(options, async (desk) => {
        const limit = Number(options.limit);
        const { state, site, message } = options;
        if (!Number.isInteger(limit) || limit < 1 || limit > 200 || (state && !STATES.includes(state))) {
          printNote(`--limit is a whole number from 1 to 200, --state one of ${STATES.join(', ')}.`);
          process.exitCode = 2;
          return;
        }
        const { rows } = await desk.writes({
          limit,
          ...(site === undefined ? {} : { site }),
          ...(state === undefined ? {} : { state: state as WriteRow['state'] }),
          ...(message === undefined ? {} : { messageId: message }),
        });
        if (options.json) for (const row of rows) printJson(row);
        else if (rows.length === 0) printLine('every write is settled.');
        else for (const row of rows) printWrite(row);
      }),
    );
  deskOptions(
    writes
      .command('show')
      .description('show what a write holds: patient data, and the reading is recorded')
      .argument('<id>', 'the write, as the list names it'),
  ).action((id: string, own: DeskOptions, command: Command) =>
    withDesk(command.optsWithGlobals<typeof own>(), async (desk) => {
      const shown = await desk.revealWrite(id);
      if (shown === null) {
        printNote(`there is no write ${id}.`);
        process.exitCode = 1;
      } else printJson(shown);
    }),
  );
  settle(writes, 'done', 'it is there: the delivery goes on with the record that you name');
  settle(writes, 'again', 'it is not there: it is sent again');
  settle(writes, 'drop', 'it is not there and shall not be: the delivery is given up');
}

function settle(writes: Command, word: 'done' | 'again' | 'drop', description: string): void {
  const command = deskOptions(
    writes.command(word).description(description).argument('<id>', 'the write, as the list names it'),
  ).option('--reason <text>', 'why; kept in the audit trail, so without patient data');
  if (word === 'done') command.option('--record <id>', 'what is there: Observation/e1, or its id');
  command.action((id: string, own: DeskOptions & { reason?: string; record?: string }, called: Command) => {
    const options = called.optsWithGlobals<typeof own>();
    return withDesk(options, async (desk) => {
      const reason = options.reason?.trim() ?? '';
      if (reason.length < 3) {
        printNote('say why with --reason; it is kept in the audit trail.');
        process.exitCode = 2;
        return;
      }
      await desk.settleWrite({
        id,
        word,
        reason,
        ...(options.record === undefined ? {} : { record: options.record }),
      });
      if (options.json) printJson({ write: id, word });
      else printLine({ done: 'it is there.', again: 'it is sent again.', drop: 'it is given up.' }[word]);
    });
  });
}

function printWrite(row: WriteRow): void {
  const { state, attempts, lookups, failure } = row;
  const sent = row.sentAt === null ? 'not sent' : `sent ${timeText(row.sentAt)} UTC`;
  const tried = `${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, looked for ${lookups} times since`;
  printLine(`write ${row.id}  ${state.toUpperCase()}  ${row.what} at ${row.site} / ${row.connection}`);
  printLine(`    ${sent}; ${tried}`);
  if (failure) printLine(`    ${failure.code}: ${failure.message}`);
  if (failure && state === 'unknown') printLine(`    First: ${failure.fix}`);
  printLine(`    delivery ${row.deliveryId} of message ${row.messageId}, ${row.flow} / ${row.step}`);
}
