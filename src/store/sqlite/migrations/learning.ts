/**
 * Learning: when a cursor moved, which count of all there is last touched a mark (0: none; `scope` tells site and resource),
 * and the roster by its last sign of life.
 */
export const LEARNING = `
ALTER TABLE cursor ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;

ALTER TABLE seen ADD COLUMN scope INTEGER NOT NULL DEFAULT 0;
ALTER TABLE seen ADD COLUMN census INTEGER NOT NULL DEFAULT 0;
CREATE INDEX seen_census ON seen (scope, census) WHERE scope > 0;

CREATE INDEX roster_active ON roster (site, active_at);
`;
