/** The ledger of writes, as in SQLite: `write_open` lets one write of an identity be open. Only adds. */
export const WRITES = `
CREATE TABLE write_ledger (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key text NOT NULL UNIQUE,
  identity text NOT NULL,
  state smallint NOT NULL,
  site text NOT NULL,
  connection text NOT NULL,
  what text NOT NULL,
  delivery text NOT NULL,
  message text NOT NULL,
  flow text NOT NULL,
  step text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  lookups integer NOT NULL DEFAULT 0,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  sent_at bigint,
  failure text,
  result_key text,
  result bytea,
  body bytea NOT NULL
);
CREATE UNIQUE INDEX write_open ON write_ledger (identity) WHERE state < 3;
CREATE INDEX write_standing ON write_ledger (id) WHERE state < 3;
CREATE INDEX write_done ON write_ledger (identity) WHERE state = 3;
CREATE INDEX write_result ON write_ledger (result_key) WHERE result_key IS NOT NULL;
CREATE INDEX write_message ON write_ledger (message);
CREATE INDEX write_ended ON write_ledger (updated_at) WHERE state > 2;
`;
