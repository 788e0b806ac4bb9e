/**
 * Dead letters in groups, jobs, and the values of flows that ran. `cause` of a delivery is set when it dies. How many dead
 * letters of a cause stand at a connection is counted by triggers, so that whatever kills, replays or removes a
 * delivery cannot forget it; both indexes hold the dead alone, so no other delivery pays for them.
 */
import type { DatabaseSync } from 'node:sqlite';
import { causeOf, fingerprintOf } from '../../../message/index.ts';
import type { FailureRecord } from '../../../std/index.ts';

export const REPLAY = `
ALTER TABLE delivery ADD COLUMN replayed_by INTEGER;
ALTER TABLE delivery ADD COLUMN cause INTEGER;
CREATE INDEX delivery_cause ON delivery (cause) WHERE cause IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (cause, connection, finished_at) WHERE cause IS NOT NULL AND replayed_by IS NULL;

CREATE TABLE dead_cause (
  id INTEGER PRIMARY KEY,
  fingerprint TEXT NOT NULL UNIQUE,
  flow INTEGER NOT NULL,
  code TEXT NOT NULL,
  step TEXT,
  path TEXT
) STRICT;

CREATE TABLE dead_count (
  cause INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (cause, connection)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER delivery_died AFTER UPDATE OF cause ON delivery
WHEN new.cause IS NOT NULL AND old.cause IS NULL AND new.replayed_by IS NULL
BEGIN
  INSERT INTO dead_count (cause, connection, count) VALUES (new.cause, new.connection, 1)
  ON CONFLICT DO UPDATE SET count = count + 1;
END;
CREATE TRIGGER delivery_replayed AFTER UPDATE OF replayed_by ON delivery
WHEN new.cause IS NOT NULL AND old.replayed_by IS NULL AND new.replayed_by IS NOT NULL
BEGIN
  UPDATE dead_count SET count = count - 1 WHERE cause = new.cause AND connection = new.connection;
  DELETE FROM dead_count WHERE cause = new.cause AND connection = new.connection AND count = 0;
END;
CREATE TRIGGER delivery_removed AFTER DELETE ON delivery
WHEN old.cause IS NOT NULL AND old.replayed_by IS NULL
BEGIN
  UPDATE dead_count SET count = count - 1 WHERE cause = old.cause AND connection = old.connection;
  DELETE FROM dead_count WHERE cause = old.cause AND connection = old.connection AND count = 0;
END;

CREATE TABLE job (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  who TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  request TEXT NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER NOT NULL,
  after TEXT,
  failure TEXT
) STRICT;
CREATE INDEX job_newest ON job (created_at);

CREATE TABLE flow_version (version TEXT PRIMARY KEY, flow TEXT NOT NULL) STRICT, WITHOUT ROWID;

UPDATE delivery SET replayed_by = again.id
FROM (SELECT replay_of, max(id) AS id FROM delivery WHERE replay_of IS NOT NULL GROUP BY replay_of) AS again
WHERE delivery.id = again.replay_of;
`;

const DEAD = `
SELECT delivery.id, delivery.flow, name.text AS name, delivery.failure FROM delivery JOIN name ON name.id = delivery.flow
WHERE delivery.state = 6 AND delivery.state > 4`;
const ADD_CAUSE = `
INSERT INTO dead_cause (fingerprint, flow, code, step, path) VALUES (?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET flow = excluded.flow RETURNING id`;
const SET_CAUSE = 'UPDATE delivery SET cause = ? WHERE id = ?';

/** Dead letters of before this schema come to their groups. */
export function carryDead(database: DatabaseSync): void {
  const addCause = database.prepare(ADD_CAUSE);
  const setCause = database.prepare(SET_CAUSE);
  for (const row of database.prepare(DEAD).all()) {
    const failure = row.failure === null ? null : (JSON.parse(row.failure as string) as FailureRecord);
    const name = row.name as string;
    const { code, step, path } = causeOf(failure, name);
    const { id } = addCause.get(fingerprintOf(failure, name), row.flow as number, code, step, path) as {
      id: number;
    };
    setCause.run(id, row.id as number);
  }
}
