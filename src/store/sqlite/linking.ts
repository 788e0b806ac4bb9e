/** Merges and unlinks: which lane joins which, and what waits in them. */
import type { LaneAlias } from '../contract.ts';
import { codeOf, HELD, HOLD_REASONS, WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { sleeperKeys } from './sleeping.ts';

const HOLD = 'UPDATE delivery SET state = 3, held_for = ?, failure = ? WHERE id = ?';

export function linker(desk: Desk) {
  const { aliases, database, standing, tallies } = desk;
  const hold = database.prepare(HOLD);
  const { rekey } = sleeperKeys(desk);

  return {
    /** Joins the lanes, or parts them; sleepers go with theirs. */
    link({ from, to, undo }: LaneAlias): void {
      const before = [from, to].flatMap((lane) => aliases.resolve([lane]));
      if (undo) aliases.part(from, to);
      else aliases.join(from, to);
      rekey(before);
    },
    /** Whatever waits in either lane stays there for a person; what is in hand ends first. */
    holdLanes({ from, to }: LaneAlias, { reason, failure }: NonNullable<LaneAlias['hold']>): void {
      for (const lane of new Set([from, to].flatMap((one) => aliases.resolve([one])))) {
        for (const one of standing.waitingIn(lane)) {
          hold.run(codeOf(HOLD_REASONS, reason), JSON.stringify(failure), one.id);
          standing.hold(one);
          tallies.move(one.connection, WAITING, HELD);
        }
      }
    },
  };
}
