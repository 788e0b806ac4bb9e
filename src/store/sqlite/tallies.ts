/** Running totals by connection, added up in memory during a transaction and written once before its commit. */
import type { DatabaseSync } from 'node:sqlite';
import { DEAD, DELIVERED, FILTERED } from './codes.ts';

const ADD = `
INSERT INTO tally VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (connection) DO UPDATE SET
  received = received + excluded.received,
  rejected = rejected + excluded.rejected,
  unrouted = unrouted + excluded.unrouted,
  repeats = repeats + excluded.repeats,
  waiting = waiting + excluded.waiting,
  running = running + excluded.running,
  sleeping = sleeping + excluded.sleeping,
  held = held + excluded.held,
  delivered = delivered + excluded.delivered,
  filtered = filtered + excluded.filtered,
  dead = dead + excluded.dead,
  last_received_at = max(coalesce(last_received_at, excluded.last_received_at), coalesce(excluded.last_received_at, last_received_at))`;

const ADD_MINUTE = `
INSERT INTO tally_minute (minute, connection, received, first_id, last_id) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (minute, connection) DO UPDATE SET
  received = received + excluded.received,
  first_id = min(first_id, excluded.first_id),
  last_id = max(last_id, excluded.last_id)`;

export const MINUTE = 60_000;

interface Delta {
  received: number;
  rejected: number;
  unrouted: number;
  repeats: number;
  readonly states: number[];
  lastReceivedAt: number | null;
}

interface MinuteDelta {
  readonly minute: number;
  readonly connection: number;
  received: number;
  readonly first: number;
  last: number;
}

export type DroppedCount =
  | 'received'
  | 'rejected'
  | 'unrouted'
  | 'repeats'
  | 'delivered'
  | 'filtered'
  | 'dead';

export interface Tallies {
  message(
    connection: number,
    id: number,
    receivedAt: number,
    what: { rejected: boolean; unrouted: boolean },
  ): void;
  /** A message is removed by age: with its deliveries it leaves the totals as it leaves the rows. */
  pruned(connection: number, what: { rejected: boolean; unrouted: boolean; repeats: number }): void;
  /** A period file is dropped with all that it holds. */
  dropped(connection: number, what: Readonly<Record<DroppedCount, number>>): void;
  repeat(connection: number, by?: number): void;
  /** A delivery enters (`from` null), moves, or is removed (`to` null). */
  move(connection: number, from: number | null, to: number | null): void;
  /** Writes the deltas; inside the transaction. */
  flush(): void;
  /** Forgets them: the transaction was rolled back. */
  reset(): void;
}

export function openTallies(database: DatabaseSync): Tallies {
  const add = database.prepare(ADD);
  const addMinute = database.prepare(ADD_MINUTE);
  const deltas = new Map<number, Delta>();
  const minutes = new Map<string, MinuteDelta>();

  const deltaOf = (connection: number): Delta => {
    let delta = deltas.get(connection);
    if (!delta) {
      delta = {
        received: 0,
        rejected: 0,
        unrouted: 0,
        repeats: 0,
        states: [0, 0, 0, 0, 0, 0, 0],
        lastReceivedAt: null,
      };
      deltas.set(connection, delta);
    }
    return delta;
  };
  const shift = (delta: Delta, state: number | null, by: number): void => {
    if (state !== null) delta.states[state] = (delta.states[state] as number) + by;
  };

  return {
    message(connection, id, receivedAt, what) {
      const delta = deltaOf(connection);
      delta.received++;
      if (what.rejected) delta.rejected++;
      if (what.unrouted) delta.unrouted++;
      delta.lastReceivedAt = Math.max(delta.lastReceivedAt ?? receivedAt, receivedAt);
      const minute = Math.floor(receivedAt / MINUTE);
      const key = `${minute} ${connection}`;
      const known = minutes.get(key);
      if (known) {
        known.received++;
        known.last = id;
      } else minutes.set(key, { minute, connection, received: 1, first: id, last: id });
    },
    pruned(connection, what) {
      const delta = deltaOf(connection);
      delta.received--;
      if (what.rejected) delta.rejected--;
      if (what.unrouted) delta.unrouted--;
      delta.repeats -= what.repeats;
    },
    dropped(connection, what) {
      const delta = deltaOf(connection);
      delta.received -= what.received;
      delta.rejected -= what.rejected;
      delta.unrouted -= what.unrouted;
      delta.repeats -= what.repeats;
      shift(delta, DELIVERED, -what.delivered);
      shift(delta, FILTERED, -what.filtered);
      shift(delta, DEAD, -what.dead);
    },
    repeat(connection, by = 1) {
      deltaOf(connection).repeats += by;
    },
    move(connection, from, to) {
      const delta = deltaOf(connection);
      shift(delta, from, -1);
      shift(delta, to, 1);
    },
    flush() {
      for (const [connection, d] of deltas) {
        add.run(connection, d.received, d.rejected, d.unrouted, d.repeats, ...d.states, d.lastReceivedAt);
      }
      for (const m of minutes.values()) addMinute.run(m.minute, m.connection, m.received, m.first, m.last);
      this.reset();
    },
    reset() {
      deltas.clear();
      minutes.clear();
    },
  };
}
