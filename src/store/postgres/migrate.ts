import { again } from './again.ts';
import { MIGRATIONS, type Migration } from './migrations/index.ts';
import type { Ask, Session } from './session.ts';

const LOCK = 'SELECT pg_advisory_xact_lock(1937077360, 0)';
const PREPARE = `
CREATE SCHEMA IF NOT EXISTS suture;
CREATE TABLE IF NOT EXISTS suture.schema_version (version integer PRIMARY KEY, serves integer)`;
const VERSION = 'SELECT coalesce(max(version), 0) AS version FROM suture.schema_version';
const ADD_VERSION = 'INSERT INTO suture.schema_version VALUES ($1, $2)';

/**
 * Brings the schema to the newest version: each step in a transaction with its number, so that a stop in between is
 * taken up at the next start. Nodes that start at once wait for each other.
 */
export async function migrate(
  session: Session,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  await session.transaction(async (ask) => {
    await ask(LOCK);
    await run(ask, PREPARE);
  });
  for (const step of migrations) {
    // A node that works on may be in its way, and it in that node's: the same again goes through.
    await again(() =>
      session.transaction(async (ask) => {
        await ask(LOCK);
        const [row] = await ask<{ version: number }>(VERSION);
        if ((row?.version ?? 0) >= step.version) return;
        await run(ask, step.sql);
        await ask(ADD_VERSION, [step.version, step.serves ?? step.version]);
      }),
    );
  }
}

/** Several statements in one text. */
const run = (ask: Ask, text: string): Promise<unknown> => ask(text);
