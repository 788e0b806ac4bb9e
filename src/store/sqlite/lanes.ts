/** Lanes as rows write them, and aliases: which key joins the lane of which. */
import type { DatabaseSync } from 'node:sqlite';
import type { StandingDeliveries } from './standing.ts';

const ALIASES = 'SELECT retired, survivor FROM lane_alias';
const PUT_ALIAS =
  'INSERT INTO lane_alias VALUES (?, ?) ON CONFLICT DO UPDATE SET survivor = excluded.survivor';
const PARTED = 'SELECT retired, survivor FROM lane_parted';
const PUT_PARTED = 'INSERT INTO lane_parted VALUES (?, ?) ON CONFLICT DO NOTHING';
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
 * enough: those after it stand behind it in the survivor's lane. The same for the lane that an unlink left.
 */
export function standsIn(
  aliases: Aliases,
  standing: Pick<StandingDeliveries, 'lastIn'>,
  asked: readonly string[],
): readonly string[] {
  const lanes = aliases.resolve(asked);
  if (!aliases.some) return lanes;
  const busy = lanes.flatMap((lane) =>
    aliases.others(lane).filter((one) => standing.lastIn(one)?.lanes.includes(lane) === false),
  );
  return busy.length === 0 ? lanes : [...new Set([...lanes, ...busy])];
}

export interface Aliases {
  /** There is one at all, or was. */
  readonly some: boolean;
  /** Where a delivery with these keys stands now, aliases followed; each lane once. The same array when nothing changes. */
  resolve(lanes: readonly string[]): readonly string[];
  /** The lanes that joined this one, directly or through others, and those that any of them was parted from. */
  others(survivor: string): readonly string[];
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
  const allParted = database.prepare(PARTED);
  const putParted = database.prepare(PUT_PARTED);
  let aliases = new Map<string, string>();
  /** Who joined a lane, directly. */
  let retired = new Map<string, Set<string>>();
  /** Whom a lane was parted from. */
  let parted = new Map<string, Set<string>>();
  const addTo = (map: Map<string, Set<string>>, key: string, one: string): void => {
    const known = map.get(key);
    if (known) known.add(one);
    else map.set(key, new Set([one]));
  };

  const reload = (): void => {
    aliases = new Map(allAliases.all().map((row) => [row.retired as string, row.survivor as string]));
    retired = new Map();
    for (const [from, to] of aliases) addTo(retired, to, from);
    parted = new Map();
    for (const row of allParted.all()) addTo(parted, row.retired as string, row.survivor as string);
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
      return aliases.size > 0 || parted.size > 0;
    },
    resolve(lanes) {
      const only = lanes.length === 1 ? (lanes[0] as string) : undefined;
      if (only !== undefined) return aliases.size === 0 ? lanes : [survivorOf(only)];
      return [...new Set(lanes.map(survivorOf))];
    },
    others(survivor) {
      const found = new Set([survivor]);
      // What is added while it runs is looked at, too.
      for (const lane of found) {
        for (const one of parted.get(lane) ?? []) found.add(one);
        for (const one of retired.get(lane) ?? []) found.add(one);
      }
      found.delete(survivor);
      return [...found];
    },
    join(from, to) {
      const root = survivorOf(from);
      // One lane already, whoever of the two is called the survivor now: a ring would be no lane at all.
      if (root === survivorOf(to)) return;
      // Who joined `from` before, or was joined by it, stays with it.
      putAlias.run(root, to);
      aliases.set(root, to);
      addTo(retired, to, root);
    },
    part(from, to) {
      const led: string[] = [];
      for (let at = aliases.get(from); at !== undefined; at = aliases.get(at)) led.push(at);
      if (!led.includes(to)) return;
      // Deliveries of it may stand in any lane that it led through.
      for (const lane of led) {
        putParted.run(from, lane);
        addTo(parted, from, lane);
      }
      dropAlias.run(from);
      retired.get(aliases.get(from) as string)?.delete(from);
      aliases.delete(from);
    },
    reload,
  };
}
