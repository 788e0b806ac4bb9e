/**
 * A later version of Suture as a process: brings the database it is given to a schema that the present one does not have. At
 * each place of it where another session holds the lock of that number, it stands still.
 */
import { systemClock } from '../../std/index.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { openSession } from './session.ts';

/** The version after the present one. */
export const LATER = MIGRATIONS.length + 1;
/** Of the advisory locks that the places wait for. */
export const PLACES = 4711;

const place = (number: number): string => `SELECT pg_advisory_xact_lock_shared(${PLACES}, ${number});`;
/** Changes every row, adds columns, a table and an index. */
const STEP = `
ALTER TABLE open_delivery ADD COLUMN urgency integer NOT NULL DEFAULT 3;
ALTER TABLE message ADD COLUMN origin text;
${place(1)}
UPDATE open_delivery SET urgency = id % 5;
${place(2)}
CREATE TABLE later_note (delivery bigint PRIMARY KEY, text text NOT NULL);
INSERT INTO later_note SELECT id, stood[1] FROM open_delivery;
CREATE INDEX open_urgency ON open_delivery (urgency);
${place(3)}
`;

if (process.argv[1] === import.meta.filename) {
  const session = openSession({
    url: process.argv[2] as string,
    clock: systemClock,
    fault: () => undefined,
    greet: async (ask) => void (await ask('SET search_path TO suture, pg_catalog')),
  });
  await migrate(session, [...MIGRATIONS, { version: LATER, serves: LATER - 1, sql: STEP }]);
  await session.close();
  process.stdout.write('done\n');
}
