/** Which lane joins which. Changed while no append is under way (`lock_append`), so that all see the same lanes. */
import type { LaneAlias } from '../contract.ts';
import type { Ask } from './session.ts';

const SURVIVOR = 'SELECT survivor FROM lane_alias WHERE retired = $1';
const PUT = `
INSERT INTO lane_alias VALUES ($1, $2) ON CONFLICT (retired) DO UPDATE SET survivor = excluded.survivor`;
const DROP = 'DELETE FROM lane_alias WHERE retired = $1';

export async function putAliases(ask: Ask, aliases: readonly LaneAlias[]): Promise<void> {
  for (const { from, to, undo } of aliases) {
    if (undo) await ask(DROP, [from]);
    else await join(ask, from, to);
  }
}

async function join(ask: Ask, from: string, to: string): Promise<void> {
  if (from === to) return;
  for (let at: string | undefined = to; at !== undefined; ) {
    const [row]: readonly { survivor: string }[] = await ask<{ survivor: string }>(SURVIVOR, [at]);
    at = row?.survivor;
    if (at !== from) continue;
    // A merge the other way round: `to` is the survivor from now on. Kept, the chain would be a ring.
    await ask(DROP, [to]);
    break;
  }
  await ask(PUT, [from, to]);
}
