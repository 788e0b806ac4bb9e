/** Which messages a request to prune or to shelve means, as SQL. */
import type { MessageEnd } from '../contract.ts';
import { DEAD, DELIVERED } from './codes.ts';
import { DELIVERIES_OF_ONE } from './numbers.ts';

const having = (condition: string): string => `
EXISTS (
  SELECT 1 FROM delivery
  WHERE delivery.id >= message.id * ${DELIVERIES_OF_ONE} AND delivery.id < (message.id + 1) * ${DELIVERIES_OF_ONE}
    AND ${condition}
)`;
const HAS_DEAD = having(`delivery.state = ${DEAD}`);
const HAS_DELIVERED = having(`delivery.state = ${DELIVERED}`);

/** No delivery of it stands, runs, sleeps or is held. */
export const FINISHED = `NOT ${having(`delivery.state < ${DELIVERED}`)}`;
/** Finished, and nobody may still want to act on it: the dead stay where they are looked for. */
export const SETTLED = `NOT ${having(`(delivery.state < ${DELIVERED} OR delivery.state = ${DEAD})`)}`;

export const ENDED: Readonly<Record<MessageEnd, string>> = {
  rejected: 'message.state = 1',
  unrouted: 'message.state = 0 AND message.planned = 0',
  dead: HAS_DEAD,
  delivered: `NOT ${HAS_DEAD} AND ${HAS_DELIVERED}`,
  filtered: `message.planned > 0 AND NOT ${HAS_DEAD} AND NOT ${HAS_DELIVERED}`,
};
