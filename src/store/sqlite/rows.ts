/** Rows as the words of the field. */
import type { Delivery, MessageSummary } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import { DELIVERY_STATES, DOORS, FORMATS, flagsOf, HOLD_REASONS, MESSAGE_STATES } from './codes.ts';
import type { Dictionary } from './dictionary.ts';
import { messageOf } from './numbers.ts';

/** The columns of a message but its bytes, each as `m_...`, so that a join with a delivery is one row. */
export const MESSAGE_COLUMNS = `
  message.id AS m_id, message.connection AS m_connection, message.received_at AS m_received_at, message.door AS m_door,
  message.format AS m_format, message.type AS m_type, message.control_id AS m_control_id, message.state AS m_state,
  message.reason AS m_reason, message.flags AS m_flags, message.repeats AS m_repeats, message.size AS m_size,
  message.planned AS m_planned`;

export interface MessageColumns {
  readonly m_id: number;
  readonly m_connection: number;
  readonly m_received_at: number;
  readonly m_door: number;
  readonly m_format: number;
  readonly m_type: string;
  readonly m_control_id: string | null;
  readonly m_state: number;
  readonly m_reason: string | null;
  readonly m_flags: number;
  readonly m_repeats: number;
  readonly m_size: number;
  readonly m_planned: number;
}

export function messageFrom(
  row: MessageColumns,
  dictionary: Pick<Dictionary, 'connectionAt'>,
): MessageSummary {
  const { site, connection } = dictionary.connectionAt(row.m_connection);
  return {
    id: String(row.m_id),
    site,
    connection,
    receivedAt: row.m_received_at,
    door: DOORS[row.m_door] as MessageSummary['door'],
    format: FORMATS[row.m_format] as MessageSummary['format'],
    type: row.m_type,
    controlId: row.m_control_id,
    state: MESSAGE_STATES[row.m_state] as MessageSummary['state'],
    reason: row.m_reason,
    flags: flagsOf(row.m_flags),
    repeats: row.m_repeats,
    size: row.m_size,
    planned: row.m_planned,
  };
}

export interface DeliveryColumns {
  readonly id: number;
  readonly connection: number;
  readonly flow: number;
  readonly version: number;
  readonly state: number;
  readonly place: number;
  readonly due_at: number;
  readonly attempts: number;
  readonly released_at: number | null;
  readonly released_attempts: number | null;
  readonly steps: number;
  readonly possible_duplicate: number;
  readonly held_for: number | null;
  readonly replay_of: number | null;
  readonly replayed_by: number | null;
  readonly created_at: number;
  readonly finished_at: number | null;
  readonly lanes: string;
  readonly stood: string | null;
  readonly step: string | null;
  readonly failure: string | null;
}

/** A delivery's state: one that waits and was leased is running (1). */
export const STATE = `
  CASE WHEN delivery.state = 0 AND EXISTS (SELECT 1 FROM in_hand WHERE in_hand.delivery = delivery.id)
  THEN 1 ELSE delivery.state END AS state`;

export const DELIVERY_COLUMNS = `
  delivery.id, delivery.connection, delivery.flow, delivery.version, ${STATE}, delivery.place,
  delivery.due_at, delivery.attempts, delivery.released_at, delivery.released_attempts, delivery.steps, delivery.possible_duplicate, delivery.held_for,
  delivery.replay_of, delivery.replayed_by, delivery.created_at, delivery.finished_at, delivery.lanes, delivery.stood, delivery.step,
  delivery.failure`;

export function deliveryFrom(row: DeliveryColumns, dictionary: Dictionary): Delivery {
  return {
    id: String(row.id),
    messageId: String(messageOf(row.id)),
    flow: dictionary.nameAt(row.flow),
    flowVersion: dictionary.nameAt(row.version),
    state: DELIVERY_STATES[row.state] as Delivery['state'],
    heldFor: row.held_for === null ? null : (HOLD_REASONS[row.held_for] as Delivery['heldFor']),
    attempts: row.attempts,
    released: row.released_at === null ? null : { at: row.released_at, attempts: row.released_attempts ?? 0 },
    dueAt: row.due_at,
    possibleDuplicate: row.possible_duplicate === 1,
    replayOf: row.replay_of === null ? null : String(row.replay_of),
    replayedBy: row.replayed_by === null ? null : String(row.replayed_by),
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as FailureRecord),
    step: row.step,
  };
}
