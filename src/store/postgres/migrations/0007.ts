/** Small sealed values by name, as in SQLite. Only adds. */
export const SLOTS = `
CREATE TABLE slot (name text PRIMARY KEY, version integer NOT NULL, until bigint, sealed bytea NOT NULL);
CREATE INDEX slot_until ON slot (until) WHERE until IS NOT NULL;
`;
