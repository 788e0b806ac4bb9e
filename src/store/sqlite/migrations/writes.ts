/**
 * The ledger of writes. `state`: 0 planned, 1 sending, 2 unknown, 3 done, 4 refused; the first three are open, and
 * `write_open` lets one of an identity be.
 */
export const WRITES = `
CREATE TABLE write_ledger (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  identity TEXT NOT NULL,
  state INTEGER NOT NULL,
  site TEXT NOT NULL,
  connection TEXT NOT NULL,
  what TEXT NOT NULL,
  delivery TEXT NOT NULL,
  message TEXT NOT NULL,
  flow TEXT NOT NULL,
  step TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  lookups INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  sent_at INTEGER,
  failure TEXT,
  result_key TEXT,
  result BLOB,
  body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX write_open ON write_ledger (identity) WHERE state < 3;
CREATE INDEX write_standing ON write_ledger (state, id) WHERE state < 3;
CREATE INDEX write_done ON write_ledger (identity) WHERE state = 3;
CREATE INDEX write_result ON write_ledger (result_key) WHERE result_key IS NOT NULL;
CREATE INDEX write_message ON write_ledger (message);
CREATE INDEX write_ended ON write_ledger (updated_at) WHERE state > 2;
`;
