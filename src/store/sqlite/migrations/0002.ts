/**
 * The first schema. Page 8 KiB: 12 % smaller than 4 KiB with 1 KB messages, at the same speed.
 * An index that grows at its right end costs about 1 us a message. Those whose keys come in no order (control id,
 * patient) are written for hundreds of messages at a time (filing.ts); the patient index is also cut into buckets of 4,096
 * messages, so that it stays in few pages however large the file grows, and a search walks buckets backwards.
 * A delivery that stands in a lane is a row here and a place in the writer's memory (standing.ts); `in_hand` are those
 * that were leased. A delivery's id begins with its message's (numbers.ts).
 */
export const TABLES = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE vault_key (
  id INTEGER PRIMARY KEY,
  use TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  seals INTEGER NOT NULL
) STRICT;

CREATE TABLE connection (
  id INTEGER PRIMARY KEY,
  site TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (site, name)
) STRICT;

CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE message (
  id INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  door INTEGER NOT NULL,
  format INTEGER NOT NULL,
  type TEXT NOT NULL,
  control_id TEXT,
  state INTEGER NOT NULL,
  reason TEXT,
  flags INTEGER NOT NULL,
  repeats INTEGER NOT NULL,
  size INTEGER NOT NULL,
  planned INTEGER NOT NULL,
  parent INTEGER,
  sender INTEGER,
  dedupe_id TEXT,
  hash TEXT,
  patients TEXT,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX message_feed ON message (connection, type, id, state, planned);
CREATE INDEX message_rejected ON message (id) WHERE state = 1;
CREATE INDEX message_unrouted ON message (id) WHERE planned = 0 AND state = 0;

CREATE TABLE message_control (
  control_id TEXT NOT NULL,
  sender INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (control_id, sender, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE message_patient (
  bucket INTEGER NOT NULL,
  patient TEXT NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (bucket, patient, message)
) STRICT, WITHOUT ROWID;

CREATE TABLE flow_bucket (
  flow INTEGER NOT NULL,
  bucket INTEGER NOT NULL,
  PRIMARY KEY (flow, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
  id INTEGER PRIMARY KEY,
  connection INTEGER NOT NULL,
  flow INTEGER NOT NULL,
  version INTEGER NOT NULL,
  state INTEGER NOT NULL,
  place INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  steps INTEGER NOT NULL,
  possible_duplicate INTEGER NOT NULL,
  held_for INTEGER,
  replay_of INTEGER,
  created_at INTEGER NOT NULL,
  finished_at INTEGER,
  wake_at INTEGER,
  wake_on TEXT,
  lanes TEXT NOT NULL,
  stood TEXT,
  step TEXT,
  failure TEXT
) STRICT;
CREATE INDEX delivery_open ON delivery (state) WHERE state < 4;
CREATE INDEX delivery_ended ON delivery (state) WHERE state > 4;
CREATE INDEX delivery_wake ON delivery (wake_at) WHERE state = 2;
CREATE INDEX delivery_wake_on ON delivery (wake_on) WHERE state = 2;

CREATE TABLE in_hand (delivery INTEGER PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;

CREATE TABLE lane_alias (retired TEXT PRIMARY KEY, survivor TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE step_output (
  delivery INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  step TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (delivery, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempt (
  delivery INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  ended_at INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  failure TEXT NOT NULL,
  sealed BLOB,
  PRIMARY KEY (delivery, attempt)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursor (
  connection INTEGER NOT NULL,
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (connection, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen (key TEXT PRIMARY KEY, hash TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE roster (
  site INTEGER NOT NULL,
  key TEXT NOT NULL,
  active_at INTEGER NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (site, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE tally (
  connection INTEGER PRIMARY KEY,
  received INTEGER NOT NULL,
  rejected INTEGER NOT NULL,
  unrouted INTEGER NOT NULL,
  repeats INTEGER NOT NULL,
  waiting INTEGER NOT NULL,
  running INTEGER NOT NULL,
  sleeping INTEGER NOT NULL,
  held INTEGER NOT NULL,
  delivered INTEGER NOT NULL,
  filtered INTEGER NOT NULL,
  dead INTEGER NOT NULL,
  last_received_at INTEGER
) STRICT;

CREATE TABLE tally_minute (
  minute INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  received INTEGER NOT NULL,
  first_id INTEGER NOT NULL,
  last_id INTEGER NOT NULL,
  PRIMARY KEY (minute, connection)
) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
  minute INTEGER NOT NULL,
  connection INTEGER NOT NULL,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  PRIMARY KEY (minute, connection, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE noise (
  connection INTEGER NOT NULL,
  kind TEXT NOT NULL,
  count INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (connection, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  who TEXT NOT NULL,
  act TEXT NOT NULL,
  subject TEXT NOT NULL,
  facts TEXT,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE secret (name TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE user (
  name TEXT PRIMARY KEY,
  role TEXT NOT NULL,
  password TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  disabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
