/** Small sealed values by name; see `slot.ts`. */
export const SLOTS = `
CREATE TABLE slot (name TEXT PRIMARY KEY, version INTEGER NOT NULL, until INTEGER, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX slot_until ON slot (until) WHERE until IS NOT NULL;
`;
