/** Who stands where, and who is first. */
import type { DeliveryRow, State } from './state.ts';

/** Where deliveries with these keys stand now, aliases followed; each lane once. */
export function standingOf(state: State, keys: readonly string[]): readonly string[] {
  const survivor = (key: string): string => {
    const next = state.aliases.get(key);
    return next === undefined ? key : survivor(next);
  };
  return [...new Set(keys.map(survivor))];
}

/** From now on `from` joins the lane of `to`; chains have no ring. */
export function join(state: State, from: string, to: string): void {
  if (from === to) return;
  for (let at = state.aliases.get(to); at !== undefined; at = state.aliases.get(at)) {
    // A merge the other way round: `to` is the survivor from now on.
    if (at === from) {
      state.aliases.delete(to);
      break;
    }
  }
  state.aliases.set(from, to);
}

/** At the tail of its lanes, waiting. */
export function stand(state: State, row: DeliveryRow, lanes: readonly string[], dueAt: number): void {
  row.lanes = lanes;
  row.place = ++state.last.place;
  row.state = 'waiting';
  row.dueAt = dueAt;
  for (const lane of lanes) {
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

/** Waiting ones that are first in all their lanes. */
export function heads(state: State): DeliveryRow[] {
  const all = new Set<DeliveryRow>();
  for (const line of state.lanes.values()) {
    const first = line[0] as DeliveryRow;
    if (first.state === 'waiting' && first.lanes.every((lane) => state.lanes.get(lane)?.[0] === first)) {
      all.add(first);
    }
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
