/** `suture backup` and `suture restore`: the data folder as a copy, and a copy as a data folder. */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { ledgerFaults } from '../../message/index.ts';
import { Failure, systemClock } from '../../std/index.ts';
import { openSqliteStore } from '../../store/index.ts';
import { announced, dataFolder, keyOf, makeFolder } from '../data-folder.ts';
import { openDesk } from '../desk.ts';
import { explain, printLine } from '../output.ts';
import { databaseUrl } from '../store.ts';

interface Options {
  project: string;
  data?: string;
}

const DATABASE = 'suture.db';
const HISTORY = 'history';

export function addBackup(program: Command): void {
  program
    .command('backup')
    .description('copy the data folder, also while the engine works on it; the key is not part of the copy')
    .argument('<folder>', 'where the copy goes; an older copy in it is replaced')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)')
    .action(async (to: string, options: Options) => {
      try {
        const desk = await openDesk(options.data ?? dataFolder(options.project, process.env), process.env);
        try {
          await desk.backup(resolve(to));
        } finally {
          await desk.close();
        }
        printLine(`copied to ${resolve(to)}; keep the key (SUTURE_KEY) apart from it`);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
  program
    .command('restore')
    .description(
      'make a data folder of a copy that "suture backup" made, and check that it opens and adds up',
    )
    .argument('<folder>', 'the copy')
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA); it must hold no data yet')
    .action(async (from: string, options: Options) => {
      try {
        printLine(await restore(resolve(from), options.data ?? dataFolder(options.project, process.env)));
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

function refused(code: string, message: string, fix: string): Failure {
  return new Failure({ code, kind: 'config', message, fix });
}

async function restore(from: string, data: string): Promise<string> {
  if (databaseUrl(process.env) !== undefined) {
    throw refused(
      'RESTORE_TO_FOLDER',
      'DATABASE_URL is set: a copy of a data folder becomes a data folder, never a database.',
      "Restore a database with its server's own tools; or run this command without DATABASE_URL.",
    );
  }
  if (!existsSync(join(from, DATABASE))) {
    throw refused(
      'RESTORE_NOTHING',
      `There is no copy in ${from}.`,
      'Name the folder that "suture backup" wrote.',
    );
  }
  if (existsSync(join(data, DATABASE)) || announced(data) !== null) {
    throw refused(
      'RESTORE_OCCUPIED',
      `There is data in ${data} already.`,
      'Stop the engine and move that folder away, or name another one with --data.',
    );
  }
  makeFolder(data);
  const history = join(from, HISTORY);
  if (existsSync(history)) {
    mkdirSync(join(data, HISTORY), { recursive: true, mode: 0o700 });
    for (const name of readdirSync(history)) copy(join(history, name), join(data, HISTORY, name));
  }
  // Last: without it there is no data folder, and a restore that was cut short is simply begun again.
  const unfinished = join(data, `${DATABASE}.unfinished`);
  copy(join(from, DATABASE), unfinished);
  const key = keyOf(data, process.env);
  renameSync(unfinished, join(data, DATABASE));
  const store = await openSqliteStore({ folder: data, masterKey: key, clock: systemClock });
  try {
    const ledger = await store.ledger();
    const faults = ledgerFaults(ledger);
    const broken = await store.verifyAudit();
    if (faults.length > 0 || broken.length > 0) {
      throw refused(
        'RESTORE_DAMAGED',
        `The copy does not add up: ${[...faults, ...broken.map((row) => `audit row ${row}`)].slice(0, 5).join('; ')}.`,
        'Take an older copy.',
      );
    }
    return `restored to ${data}: ${ledger.received} messages, ${ledger.planned} deliveries, it adds up; what was sent after the copy was made may be sent again`;
  } finally {
    await store.close();
  }
}

function copy(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o600);
}
