/** `suture messages`: the history, newest first; with `--raw` a message's bytes as received. */
import type { Command } from 'commander';
import type { MessageRow } from '../../store/index.ts';
import { dataFolder } from '../data-folder.ts';
import { openDesk } from '../desk.ts';
import { find, type QueryOptions, queryOf } from '../message-search.ts';
import { explain, printJson, printNote, printTable, timeText } from '../output.ts';

interface Options extends QueryOptions {
  project: string;
  data?: string;
  limit: string;
  raw?: boolean;
  versions?: boolean;
  json?: boolean;
}

export function addMessages(program: Command): void {
  program
    .command('messages')
    .description('list messages, newest first')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)')
    .option('--limit <number>', 'how many', '50')
    .option('--control-id <id>', 'only this control id (MSH-10)')
    .option('--site <site>', 'only this site')
    .option('--connection <name>', 'only this connection')
    .option('--type <type>', 'only this type: ADT^A01, ADT^*, Appointment.created')
    .option('--state <state>', 'accepted, rejected, unrouted, or a delivery’s state')
    .option('--flow <name>', 'only messages of this flow')
    .option('--patient <mrn>', 'only this patient, by medical record number (recorded in the audit trail)')
    .option('--family <name>', 'only people of this family name, with --born (recorded)')
    .option('--born <date>', 'date of birth, such as 1984-03-09')
    .option('--text <text>', 'only messages whose bytes hold this text, with --from and --to (recorded)')
    .option('--from <time>', 'received at this time or later, UTC: 2026-11-21, 2026-11-21T09:30')
    .option('--to <time>', 'received before this time, UTC')
    .option('--versions', 'with the version of each flow that ran')
    .option('--raw', 'the bytes as received (recorded in the audit trail)')
    .option('--json', 'one JSON object a line')
    .action(async (options: Options) => {
      try {
        process.exitCode = (await run(options)) || process.exitCode;
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

async function run(options: Options): Promise<0 | 1> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) {
    printNote(`--limit is "${options.limit}"; give a whole number from 1 on.`);
    process.exit(2);
  }
  const query = queryOf(options);
  if (typeof query === 'string') {
    printNote(query);
    process.exit(2);
  }
  const desk = await openDesk(
    options.data ?? dataFolder(options.project, process.env),
    process.env,
    options.project,
  );
  try {
    const { rows, stopped } = await find(desk, query, limit);
    if (stopped) process.exitCode = 130;
    if (options.raw && !options.json) return await printRaw(desk, rows);
    if (options.json) {
      for (const row of rows) {
        const bytes = options.raw ? await desk.raw(row.id) : null;
        printJson({
          ...row,
          receivedAt: new Date(row.receivedAt).toISOString(),
          ...(bytes ? { rawBase64: Buffer.from(bytes).toString('base64') } : {}),
        });
      }
      return 0;
    }
    if (rows.length === 0) printNote('no messages match.');
    else {
      const versions = options.versions ? await versionsOf(desk, rows) : null;
      printTable(
        ['ID', 'RECEIVED (UTC)', 'SITE', 'CONNECTION', 'TYPE', 'CONTROL ID', 'STATE', 'DELIVERIES'],
        rows.map((row) => [
          row.id,
          timeText(row.receivedAt),
          row.site,
          row.connection,
          row.type,
          row.controlId ?? '',
          row.state,
          row.deliveries
            .map(({ flow, state }) => {
              const version = versions?.get(`${row.id} ${flow}`);
              return `${flow}${version === undefined ? '' : ` ${version}`}: ${state}`;
            })
            .join(', ') || (row.state === 'accepted' ? 'none wanted it' : (row.reason ?? '')),
        ]),
      );
    }
    return 0;
  } finally {
    await desk.close();
  }
}

/** By message and flow. */
async function versionsOf(
  desk: Awaited<ReturnType<typeof openDesk>>,
  rows: readonly MessageRow[],
): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>();
  for (const { id } of rows)
    for (const { flow, version } of await desk.deploys.versions(id))
      all.set(`${id} ${flow}`, version.slice(0, 8));
  return all;
}

async function printRaw(
  desk: Awaited<ReturnType<typeof openDesk>>,
  rows: readonly MessageRow[],
): Promise<0 | 1> {
  const [row, ...others] = rows;
  if (row === undefined) {
    printNote('no message matches.');
    return 1;
  }
  if (others.length > 0) {
    printNote(
      `${rows.length} messages match; --raw gives the newest. Name one with --control-id, or use --json for all.`,
    );
  }
  const bytes = await desk.raw(row.id);
  if (bytes === null) {
    printNote(`the bytes of message ${row.id} are no longer kept.`);
    return 1;
  }
  await new Promise<void>((resolve, reject) =>
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve())),
  );
  return 0;
}
