/** Contents of files by hash, and deployments. */
export const DEPLOYMENTS = `
CREATE TABLE content (hash TEXT PRIMARY KEY, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE deployment (
  id INTEGER PRIMARY KEY, state TEXT NOT NULL, root TEXT NOT NULL, after INTEGER, who TEXT NOT NULL, at INTEGER NOT NULL,
  note TEXT NOT NULL, decided_by TEXT, decided_at INTEGER, facts TEXT NOT NULL
) STRICT;
`;
