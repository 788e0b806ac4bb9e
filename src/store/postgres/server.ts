/** What the server must be like. Looked at again with each new connection: a setting may have been changed. */
import { storeFailure } from '../failures.ts';
import { MIGRATIONS } from './migrations/index.ts';
import type { Ask } from './session.ts';

const OLDEST_SERVER = 140_000;

const LOOK = `
SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit,
  current_setting('server_version_num')::integer AS version, current_setting('server_version') AS version_text,
  pg_is_in_recovery() AS standby, to_regclass('suture.schema_version')::text AS schema`;
/** The newest, and the oldest that a program must know to work with it. */
const SCHEMA = `
SELECT coalesce(max(version), 0) AS version, coalesce(max(coalesce(serves, version)), 0) AS serves FROM suture.schema_version`;

interface Look {
  readonly fsync: string;
  readonly synchronous_commit: string;
  readonly version: number;
  readonly version_text: string;
  readonly standby: boolean;
  readonly schema: string | null;
}

/**
 * @throws Failure `DATABASE_UNSAFE` when a commit would not be on disk, `DATABASE_OLD`, `DATABASE_READONLY`,
 * `DATABASE_NEWER` when a later version of Suture made the schema.
 */
export async function greet(ask: Ask): Promise<void> {
  const [, [look]] = await Promise.all([ask('SET search_path TO suture, pg_catalog'), ask<Look>(LOOK)]);
  const { fsync, synchronous_commit, version, version_text, standby, schema } = look as Look;
  if (version < OLDEST_SERVER) {
    throw storeFailure(
      'DATABASE_OLD',
      `The database's server is PostgreSQL ${version_text}; 14 is the oldest that is used.`,
    );
  }
  if (fsync !== 'on') {
    throw storeFailure('DATABASE_UNSAFE', 'The database runs with fsync = off: what it commits can be lost.');
  }
  if (synchronous_commit === 'off') {
    throw storeFailure(
      'DATABASE_UNSAFE',
      'The database runs with synchronous_commit = off: what it commits can be lost.',
    );
  }
  if (standby) throw storeFailure('DATABASE_READONLY', 'The database takes no writes: it is a standby.');
  if (schema === null) return;
  const [row] = await ask<{ version: number; serves: number }>(SCHEMA);
  const newest = MIGRATIONS.at(-1)?.version ?? 0;
  if ((row?.serves ?? 0) > newest) {
    throw storeFailure(
      'DATABASE_NEWER',
      `The database has schema ${row?.version}; this program knows up to ${newest}.`,
    );
  }
}

/**
 * For sessions that ask the same again and again: each statement is planned once. Left to itself the server plans every statement
 * of every function anew as long as few rows come at a time, which costs more than they do.
 */
export async function greetSteady(ask: Ask): Promise<void> {
  await Promise.all([ask('SET plan_cache_mode = force_generic_plan'), greet(ask)]);
}
