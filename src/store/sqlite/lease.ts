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

/** Answered by the index alone. */
const DUE = `
SELECT id FROM delivery INDEXED BY delivery_head
WHERE state = 0 AND head = 1 AND due_at <= ? ORDER BY due_at, place LIMIT ?`;
const WITH_MESSAGE = `
SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS}, message.sealed
FROM delivery JOIN message ON message.id = delivery.message WHERE delivery.id = ?`;
const RUN = 'UPDATE delivery SET state = 1, epoch = ? WHERE id = ? RETURNING connection';

/** Epochs of one opening of the file: its number times this, counted up with each lease. */
const LEASES_PER_OPENING = 2 ** 32;

type Row = DeliveryColumns & MessageColumns & { readonly sealed: Uint8Array };

/** @param opening how often this file was opened: no epoch of an earlier opening comes back. */
export function lessor(desk: Desk, opening: number) {
  const { database, dictionary, fresh, tallies, vault } = desk;
  const due = database.prepare(DUE);
  const withMessage = database.prepare(WITH_MESSAGE);
  const run = database.prepare(RUN);
  const steps = stepReader(desk);
  let epoch = opening * LEASES_PER_OPENING;

  const read = (id: number): Leased => {
    const row = withMessage.get(id) as unknown as Row;
    return {
      delivery: deliveryFrom({ ...row, state: RUNNING }, dictionary),
      epoch,
      message: messageFrom(row, dictionary),
      bytes: vault.open('message', row.message, row.sealed),
      remembered: row.steps === 0 ? [] : steps(row.id),
    };
  };

  return (request: { readonly now: number; readonly limit: number }): readonly Leased[] => {
    const ids = due.all(request.now, request.limit) as unknown as readonly { readonly id: number }[];
    epoch++;
    return ids.map(({ id }) => {
      const { connection } = run.get(epoch, id) as { connection: number };
      tallies.move(connection, WAITING, RUNNING);
      const known = fresh.take(id);
      return known ? { ...known, epoch, remembered: [] } : read(id);
    });
  };
}
