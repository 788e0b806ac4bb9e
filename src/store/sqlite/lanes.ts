/** Lanes as rows write them, and aliases: which key joins the lane of which. */
import type { DatabaseSync } from 'node:sqlite';
import type { StandingDeliveries } from './standing.ts';

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

/**
 * The lanes that a delivery stands in from now on: those its own lead to, and retired ones where someone still stands from
 * before the merge, so that it comes behind them also in a flow that did not want the merge itself. One such delivery is
 * enough: those after it stand behind it in the survivor's lane.
 */
export function standsIn(
  aliases: Aliases,
  standing: Pick<StandingDeliveries, 'lastIn'>,
  asked: readonly string[],
): readonly string[] {
  const lanes = aliases.resolve(asked);
  if (!aliases.some) return lanes;
  const busy = lanes.flatMap((lane) =>
    aliases.retired(lane).filter((one) => standing.lastIn(one)?.lanes.includes(lane) === false),
  );
  return busy.length === 0 ? lanes : [...new Set([...lanes, ...busy])];
}

export interface Aliases {
  /** There is one at all. */
  readonly some: boolean;
  /** Where a delivery with these keys stands now, aliases followed; each lane once. The same array when nothing changes. */
  resolve(lanes: readonly string[]): readonly string[];
  /** The lanes that joined this one, directly or through others. */
  retired(survivor: string): readonly string[];
  /** From now on `from` joins the lane of `to`, with all that are one lane with it. */
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
  /** Who joined a lane, directly. */
  let retired = new Map<string, Set<string>>();
  const addRetired = (from: string, to: string): void => {
    const known = retired.get(to);
    if (known) known.add(from);
    else retired.set(to, new Set([from]));
  };

  const reload = (): void => {
    aliases = new Map(allAliases.all().map((row) => [row.retired as string, row.survivor as string]));
    retired = new Map();
    for (const [from, to] of aliases) addRetired(from, to);
  };

  reload();

  const survivorOf = (lane: string): string => {
    let at = lane;
    // A chain has no ring (see join).
    for (let next = aliases.get(at); next !== undefined; next = aliases.get(at)) at = next;
    return at;
  };

  return {
    get some() {
      return aliases.size > 0;
    },
    resolve(lanes) {
      const only = lanes.length === 1 ? (lanes[0] as string) : undefined;
      if (only !== undefined) return aliases.size === 0 ? lanes : [survivorOf(only)];
      return [...new Set(lanes.map(survivorOf))];
    },
    retired(survivor) {
      const found: string[] = [];
      for (const queue = [survivor]; queue.length > 0; ) {
        for (const one of retired.get(queue.pop() as string) ?? []) {
          found.push(one);
          queue.push(one);
        }
      }
      return found;
    },
    join(from, to) {
      const root = survivorOf(from);
      // One lane already, whoever of the two is called the survivor now: a ring would be no lane at all.
      if (root === survivorOf(to)) return;
      // Who joined `from` before, or was joined by it, stays with it.
      putAlias.run(root, to);
      aliases.set(root, to);
      addRetired(root, to);
    },
    part(from, to) {
      let at = aliases.get(from);
      while (at !== undefined && at !== to) at = aliases.get(at);
      if (at === undefined) return;
      dropAlias.run(from);
      retired.get(aliases.get(from) as string)?.delete(from);
      aliases.delete(from);
    },
    reload,
  };
}
