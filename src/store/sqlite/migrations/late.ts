/**
 * What is open is indexed only when it is late: most deliveries have ended before the messages they came with are filed
 * (filing.ts), and need not enter an index to leave it again. What was filed before counts as late, and
 * so does what sleeps: it is looked for by this index alone.
 */
export const LATE = `
ALTER TABLE delivery ADD COLUMN late INTEGER NOT NULL DEFAULT 1;
DROP INDEX delivery_open;
CREATE INDEX delivery_late ON delivery (state) WHERE late = 1 AND state < 4;
`;
