/**
 * Learning: when a cursor moved, which count of all there is last touched a mark (0: none; `scope` tells site and resource),
 * the roster by its last sign of life, and which node does what for a while.
 */
export const LEARNING = `
ALTER TABLE cursor ADD COLUMN moved_at bigint NOT NULL DEFAULT 0;

ALTER TABLE seen ADD COLUMN scope bigint NOT NULL DEFAULT 0;
ALTER TABLE seen ADD COLUMN census bigint NOT NULL DEFAULT 0;
CREATE INDEX seen_census ON seen (scope, census) WHERE scope > 0;

CREATE INDEX roster_active ON roster (site, active_at);

CREATE TABLE claim (name text PRIMARY KEY, owner text NOT NULL, until timestamptz NOT NULL);
`;
