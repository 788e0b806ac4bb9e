/**
 * `npm run crash [kills] [plugs] [seed]`: 200 kills under load and 20 pulled plugs, then the same with syncing sabotaged.
 * `-- --store postgres`: on a database, whose server is killed and unplugged, too.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CrashResult, crash } from './crash.ts';
import { buildLossyDisk } from './lossy-disk.ts';
import { type DatabaseOptions, openDatabaseGround } from './postgres.ts';

const { values, positionals } = parseArgs({
  options: { store: { type: 'string', default: 'sqlite' } },
  allowPositionals: true,
});
const [kills = 200, plugs = 20, seed = 1] = positionals.map(Number);
const home = mkdtempSync(join(tmpdir(), 'suture-crash-'));
const say = (text: string): void => void process.stdout.write(`${text}\n`);
let failed = false;

async function prove(
  title: string,
  rounds: number,
  lossy: { library: string; syncing: boolean } | null,
  red: boolean,
  database?: DatabaseOptions,
): Promise<void> {
  if (rounds === 0) return;
  say(`\n${title}`);
  const started = performance.now();
  let result: CrashResult;
  const ground = database && (await openDatabaseGround(database));
  try {
    result = await crash({
      folder: join(home, title.replaceAll(/\W+/g, '-')),
      rounds,
      seed,
      ...(lossy ? { lossy } : {}),
      ...(ground ? { ground } : {}),
      progress: (text) => say(`  ${text}`),
    });
  } catch (error) {
    // A disk that was never synced may not even open again: that is a loss, too.
    say(`  ${error instanceof Error ? error.message : String(error)}`);
    failed ||= !red;
    return;
  } finally {
    await ground?.remove();
  }
  say(`  ${JSON.stringify(result)}`);
  const holds =
    result.missing === 0 &&
    result.undelivered === 0 &&
    result.unflagged === 0 &&
    result.inversions === 0 &&
    result.ledgerFaults.length === 0;
  const fine = red ? result.missing > 0 : holds;
  say(`  ${fine ? 'as promised' : 'BROKEN'} in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  failed ||= !fine;
}

async function proveDatabase(): Promise<void> {
  const strikes = Math.ceil(kills / 4);
  await prove('kill -9 of engines under load', kills, null, false, {});
  await prove("kill -9 of the server's processes under load", strikes, null, false, { strike: 'kill' });
  await prove('pulled plug of the server (lossy disk)', plugs, null, false, { strike: 'plug' });
  for (const sabotage of ['synchronous_commit is off', 'fsync does nothing'] as const) {
    await prove(`sabotage: ${sabotage}, must lose`, Math.min(plugs, 5), null, true, {
      strike: 'plug',
      sabotage,
    });
  }
}

async function proveFolder(): Promise<void> {
  await prove('kill -9 under load', kills, null, false);
  const library = buildLossyDisk(home);
  if (library === null) {
    say('\nno C compiler: the pulled plug could not be tried');
    failed = true;
  } else {
    await prove('pulled plug (lossy disk)', plugs, { library, syncing: true }, false);
    await prove(
      'sabotage: syncing switched off, must lose',
      Math.min(plugs, 5),
      { library, syncing: false },
      true,
    );
  }
}

try {
  if (values.store === 'postgres') await proveDatabase();
  else await proveFolder();
} finally {
  rmSync(home, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
