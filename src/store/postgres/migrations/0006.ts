/** Calls answered in the request, and feedback; the body is sealed. Only adds. */
export const EXCHANGES = `
CREATE TABLE exchange (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  at bigint NOT NULL,
  ms bigint NOT NULL,
  site text NOT NULL,
  connection text NOT NULL,
  flow text NOT NULL,
  flow_version text NOT NULL,
  service text NOT NULL,
  hook text NOT NULL,
  outcome text NOT NULL,
  cards integer NOT NULL,
  code text,
  sealed bytea NOT NULL
);
CREATE INDEX exchange_at ON exchange (site, at);
`;
