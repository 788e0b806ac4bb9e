/**
 * Finished history in files of its own, and repeats that are recognised after their first has left the live file.
 * All files have the same tables: what the live file learns to keep, a period file can take over.
 * `dedupe` is written when a message leaves (in the background), so that receiving costs no more than before;
 * `period` is the catalogue of files: rows of batches above `batch` do not count yet. `moved` (in a period file) says what
 * came with which batch, `leaving` which of its messages are gone: pruned, or brought back.
 */
export const HISTORY = `
CREATE TABLE dedupe (
  known_as TEXT NOT NULL,
  sender INTEGER NOT NULL,
  message INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  hash TEXT NOT NULL,
  repeats INTEGER NOT NULL,
  PRIMARY KEY (known_as, sender, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_age ON dedupe (connection, received_at);

CREATE TABLE period (
  name TEXT PRIMARY KEY,
  batch INTEGER NOT NULL,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  dropped INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE period_tally (
  period TEXT NOT NULL,
  connection INTEGER NOT NULL,
  received INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  unrouted INTEGER NOT NULL,
  repeats INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  filtered INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  PRIMARY KEY (period, connection)
) STRICT, WITHOUT ROWID;

CREATE TABLE moved (
  batch INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (batch, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE leaving (
  period TEXT NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (period, message)
) STRICT, WITHOUT ROWID;
`;
