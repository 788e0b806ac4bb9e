/**
 * What wakes and ends sleepers. `sleeper_key` are the keys of those that sleep, their lanes' aliases followed;
 * `lane_event` is, by lane and name, the newest message that brought such a key: one that falls asleep later looks there
 * for what came after it was planned. `planned_after` is the newest message when a replay was made (else its own message).
 */
export const SLEEPING = `
ALTER TABLE delivery ADD COLUMN cancel_on TEXT;
ALTER TABLE delivery ADD COLUMN planned_after INTEGER;
ALTER TABLE delivery ADD COLUMN woken_by INTEGER;

CREATE TABLE sleeper_key (
  key TEXT NOT NULL,
  cancels INTEGER NOT NULL,
  delivery INTEGER NOT NULL,
  PRIMARY KEY (key, cancels, delivery)
) STRICT, WITHOUT ROWID;
CREATE INDEX sleeper_key_delivery ON sleeper_key (delivery);
INSERT INTO sleeper_key (key, cancels, delivery)
SELECT wake_on, 0, id FROM delivery WHERE state = 2 AND wake_on IS NOT NULL;

CREATE TABLE lane_event (
  key TEXT NOT NULL,
  cancels INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (key, cancels)
) STRICT, WITHOUT ROWID;
CREATE INDEX lane_event_message ON lane_event (message);
`;
