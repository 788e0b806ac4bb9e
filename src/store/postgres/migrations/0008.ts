/** Contents of files by hash, and deployments, as in SQLite. Only adds. */
export const DEPLOYMENTS = `
CREATE TABLE content (hash text PRIMARY KEY, sealed bytea NOT NULL);
CREATE TABLE deployment (
  id bigint PRIMARY KEY, state text NOT NULL, root text NOT NULL, after bigint, who text NOT NULL, at bigint NOT NULL,
  note text NOT NULL, decided_by text, decided_at bigint, facts text NOT NULL
);
`;
