/** When a person let a held delivery go on, and after how many attempts: the flow's limits count from there. */
export const RELEASED = `
ALTER TABLE delivery ADD COLUMN released_at INTEGER;
ALTER TABLE delivery ADD COLUMN released_attempts INTEGER;
`;
