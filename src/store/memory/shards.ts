/**
 * How several nodes divide the lanes: each holds shards for as long as it says so (a lease by the disk's clock), takes
 * free ones up to its fair share, and gives up what is above it. What a node left in hand comes back, flagged, when
 * another takes its shard.
 */
import { comeBack } from './lanes.ts';
import { type DeliveryRow, SHARDS, type State } from './state.ts';

const shardOfLane = new Map<string, number>();

export function shardOf(row: DeliveryRow): number {
  const lane = row.lanes[0] as string;
  let shard = shardOfLane.get(lane);
  if (shard === undefined) {
    let sum = 2_166_136_261;
    for (let at = 0; at < lane.length; at++) sum = Math.imul(sum ^ lane.charCodeAt(at), 16_777_619);
    shard = ((sum ^ (sum >>> 15)) >>> 0) % SHARDS;
    if (shardOfLane.size >= 10_000) shardOfLane.clear();
    shardOfLane.set(lane, shard);
  }
  return shard;
}

const inHand = (state: State): Map<number, DeliveryRow[]> => {
  const rows = new Map<number, DeliveryRow[]>();
  for (const line of state.lanes.values()) {
    const first = line[0] as DeliveryRow;
    if (first.state !== 'running') continue;
    const shard = shardOf(first);
    const known = rows.get(shard);
    if (known) known.push(first);
    else rows.set(shard, [first]);
  }
  return rows;
};

/** This opening is alive until then, and holds its share of the shards. */
export function holdShards(
  state: State,
  opening: number,
  now: number,
  until: number,
  flagged: boolean,
): void {
  state.nodes.set(opening, until);
  for (const [node, lasts] of state.nodes) if (lasts <= now) state.nodes.delete(node);
  const share = Math.ceil(SHARDS / state.nodes.size);
  let held = state.shards.filter((shard) => shard.owner === opening).length;
  const running = inHand(state);
  state.shards.forEach((shard, at) => {
    if (held > share && shard.owner === opening && !running.has(at)) {
      shard.owner = 0;
      held--;
    }
    if (held >= share || state.nodes.has(shard.owner)) return;
    // One that stands in two lanes is found once for each.
    for (const row of new Set(running.get(at))) comeBack(row, flagged);
    shard.owner = opening;
    held++;
  });
}

export function dropShards(state: State, opening: number): void {
  state.nodes.delete(opening);
}
