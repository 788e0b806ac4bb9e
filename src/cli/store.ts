/** Which store holds a project's messages: the database that `DATABASE_URL` names, or the data folder. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure, systemClock } from '../std/index.ts';
import { openPostgresStore, openSqliteStore, type PostgresStore, type SqliteStore } from '../store/index.ts';
import { developmentKey, keyOf, masterKey } from './data-folder.ts';
import { type Environment, setting } from './settings.ts';

export const databaseUrl = (environment: Environment): string | undefined =>
  setting(environment, 'DATABASE_URL');

/** The database without user and password, for people to read. */
export function databaseText(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `postgresql://${host}${pathname}`;
  } catch {
    return 'the database of DATABASE_URL';
  }
}

/** All nodes open one database with one key: a file that each makes for itself would be another on each. */
function sharedKey(environment: Environment): Uint8Array {
  if (setting(environment, 'SUTURE_KEY') === undefined) {
    throw new Failure({
      code: 'KEY_NOT_SHARED',
      kind: 'config',
      message: 'DATABASE_URL is set and SUTURE_KEY is not: a key file of one node would lock out the others.',
      fix: 'Set SUTURE_KEY (or SUTURE_KEY_FILE) to the same 32 bytes on every node.',
      at: { path: 'SUTURE_KEY' },
    });
  }
  return masterKey(environment);
}

/** The key to start an engine with. */
export function startKey(folder: string, environment: Environment, development: boolean): Uint8Array {
  if (databaseUrl(environment) !== undefined) return sharedKey(environment);
  return development ? developmentKey(folder, environment) : masterKey(environment);
}

/** There is something to look at without an engine. */
export const hasData = (folder: string, environment: Environment): boolean =>
  databaseUrl(environment) !== undefined || existsSync(join(folder, 'suture.db'));

export function openStore(
  folder: string,
  environment: Environment,
  key: Uint8Array,
): Promise<SqliteStore | PostgresStore> {
  const url = databaseUrl(environment);
  if (url === undefined) return openSqliteStore({ folder, masterKey: key, clock: systemClock });
  const node = setting(environment, 'SUTURE_NODE') ?? `${hostname()} ${process.pid}`;
  return openPostgresStore({ url, masterKey: key, clock: systemClock, node });
}

const LOOKS_AGAIN = 200;

/**
 * Another process may hold the folder for a moment: an engine that is ending or beginning, a command that looks at it. Tried again
 * for so long, milliseconds.
 */
export async function whenFree<Opened>(within: number, open: () => Promise<Opened>): Promise<Opened> {
  const until = systemClock.elapsed() + within;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const held = error instanceof Failure && error.code === 'STORE_IN_USE';
      if (!held || systemClock.elapsed() > until) throw error;
      await sleep(LOOKS_AGAIN);
    }
  }
}

/** To look at what is there while no engine answers here: takes no part in the work of other nodes. */
export function openToLook(folder: string, environment: Environment): Promise<SqliteStore | PostgresStore> {
  const url = databaseUrl(environment);
  if (url === undefined) return openStore(folder, environment, keyOf(folder, environment));
  return openPostgresStore({ url, masterKey: sharedKey(environment), clock: systemClock, bystander: true });
}
