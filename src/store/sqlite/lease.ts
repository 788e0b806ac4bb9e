/** Heads that are due are given out: committed as in hand before anyone sees them, so a crash after that finds them. */
import type { FailureRecord } from '../../std/index.ts';
import type { Leased } from '../contract.ts';
import { openPayload } from '../payload.ts';
import { RUNNING, WAITING } from './codes.ts';
import type { Desk, View } from './desk.ts';
import { faultOf, refusalOf } from './faults.ts';
import { messageOf } from './numbers.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';
import { stepReader } from './steps.ts';

const WITH_MESSAGE = `
SELECT ${DELIVERY_COLUMNS}, ${MESSAGE_COLUMNS}, message.sealed
FROM delivery JOIN message ON message.id = ? WHERE delivery.id = ?`;

/** Epochs of one opening of the file: its number times this, counted up with each lease. */
const LEASES_PER_OPENING = 2 ** 32;

/** Which deliveries were given out, and under which epoch. What they are is read by the other thread, or known already. */
export interface Given {
  readonly epoch: number;
  readonly ids: readonly number[];
}

/** @param opening how often this file was opened: no epoch of an earlier opening comes back. */
export function lessor(desk: Desk, opening: number) {
  const { standing, tallies } = desk;
  let epoch = opening * LEASES_PER_OPENING;

  return (request: { readonly now: number; readonly limit: number }): Given => {
    epoch++;
    const given = standing.lease(request.now, request.limit, epoch);
    for (const { connection } of given) tallies.move(connection, WAITING, RUNNING);
    return { epoch, ids: given.map(({ id }) => id) };
  };
}

type Row = DeliveryColumns & MessageColumns & { readonly sealed: Uint8Array };

/** A delivery whose rows cannot be read or unsealed. */
export interface Unreadable {
  readonly id: number;
  readonly failure: FailureRecord;
}

/** What was given out, from its rows. */
export function leasedReader(view: View) {
  const { database, dictionary, vault } = view;
  const withMessage = database.prepare(WITH_MESSAGE);
  const steps = stepReader(view);
  const read = (id: number, epoch: number): Leased => {
    const row = withMessage.get(messageOf(id), id) as unknown as Row;
    return {
      delivery: deliveryFrom(row, dictionary),
      epoch,
      message: messageFrom(row, dictionary),
      bytes: openPayload(vault, row.m_id, row.m_size, row.sealed),
      remembered: row.steps === 0 ? [] : steps(row.id),
    };
  };
  return (given: Given): readonly (Leased | Unreadable)[] =>
    given.ids.map((id) => {
      try {
        return read(id, given.epoch);
      } catch (error) {
        const fault = faultOf(error);
        // A disk that does not answer now may answer in a second: only what is damaged is this delivery's own trouble.
        if (fault !== undefined && fault.code !== 'STORE_DAMAGED') throw error;
        return { id, failure: (fault ?? refusalOf(error)).toJSON() };
      }
    });
}
