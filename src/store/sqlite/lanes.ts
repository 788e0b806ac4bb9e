/** Lanes as rows write them, and aliases: which key joins the lane of which. */
import type { DatabaseSync } from 'node:sqlite';

const ALIASES = 'SELECT retired, survivor FROM lane_alias';
const PUT_ALIAS =
  'INSERT INTO lane_alias VALUES (?, ?) ON CONFLICT DO UPDATE SET survivor = excluded.survivor';
const DROP_ALIAS = 'DELETE FROM lane_alias WHERE retired = ?';

/** One lane is written as it is; several as JSON. A single key that looks like JSON is written as JSON too. */
export function laneText(lanes: readonly string[]): string {
  const only = lanes.length === 1 ? (lanes[0] as string) : undefined;
  return only === undefined || only.startsWith('[') ? JSON.stringify(lanes) : only;
}

export function lanesFrom(text: string): readonly string[] {
  return text.startsWith('[') ? (JSON.parse(text) as string[]) : [text];
}

export interface Aliases {
  /** Where a delivery with these keys stands now, aliases followed; each lane once. The same array when nothing changes. */
  resolve(lanes: readonly string[]): readonly string[];
  /** From now on `from` joins the lane of `to`. */
  join(from: string, to: string): void;
  /** Takes a `join` back, if `from` joins `to`, directly or through others. */
  part(from: string, to: string): void;
  /** Again from rows: after a rollback. */
  reload(): void;
}

export function openAliases(database: DatabaseSync): Aliases {
  const allAliases = database.prepare(ALIASES);
  const putAlias = database.prepare(PUT_ALIAS);
  const dropAlias = database.prepare(DROP_ALIAS);
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
    part(from, to) {
      let at = aliases.get(from);
      while (at !== undefined && at !== to) at = aliases.get(at);
      if (at === undefined) return;
      dropAlias.run(from);
      aliases.delete(from);
    },
    reload,
  };
}
