/**
 * A later version of Suture as a process: migrates the file it is given by a step that the present one does not have, and
 * stands still at one place of it, until it is killed there.
 */
import { DatabaseSync } from 'node:sqlite';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';

export const LATER = 9_000;
/** Changes every row, adds a table and an index, and asks `halfway` in between. */
export const STEP = `
ALTER TABLE delivery ADD COLUMN urgency INTEGER NOT NULL DEFAULT 3;
SELECT halfway(1);
UPDATE delivery SET urgency = id % 5, flow = flow;
SELECT halfway(2);
CREATE TABLE later_note (delivery INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO later_note SELECT id, lanes FROM delivery;
CREATE INDEX delivery_urgency ON delivery (urgency);
SELECT halfway(3);
`;

if (process.argv[1] === import.meta.filename) {
  const [file = '', stop = ''] = process.argv.slice(2);
  const database = new DatabaseSync(file);
  database.function('halfway', (place) => {
    if (String(place) !== stop) return null;
    process.stdout.write('halfway\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    return null;
  });
  // A cache too small for all changes: some are in the log when it is killed.
  database.exec('PRAGMA cache_size = 20');
  migrate(database, [...MIGRATIONS, { version: LATER, sql: STEP }]);
  database.close();
  process.stdout.write('done\n');
}
