/**
 * Tables. What has not ended stands in `open_delivery` and `delivery_lane`, which stay small and hot; what has ended
 * lies in `delivery`. Messages and everything that belongs to one are cut by message id into partitions that are made
 * ahead and dropped whole. A delivery's id begins with its message's, so all of them are cut at the same messages.
 * `dedupe` is one table: a repeat is recognised whichever partition holds the first.
 */
export const TABLES = `
CREATE SEQUENCE message_id;
CREATE SEQUENCE place;
CREATE SEQUENCE node_id;

CREATE TABLE meta (name text PRIMARY KEY, value text NOT NULL);

CREATE TABLE vault_key (
  id integer PRIMARY KEY,
  use text NOT NULL,
  wrapped bytea NOT NULL,
  seals bigint NOT NULL
);

CREATE TABLE connection (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  site text NOT NULL,
  name text NOT NULL,
  last_message bigint NOT NULL DEFAULT 0,
  UNIQUE (site, name)
) WITH (fillfactor = 50);

CREATE TABLE name (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL UNIQUE);

CREATE TABLE node (
  id bigint PRIMARY KEY,
  number smallint NOT NULL UNIQUE,
  name text NOT NULL,
  machine text,
  pid integer NOT NULL,
  started_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);

CREATE TABLE shard (id smallint PRIMARY KEY, node bigint);
INSERT INTO shard SELECT generate_series(0, 63);

CREATE TABLE message (
  id bigint PRIMARY KEY,
  connection integer NOT NULL,
  received_at bigint NOT NULL,
  door smallint NOT NULL,
  format smallint NOT NULL,
  type text NOT NULL,
  control_id text,
  state smallint NOT NULL,
  reason text,
  flags integer NOT NULL,
  repeats integer NOT NULL,
  size integer NOT NULL,
  planned integer NOT NULL,
  parent bigint,
  sender bigint,
  dedupe_id text,
  hash text,
  sealed bytea NOT NULL
) PARTITION BY RANGE (id);
ALTER TABLE message ALTER COLUMN sealed SET STORAGE EXTERNAL;
CREATE INDEX message_feed ON message (connection, type, id);
CREATE INDEX message_control ON message (control_id, id) WHERE control_id IS NOT NULL;
CREATE INDEX message_rejected ON message (id) WHERE state = 1;
CREATE INDEX message_unrouted ON message (id) WHERE planned = 0 AND state = 0;

CREATE TABLE message_patient (
  patient text NOT NULL,
  message bigint NOT NULL,
  PRIMARY KEY (patient, message)
) PARTITION BY RANGE (message);

CREATE TABLE dedupe (
  sender bigint NOT NULL,
  id text NOT NULL,
  message bigint NOT NULL,
  hash text NOT NULL,
  connection integer NOT NULL,
  received_at bigint NOT NULL,
  departed boolean NOT NULL DEFAULT false,
  repeats integer NOT NULL DEFAULT 0,
  PRIMARY KEY (sender, id, message)
);
CREATE INDEX dedupe_departed ON dedupe (connection, received_at) WHERE departed;

CREATE TABLE delivery (
  id bigint PRIMARY KEY,
  connection integer NOT NULL,
  flow integer NOT NULL,
  version integer NOT NULL,
  state smallint NOT NULL,
  due_at bigint NOT NULL,
  attempts integer NOT NULL,
  steps integer NOT NULL,
  possible_duplicate boolean NOT NULL,
  replay_of bigint,
  replayed_by bigint,
  created_at bigint NOT NULL,
  finished_at bigint NOT NULL,
  lanes text[] NOT NULL,
  step text,
  failure text,
  fingerprint text,
  released_at bigint,
  released_attempts integer
) PARTITION BY RANGE (id);
CREATE INDEX delivery_cause ON delivery (fingerprint, id) WHERE fingerprint IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (fingerprint, connection, finished_at, id) WHERE fingerprint IS NOT NULL AND replayed_by IS NULL;
CREATE INDEX delivery_ended ON delivery (state, id) WHERE state > 4;
CREATE INDEX delivery_flow ON delivery (flow, id);

CREATE TABLE open_delivery (
  id bigint PRIMARY KEY,
  connection integer NOT NULL,
  flow integer NOT NULL,
  version integer NOT NULL,
  state smallint NOT NULL,
  place bigint NOT NULL,
  planned bigint NOT NULL,
  due_at bigint NOT NULL,
  attempts integer NOT NULL,
  steps integer NOT NULL,
  possible_duplicate boolean NOT NULL,
  held_for smallint,
  replay_of bigint,
  replayed_by bigint,
  created_at bigint NOT NULL,
  wake_at bigint,
  wake_on text,
  cancel_on text,
  woken_by bigint,
  released_at bigint,
  released_attempts integer,
  lanes text[] NOT NULL,
  stood text[] NOT NULL,
  step text,
  failure text,
  shard smallint NOT NULL,
  candidate boolean NOT NULL,
  epoch bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX open_due ON open_delivery (shard, due_at, place) WHERE candidate AND state = 0;
CREATE INDEX open_running ON open_delivery (id) WHERE state = 1;
CREATE INDEX open_aside ON open_delivery (state, id) WHERE state > 1;
CREATE INDEX open_wake ON open_delivery (wake_at, id) WHERE state = 2;

CREATE TABLE sleeper_key (
  key text COLLATE "C" NOT NULL,
  cancels boolean NOT NULL,
  delivery bigint NOT NULL,
  PRIMARY KEY (key, cancels, delivery)
);
CREATE INDEX sleeper_key_of ON sleeper_key (delivery);

CREATE TABLE lane_event (
  key text COLLATE "C" NOT NULL,
  cancels boolean NOT NULL,
  message bigint NOT NULL,
  place bigint NOT NULL,
  PRIMARY KEY (key, cancels)
);

CREATE VIEW any_delivery AS
SELECT id, connection, flow, version, state, due_at, attempts, steps, possible_duplicate, NULL::smallint AS held_for, replay_of,
  replayed_by, created_at, finished_at, lanes, step, failure, fingerprint, released_at, released_attempts
FROM delivery
UNION ALL
SELECT id, connection, flow, version, state, due_at, attempts, steps, possible_duplicate, held_for, replay_of,
  replayed_by, created_at, NULL::bigint, lanes, step, failure, NULL::text, released_at, released_attempts
FROM open_delivery;

CREATE TABLE delivery_lane (
  lane text NOT NULL,
  place bigint NOT NULL,
  delivery bigint NOT NULL,
  PRIMARY KEY (lane, place)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE lane_alias (retired text PRIMARY KEY, survivor text NOT NULL);
CREATE INDEX lane_alias_survivor ON lane_alias (survivor);
CREATE TABLE lane_parted (retired text NOT NULL, survivor text NOT NULL, PRIMARY KEY (retired, survivor));

CREATE TABLE step_output (
  delivery bigint NOT NULL,
  seq integer NOT NULL,
  step text NOT NULL,
  started_at bigint NOT NULL,
  ms bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (delivery, seq)
) PARTITION BY RANGE (delivery);
ALTER TABLE step_output ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE TABLE attempt (
  delivery bigint NOT NULL,
  attempt integer NOT NULL,
  ended_at bigint NOT NULL,
  ms bigint NOT NULL,
  failure text NOT NULL,
  sealed bytea,
  PRIMARY KEY (delivery, attempt)
) PARTITION BY RANGE (delivery);

CREATE TABLE cursor (
  connection integer NOT NULL,
  name text NOT NULL,
  version bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (connection, name)
);

CREATE TABLE seen (key text PRIMARY KEY, hash text NOT NULL);

CREATE TABLE roster (
  site integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  active_at bigint NOT NULL,
  sealed bytea NOT NULL,
  PRIMARY KEY (site, key)
);

CREATE TABLE tally (
  connection integer NOT NULL,
  slot smallint NOT NULL,
  received bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  unrouted bigint NOT NULL DEFAULT 0,
  repeats bigint NOT NULL DEFAULT 0,
  open bigint NOT NULL DEFAULT 0,
  delivered bigint NOT NULL DEFAULT 0,
  filtered bigint NOT NULL DEFAULT 0,
  dead bigint NOT NULL DEFAULT 0,
  last_received_at bigint,
  PRIMARY KEY (connection, slot)
) WITH (fillfactor = 50);

CREATE TABLE tally_minute (
  minute bigint NOT NULL,
  connection integer NOT NULL,
  received bigint NOT NULL,
  first_id bigint NOT NULL,
  last_id bigint NOT NULL,
  PRIMARY KEY (minute, connection)
) WITH (fillfactor = 50);

CREATE TABLE outcome (
  minute bigint NOT NULL,
  connection integer NOT NULL,
  kind text COLLATE "C" NOT NULL,
  count bigint NOT NULL,
  ms bigint NOT NULL,
  PRIMARY KEY (minute, connection, kind)
);

CREATE TABLE noise (
  connection integer NOT NULL,
  kind text NOT NULL,
  count bigint NOT NULL,
  bytes bigint NOT NULL,
  PRIMARY KEY (connection, kind)
);

CREATE TABLE audit (
  id bigint PRIMARY KEY,
  at bigint NOT NULL,
  who text NOT NULL,
  act text NOT NULL,
  subject text NOT NULL,
  facts text,
  hash text NOT NULL
);

CREATE TABLE secret (name text PRIMARY KEY, sealed bytea NOT NULL);

CREATE TABLE account (
  name text COLLATE "C" PRIMARY KEY,
  role text NOT NULL,
  password text NOT NULL,
  created_at bigint NOT NULL,
  disabled boolean NOT NULL
);

CREATE TABLE session (
  id text PRIMARY KEY,
  account text NOT NULL,
  created_at bigint NOT NULL,
  used_at bigint NOT NULL
);

CREATE TABLE job (
  id text PRIMARY KEY,
  kind text NOT NULL,
  state text NOT NULL,
  who text NOT NULL,
  reason text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  request text NOT NULL,
  done bigint NOT NULL,
  total bigint NOT NULL,
  after text,
  failure text,
  seq bigint GENERATED ALWAYS AS IDENTITY
);

CREATE TABLE flow_version (version text PRIMARY KEY, flow text NOT NULL);
`;
