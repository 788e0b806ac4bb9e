/**
 * What the last owner of the file left behind. A delivery that is still in hand was leased when it stopped
 * uncleanly: whatever it sent may have arrived. It waits again in its place, and says so.
 */
import type { DatabaseSync } from 'node:sqlite';
import { RUNNING, WAITING } from './codes.ts';
import type { Tallies } from './tallies.ts';

const NEXT_OPENING = `
INSERT INTO meta (name, value) VALUES ('opening', 1)
ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value`;
const LEFT_IN_HAND = `
UPDATE delivery SET possible_duplicate = 1, attempts = attempts + 1
WHERE id IN (SELECT delivery FROM in_hand) RETURNING connection`;
const NONE_IN_HAND = 'DELETE FROM in_hand';

/**
 * Counts this opening and takes over, in one transaction; gives the number of the opening. The same owner who
 * opens the file again after the disk failed (`again`) still works on what it leased.
 */
export function takeOver(database: DatabaseSync, tallies: Tallies, again: boolean): number {
  database.exec('BEGIN IMMEDIATE');
  try {
    const { value } = database.prepare(NEXT_OPENING).get() as { value: number };
    if (!again) {
      for (const row of database.prepare(LEFT_IN_HAND).all())
        tallies.move(row.connection as number, RUNNING, WAITING);
      database.exec(NONE_IN_HAND);
    }
    tallies.flush();
    database.exec('COMMIT');
    return value;
  } catch (error) {
    tallies.reset();
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
