/**
 * Lanes: who stands where, and who is first. `delivery_lane` holds a row for each lane of each delivery that
 * stands (waiting, running or held). A delivery is a head exactly when no other stands before it in any of its
 * lanes; `delivery.head` is kept true to that at each coming and going.
 */
import type { DatabaseSync } from 'node:sqlite';

const ALIASES = 'SELECT retired, survivor FROM lane_alias';
const PUT_ALIAS =
  'INSERT INTO lane_alias VALUES (?, ?) ON CONFLICT DO UPDATE SET survivor = excluded.survivor';
const DROP_ALIAS = 'DELETE FROM lane_alias WHERE retired = ?';
const OCCUPIED = 'SELECT 1 FROM delivery_lane WHERE lane = ? LIMIT 1';
const STAND = 'INSERT INTO delivery_lane (lane, place, delivery) VALUES (?, ?, ?)';
const LEAVE = 'DELETE FROM delivery_lane WHERE lane = ? AND place = ?';
const FIRST = 'SELECT place, delivery FROM delivery_lane WHERE lane = ? ORDER BY place LIMIT 1';
const BEFORE = 'SELECT 1 FROM delivery_lane WHERE lane = ? AND place < ? LIMIT 1';
const STANDING = 'SELECT lanes, stood FROM delivery WHERE id = ?';
const CROWN = 'UPDATE delivery SET head = 1 WHERE id = ?';

/** One lane is written as it is; several as JSON. A single key that looks like JSON is written as JSON too. */
export function laneText(lanes: readonly string[]): string {
  const only = lanes.length === 1 ? (lanes[0] as string) : undefined;
  return only === undefined || only.startsWith('[') ? JSON.stringify(lanes) : only;
}

export function lanesFrom(text: string): readonly string[] {
  return text.startsWith('[') ? (JSON.parse(text) as string[]) : [text];
}

export interface Lanes {
  /** Where a delivery with these keys stands now, aliases followed; each lane once. */
  resolve(lanes: readonly string[]): readonly string[];
  /** From now on `from` joins the lane of `to`. */
  join(from: string, to: string): void;
  /** Takes a `join` back. */
  part(from: string): void;
  /** Stands at the tail of each lane; true when it is thereby a head. */
  enter(lanes: readonly string[], place: number, delivery: number): boolean;
  /** Leaves each lane; those who are first everywhere after that become heads. */
  leave(lanes: readonly string[], place: number): void;
  /** Aliases again from rows: after a rollback. */
  reload(): void;
}

export function openLanes(database: DatabaseSync): Lanes {
  const allAliases = database.prepare(ALIASES);
  const putAlias = database.prepare(PUT_ALIAS);
  const dropAlias = database.prepare(DROP_ALIAS);
  const occupied = database.prepare(OCCUPIED);
  const stand = database.prepare(STAND);
  const leave = database.prepare(LEAVE);
  const first = database.prepare(FIRST);
  const before = database.prepare(BEFORE);
  const standing = database.prepare(STANDING);
  const crown = database.prepare(CROWN);
  let aliases = new Map<string, string>();

  const reload = (): void => {
    aliases = new Map(allAliases.all().map((row) => [row.retired as string, row.survivor as string]));
  };
  reload();

  const survivorOf = (lane: string): string => {
    let at = lane;
    // A chain has no ring (see join).
    for (let next = aliases.get(at); next !== undefined; next = aliases.get(at)) at = next;
    return at;
  };

  return {
    resolve(lanes) {
      const only = lanes.length === 1 ? (lanes[0] as string) : undefined;
      if (only !== undefined) return aliases.size === 0 ? lanes : [survivorOf(only)];
      return [...new Set(lanes.map(survivorOf))];
    },
    join(from, to) {
      if (from === to) return;
      for (let at = aliases.get(to); at !== undefined; at = aliases.get(at)) {
        if (at !== from) continue;
        // A merge the other way round: `to` is the survivor from now on. Kept, the chain would be a ring.
        dropAlias.run(to);
        aliases.delete(to);
        break;
      }
      putAlias.run(from, to);
      aliases.set(from, to);
    },
    part(from) {
      dropAlias.run(from);
      aliases.delete(from);
    },
    enter(lanes, place, delivery) {
      let head = true;
      for (const lane of lanes) {
        if (head && occupied.get(lane) !== undefined) head = false;
        stand.run(lane, place, delivery);
      }
      return head;
    },
    leave(lanes, place) {
      for (const lane of lanes) leave.run(lane, place);
      for (const lane of lanes) {
        const next = first.get(lane) as { place: number; delivery: number } | undefined;
        if (!next) continue;
        const row = standing.get(next.delivery) as { lanes: string; stood: string | null };
        const all = lanesFrom(row.stood ?? row.lanes);
        if (all.length === 1 || all.every((other) => before.get(other, next.place) === undefined))
          crown.run(next.delivery);
      }
    },
    reload,
  };
}
