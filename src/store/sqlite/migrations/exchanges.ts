/** Calls answered in the request, and feedback; the body is sealed. */
export const EXCHANGES = `
CREATE TABLE exchange (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  ms INTEGER NOT NULL,
  site TEXT NOT NULL,
  connection TEXT NOT NULL,
  flow TEXT NOT NULL,
  flow_version TEXT NOT NULL,
  service TEXT NOT NULL,
  hook TEXT NOT NULL,
  outcome TEXT NOT NULL,
  cards INTEGER NOT NULL,
  code TEXT,
  sealed BLOB NOT NULL
) STRICT;
CREATE INDEX exchange_at ON exchange (site, at);
`;
