import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { storeFailure } from '../failures.ts';
import { MIGRATIONS } from './migrations/index.ts';

const VERSION_TABLE = 'CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT';
const VERSION = 'SELECT coalesce(max(version), 0) AS version FROM schema_version';
const ADD_VERSION = 'INSERT INTO schema_version VALUES (?)';

function dataFolder(database: DatabaseSync): string {
  const file = database.location();
  return file === null ? 'The data folder' : `The data folder ${dirname(file)}`;
}

/**
 * Brings the file to the newest schema, each step in a transaction with its number: a stop in between is
 * taken up at the next start.
 * @throws Failure `STORE_NEWER` when a later version of Suture made the file, `STORE_OLDER` when one that was never released did.
 */
export function migrate(database: DatabaseSync, migrations = MIGRATIONS): void {
  database.exec(VERSION_TABLE);
  const { version } = database.prepare(VERSION).get() as { version: number };
  const newest = migrations.at(-1)?.version ?? 0;
  if (version > newest) {
    throw storeFailure(
      'STORE_NEWER',
      `${dataFolder(database)} has schema ${version}; this program knows up to ${newest}.`,
    );
  }
  const oldest = migrations[0]?.version ?? 0;
  if (version > 0 && version < oldest) {
    throw storeFailure(
      'STORE_OLDER',
      `${dataFolder(database)} has schema ${version}, from before the first release; this program begins at ${oldest}.`,
    );
  }
  for (const step of migrations) {
    if (step.version <= version) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      database.exec(step.sql);
      step.carry?.(database);
      database.prepare(ADD_VERSION).run(step.version);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}
