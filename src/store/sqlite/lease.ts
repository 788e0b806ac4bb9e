/** Heads that are due are given out: committed as running before anyone sees them, so a crash after that finds them. */
import type { Leased } from '../contract.ts';
import { RUNNING, WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';
import { stepReader } from './steps.ts';

const DUE = `
SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS}, message.sealed
FROM delivery INDEXED BY delivery_head
CROSS JOIN message ON message.id = delivery.message
WHERE delivery.state = 0 AND delivery.head = 1 AND delivery.due_at <= ?
ORDER BY delivery.due_at, delivery.place
LIMIT ?`;
const RUN = 'UPDATE delivery SET state = 1, epoch = ? WHERE id = ?';

/** Epochs of one opening of the file: its number times this, counted up with each lease. */
const LEASES_PER_OPENING = 2 ** 32;

type Due = DeliveryColumns & MessageColumns & { readonly sealed: Uint8Array };

/** @param opening how often this file was opened: no epoch of an earlier opening comes back. */
export function lessor(desk: Desk, opening: number) {
  const { database, dictionary, tallies, vault } = desk;
  const due = database.prepare(DUE);
  const run = database.prepare(RUN);
  const steps = stepReader(desk);
  let epoch = opening * LEASES_PER_OPENING;

  return (request: { readonly now: number; readonly limit: number }): readonly Leased[] => {
    const rows = due.all(request.now, request.limit) as unknown as Due[];
    epoch++;
    return rows.map((row) => {
      run.run(epoch, row.id);
      tallies.move(row.connection, WAITING, RUNNING);
      return {
        delivery: deliveryFrom({ ...row, state: RUNNING }, dictionary),
        epoch,
        message: messageFrom(row, dictionary),
        bytes: vault.open('message', row.message, row.sealed),
        remembered: row.steps === 0 ? [] : steps(row.id),
      };
    });
  };
}
