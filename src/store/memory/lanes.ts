/** Who stands where, and who is first. */
import type { LaneAlias } from '../contract.ts';
import type { DeliveryRow, State } from './state.ts';

/** The lane that deliveries of a key stand in now, aliases followed. */
export function survivorOf(state: State, key: string): string {
  const next = state.aliases.get(key);
  return next === undefined ? key : survivorOf(state, next);
}

export const survivorsOf = (state: State, keys: readonly string[]): readonly string[] => [
  ...new Set(keys.map((key) => survivorOf(state, key))),
];

/**
 * Where a delivery with these keys stands from now on: in the lanes that they lead to, and in those that became or were
 * one with them (retired by a merge, left by an unlink) where the last does not stand in the lane itself, so that it comes
 * behind those, also where no delivery stands for the merge or the unlink.
 */
export function standingOf(state: State, keys: readonly string[]): readonly string[] {
  const lanes = survivorsOf(state, keys);
  const busy = lanes.flatMap((lane) => {
    const others = new Set([lane]);
    // What is added while it runs is looked at, too.
    for (const one of others) {
      for (const left of state.parted.get(one) ?? []) others.add(left);
      for (const [retired, survivor] of state.aliases) if (survivor === one) others.add(retired);
    }
    return [...others].filter((other) => state.lanes.get(other)?.at(-1)?.lanes.includes(lane) === false);
  });
  return [...new Set([...lanes, ...busy])];
}

export function link(state: State, { from, to, undo }: LaneAlias): void {
  const { aliases } = state;
  if (undo) {
    const led: string[] = [];
    for (let at = aliases.get(from); at !== undefined; at = aliases.get(at)) led.push(at);
    if (!led.includes(to)) return;
    // Deliveries of it may stand in any lane that it led through.
    state.parted.set(from, new Set([...(state.parted.get(from) ?? []), ...led]));
    aliases.delete(from);
    return;
  }
  const root = survivorOf(state, from);
  // One lane already, whoever of the two is called the survivor now: a ring would be no lane at all.
  if (root !== survivorOf(state, to)) aliases.set(root, to);
}

/** Whatever waits in either lane stays there for a person. */
export function holdLanes(state: State, { from, to, hold }: LaneAlias): void {
  if (hold === undefined) return;
  for (const lane of survivorsOf(state, [from, to])) {
    for (const row of state.lanes.get(lane) ?? []) {
      if (row.state !== 'waiting') continue;
      row.state = 'held';
      row.heldFor = hold.reason;
      row.failure = hold.failure;
    }
  }
}

/** At the tail of its lanes, waiting. */
export function stand(state: State, row: DeliveryRow, dueAt: number): void {
  row.lanes = standingOf(state, row.asked);
  row.place = ++state.last.place;
  row.state = 'waiting';
  row.dueAt = dueAt;
  for (const lane of row.lanes) {
    const line = state.lanes.get(lane);
    if (line) line.push(row);
    else state.lanes.set(lane, [row]);
  }
}

export function leave(state: State, row: DeliveryRow): void {
  row.epoch = 0;
  for (const lane of row.lanes) {
    const line = state.lanes.get(lane) as DeliveryRow[];
    line.splice(line.indexOf(row), 1);
    if (line.length === 0) state.lanes.delete(lane);
  }
}

export const isHead = (state: State, row: DeliveryRow): boolean =>
  row.lanes.every((lane) => state.lanes.get(lane)?.[0] === row);

/** Waiting ones that are first in all their lanes. */
export function heads(state: State): DeliveryRow[] {
  const all = new Set<DeliveryRow>();
  for (const line of state.lanes.values()) {
    const first = line[0] as DeliveryRow;
    if (first.state === 'waiting' && isHead(state, first)) all.add(first);
  }
  return [...all];
}

/** A lease of it ended without a word: whatever it sent may have arrived. It waits in its place and says so. */
export function comeBack(row: DeliveryRow, flagged: boolean): void {
  row.state = 'waiting';
  row.epoch = 0;
  row.attempts++;
  if (flagged) row.possibleDuplicate = true;
}
