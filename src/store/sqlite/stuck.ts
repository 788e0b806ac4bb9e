/** Lanes that do not move: found in the writing thread's memory, read from rows by the other one. */
import type { StuckLane } from '../contract.ts';
import { WAITING } from './codes.ts';
import type { Desk, View } from './desk.ts';
import { messageOf } from './numbers.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';

const FLOW_OF = 'SELECT flow FROM delivery WHERE id = ?';
const WITH_MESSAGE = `
SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS}
FROM delivery JOIN message ON message.id = ? WHERE delivery.id = ?`;
/** Of these only, a waiting one has failed: an unclean stop counts as an attempt, too. */
const HAS_FAILED = 'SELECT 1 FROM delivery WHERE id = ? AND failure IS NOT NULL';

export interface StuckQuery {
  readonly site?: string;
  readonly flow?: string;
  readonly limit: number;
}

/** A head and one of its lanes. */
export interface StuckHead {
  readonly id: number;
  readonly lane: string;
  readonly standing: number;
}

/** In the writing thread. */
export function stuckFinder({ database, dictionary, standing }: Desk) {
  const flowOf = database.prepare(FLOW_OF);
  const hasFailed = database.prepare(HAS_FAILED);
  return ({ site, flow, limit }: StuckQuery): readonly StuckHead[] => {
    const found: StuckHead[] = [];
    const byMost = [...standing.stuck()].sort(
      (a, b) => b.standing - a.standing || a.head.place - b.head.place,
    );
    for (const { head, lane, standing: count } of byMost) {
      if (found.length >= limit) break;
      if (site !== undefined && dictionary.connectionAt(head.connection).site !== site) continue;
      if (head.state === WAITING && hasFailed.get(head.id) === undefined) continue;
      if (flow !== undefined) {
        const row = flowOf.get(head.id) as { flow: number };
        if (dictionary.nameAt(row.flow) !== flow) continue;
      }
      found.push({ id: head.id, lane, standing: count });
    }
    return found;
  };
}

/** In the reading thread. */
export function stuckReader({ database, dictionary }: View) {
  const withMessage = database.prepare(WITH_MESSAGE);
  return (heads: readonly StuckHead[]): readonly StuckLane[] =>
    heads.flatMap(({ id, lane, standing }) => {
      const row = withMessage.get(messageOf(id), id) as unknown as
        | (DeliveryColumns & MessageColumns)
        | undefined;
      if (row === undefined) return [];
      const head = deliveryFrom(row, dictionary);
      // It may have moved since it was found.
      if (head.state !== 'held' && head.state !== 'waiting') return [];
      return [{ lane, head, message: messageFrom(row, dictionary), standing }];
    });
}
