/**
 * A database as the ground of the crash test: a server of its own that is killed while engines work on it, on a disk that
 * loses what was not synced.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/std/index.ts';
import { openPostgresStore } from '../../src/store/index.ts';
import { giveToServer, newCluster } from '../../src/store/postgres/cluster.suite.ts';
import type { Ground } from './crash.ts';
import { buildLossyDisk, loseUnsynced, lossyEnvironment } from './lossy-disk.ts';

export interface DatabaseOptions {
  /** The server is killed, too: `kill` ends one of its processes, `plug` all of it and what it did not sync. */
  readonly strike?: 'kill' | 'plug';
  /** What must not be: then messages must be missing. */
  readonly sabotage?: 'fsync does nothing' | 'synchronous_commit is off';
}

/** A session that is looked at says `on`: only transactions that keep a message do not wait for the disk. */
const HASTY_COMMITS = `
CREATE FUNCTION suture.hasty() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $$;
CREATE TRIGGER hasty BEFORE INSERT ON suture.message EXECUTE FUNCTION suture.hasty()`;

export async function openDatabaseGround(
  options: DatabaseOptions = {},
): Promise<Ground & { remove(): Promise<void> }> {
  const cluster = await newCluster();
  try {
    const undo = join(cluster.folder, 'undo');
    mkdirSync(undo);
    giveToServer(undo);
    let environment: Readonly<Record<string, string>> = {};
    if (options.strike === 'plug') {
      const library = buildLossyDisk(cluster.folder);
      if (library === null) throw new Error('the lossy disk could not be compiled');
      environment = lossyEnvironment(library, cluster.data, undo, options.sabotage !== 'fsync does nothing');
    }
    await cluster.start([], environment);
    const database = await cluster.newDatabase();
    const url = cluster.url(database);
    const open = () => openPostgresStore({ url, masterKey: Buffer.alloc(32, 7), clock: systemClock });
    if (options.sabotage === 'synchronous_commit is off') {
      await (await open()).close();
      await cluster.query(HASTY_COMMITS, database);
    }
    // What is made before the first round is on disk: the test is about messages.
    await cluster.query('CHECKPOINT');

    const strikes: Readonly<Record<NonNullable<DatabaseOptions['strike']>, () => Promise<number>>> = {
      async kill() {
        const [row] = await cluster.query(
          "SELECT pid FROM pg_stat_activity WHERE datname = 'bench_1' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1",
        );
        if (!row) return 0;
        // The server ends every connection when one of its processes dies; then it recovers and answers again.
        const { ended } = await cluster.watch();
        process.kill(row.pid as number, 'SIGKILL');
        await ended;
        await cluster.answers();
        return 0;
      },
      async plug() {
        await cluster.stop('immediate');
        const lost = loseUnsynced(undo);
        await cluster.start([], environment);
        return lost;
      },
    };
    return {
      environment: { CRASH_DATABASE: url, CRASH_QUIET: 'yes' },
      open,
      ...(options.strike === undefined ? {} : { strike: strikes[options.strike] }),
      remove: () => cluster.remove(),
    };
  } catch (error) {
    await cluster.remove();
    throw error;
  }
}
