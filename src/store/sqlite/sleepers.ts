/** Who sleeps, oldest first. */
import type { Sleeper } from '../contract.ts';
import type { View } from './desk.ts';
import { DELIVERIES_OF_ONE } from './numbers.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';

/** Read at a time, and looked at in one call: a filter that finds less gives a short page with a place to go on from. */
const CHUNK = 500;
const LOOKED_AT = 20_000;
const SLEEPERS = `
SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS}, delivery.wake_at
FROM delivery INDEXED BY delivery_late
CROSS JOIN message ON message.id = delivery.id / ${DELIVERIES_OF_ONE}
WHERE delivery.late = 1 AND delivery.state = 2 AND delivery.state < 4 AND delivery.id > ?
ORDER BY delivery.id LIMIT ${CHUNK}`;

type Row = DeliveryColumns & MessageColumns & { readonly wake_at: number | null };

export function sleeperReader({ database, dictionary }: View) {
  const sleepers = database.prepare(SLEEPERS);
  return (query: {
    readonly site?: string;
    readonly flow?: string;
    readonly after?: string;
    readonly limit: number;
  }): { rows: readonly Sleeper[]; after: string | null } => {
    const found: Sleeper[] = [];
    let after = query.after === undefined ? 0 : Number(query.after);
    for (let looked = 0; looked < LOOKED_AT; ) {
      const rows = sleepers.all(after) as unknown as Row[];
      for (const row of rows) {
        after = row.id;
        looked++;
        const delivery = deliveryFrom(row, dictionary);
        const message = messageFrom(row, dictionary);
        if (query.site !== undefined && message.site !== query.site) continue;
        if (query.flow !== undefined && delivery.flow !== query.flow) continue;
        found.push({ delivery, message, wakeAt: row.wake_at });
        if (found.length === query.limit) return { rows: found, after: String(after) };
      }
      if (rows.length < CHUNK) return { rows: found, after: null };
    }
    return { rows: found, after: String(after) };
  };
}
