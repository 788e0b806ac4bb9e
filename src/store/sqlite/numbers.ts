/**
 * The next message id and the next place. Message ids are never used twice: a rollback leaves a gap, and what prune
 * removes is remembered in `meta`. Places only put those in order who stand at the same time.
 */
import type { DatabaseSync } from 'node:sqlite';

const HIGHEST = `
SELECT max(
  coalesce((SELECT max(id) FROM message), 0), coalesce((SELECT value FROM meta WHERE name = 'highest_message'), 0)
) AS message`;
const KEEP =
  "INSERT INTO meta (name, value) VALUES ('highest_message', ?) ON CONFLICT DO UPDATE SET value = excluded.value";

/** Deliveries that one message can have, replays included: their numbers are the low bits of a delivery's id. */
export const DELIVERIES_OF_ONE = 4_096;

/** The id of the nth delivery (from 0) of a message: so the deliveries of a message need no index. */
export const deliveryId = (message: number, nth: number): number => message * DELIVERIES_OF_ONE + nth;
export const messageOf = (delivery: number): number => Math.floor(delivery / DELIVERIES_OF_ONE);

export interface Numbers {
  message(): number;
  /** The newest message id. */
  newest(): number;
  place(): number;
  /** Remembers the highest message: before rows are removed. */
  keep(): void;
}

export function openNumbers(database: DatabaseSync, highestPlace: number): Numbers {
  const keep = database.prepare(KEEP);
  let { message } = database.prepare(HIGHEST).get() as { message: number };
  let place = highestPlace;
  return {
    message: () => ++message,
    newest: () => message,
    place: () => ++place,
    keep: () => void keep.run(message),
  };
}
