/**
 * The next message id and the next place. Deliveries take their id from the places, so that a place is
 * taken once, also by a sleeper that stands again at the tail. Numbers are never used twice: a rollback
 * leaves a gap, and what prune removes is remembered in `meta`.
 */
import type { DatabaseSync } from 'node:sqlite';

const HIGHEST = `
SELECT
  max(coalesce((SELECT max(id) FROM message), 0), coalesce((SELECT value FROM meta WHERE name = 'highest_message'), 0)) AS message,
  max(
    coalesce((SELECT max(id) FROM delivery), 0),
    coalesce((SELECT max(place) FROM delivery_lane), 0),
    coalesce((SELECT value FROM meta WHERE name = 'highest_place'), 0)
  ) AS place`;
const KEEP = 'INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value';

export interface Numbers {
  message(): number;
  place(): number;
  /** Remembers the highest of both: before rows are removed. */
  keep(): void;
}

export function openNumbers(database: DatabaseSync): Numbers {
  const keep = database.prepare(KEEP);
  const highest = database.prepare(HIGHEST).get() as { message: number; place: number };
  let { message, place } = highest;
  return {
    message: () => ++message,
    place: () => ++place,
    keep() {
      keep.run('highest_message', message);
      keep.run('highest_place', place);
    },
  };
}
