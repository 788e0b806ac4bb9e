/** One message, one delivery: for people who look. */
import type { AttemptRecord, Delivery, MessageSummary } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { DeliveryHistory } from '../contract.ts';
import { openPayload } from '../payload.ts';
import type { View } from './desk.ts';
import { deliveryId } from './numbers.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryColumns,
  deliveryFrom,
  MESSAGE_COLUMNS,
  type MessageColumns,
  messageFrom,
} from './rows.ts';
import { stepReader } from './steps.ts';

const MESSAGE = `SELECT ${MESSAGE_COLUMNS} FROM message WHERE id = ?`;
const DELIVERIES = `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE id >= ? AND id < ? ORDER BY id`;
const SEALED = 'SELECT size, sealed FROM message WHERE id = ?';
const DELIVERY = `SELECT ${DELIVERY_COLUMNS} FROM delivery WHERE id = ?`;
const ATTEMPTS =
  'SELECT attempt, ended_at, ms, failure, sealed FROM attempt WHERE delivery = ? ORDER BY attempt';
interface AttemptColumns {
  readonly attempt: number;
  readonly ended_at: number;
  readonly ms: number;
  readonly failure: string;
  readonly sealed: Uint8Array | null;
}

export function messageReader(view: View) {
  const { database, dictionary, vault } = view;
  const message = database.prepare(MESSAGE);
  const deliveries = database.prepare(DELIVERIES);
  const sealed = database.prepare(SEALED);
  const delivery = database.prepare(DELIVERY);
  const attempts = database.prepare(ATTEMPTS);
  const steps = stepReader(view);

  const attemptsOf = (id: number): AttemptRecord[] =>
    (attempts.all(id) as unknown as AttemptColumns[]).map((row) => ({
      attempt: row.attempt,
      endedAt: row.ended_at,
      ms: row.ms,
      failure: JSON.parse(row.failure) as FailureRecord,
      detail:
        row.sealed === null
          ? null
          : Buffer.from(vault.open('attempt', `${id}:${row.attempt}`, row.sealed)).toString(),
    }));

  return {
    message(id: string): { message: MessageSummary; deliveries: readonly Delivery[] } | null {
      const row = message.get(Number(id)) as unknown as MessageColumns | undefined;
      if (!row) return null;
      const all = deliveries.all(
        deliveryId(row.m_id, 0),
        deliveryId(row.m_id + 1, 0),
      ) as unknown as DeliveryColumns[];
      return {
        message: messageFrom(row, dictionary),
        deliveries: all.map((one) => deliveryFrom(one, dictionary)),
      };
    },
    payload(id: string): Uint8Array | null {
      const row = sealed.get(Number(id));
      return row ? openPayload(vault, Number(id), row.size as number, row.sealed as Uint8Array) : null;
    },
    history(deliveryId: string): DeliveryHistory | null {
      const row = delivery.get(Number(deliveryId)) as unknown as DeliveryColumns | undefined;
      if (!row) return null;
      return { delivery: deliveryFrom(row, dictionary), steps: steps(row.id), attempts: attemptsOf(row.id) };
    },
  };
}
