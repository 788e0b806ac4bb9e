/** `suture key rotate`: another master key for a data folder. What is sealed stays as it is; its keys are wrapped again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { Failure, systemClock } from '../../std/index.ts';
import { newMasterKey, parseMasterKey } from '../../vault/index.ts';
import { DEVELOPMENT_KEY, dataFolder, keyOf, writeKeyFile } from '../data-folder.ts';
import { explain, printLine, printNote } from '../output.ts';
import { person } from '../person.ts';
import { setting } from '../settings.ts';
import { databaseUrl, hasData, openToLook } from '../store.ts';

interface Options {
  project: string;
  data?: string;
  out?: string;
}

export function addKey(program: Command): void {
  const key = program.command('key').description('the master key of a data folder');
  key
    .command('rotate')
    .description(
      'change the master key: to SUTURE_NEW_KEY, or to a new one that is written to a file; the engine must not run',
    )
    .option('--project <folder>', 'the project’s folder', '.')
    .option('--data <folder>', 'the data folder (SUTURE_DATA)')
    .option(
      '--out <file>',
      'where the new key is written when SUTURE_NEW_KEY is not set; it must not exist yet',
    )
    .action(async (options: Options) => {
      try {
        await rotate(options);
      } catch (error) {
        process.exitCode = explain(error);
      }
    });
}

/**
 * The new key is on disk, or in the operator's hands, before a single key is wrapped with it; all are wrapped in one
 * transaction. Whenever it is cut short, the old key opens the folder, or the new one does.
 */
async function rotate(options: Options): Promise<void> {
  const folder = options.data ?? dataFolder(options.project, process.env);
  if (!hasData(folder, process.env)) {
    throw new Failure({
      code: 'NOTHING_HERE',
      kind: 'config',
      message: `There is no data in ${folder}.`,
      fix: 'Name the data folder with --data or SUTURE_DATA.',
    });
  }
  const database = databaseUrl(process.env) !== undefined;
  const given = setting(process.env, 'SUTURE_NEW_KEY');
  const development =
    !database &&
    existsSync(join(folder, DEVELOPMENT_KEY)) &&
    setting(process.env, 'SUTURE_KEY') === undefined;
  if (given === undefined && !development && options.out === undefined) {
    throw new Failure({
      code: 'KEY_NOWHERE',
      kind: 'config',
      message: 'There is no new key, and no place to write one to.',
      fix: 'Set SUTURE_NEW_KEY ("openssl rand -base64 32" makes one), or name a file with --out.',
    });
  }
  const text = given ?? newMasterKey();
  const next = parseMasterKey(text);
  const store = await openToLook(folder, process.env);
  try {
    const file = development
      ? join(folder, `${DEVELOPMENT_KEY}.next`)
      : given === undefined
        ? options.out
        : undefined;
    if (file !== undefined) writeKeyFile(file, text, development);
    const count = await store.rewrap(next);
    await store.audit([
      {
        at: systemClock.now(),
        who: person(),
        act: 'key.rotate',
        on: store.kind === 'postgres' ? 'database' : 'data folder',
        facts: { keys: count },
      },
    ]);
    printLine(
      `${count} keys are wrapped with the new master key; the old one opens this ${database ? 'database' : 'folder'} no more.`,
    );
  } finally {
    await store.close();
  }
  if (development)
    keyOf(folder, process.env); // finds that the new one opens it, and puts it in its place
  else if (given === undefined)
    printLine(`Set SUTURE_KEY_FILE=${options.out} from now on, and keep a copy apart from the data.`);
  else
    printLine('Set SUTURE_KEY to what SUTURE_NEW_KEY is from now on, and keep a copy apart from the data.');
  printNote('copies made before open with the old key: keep it as long as you keep them.');
}
