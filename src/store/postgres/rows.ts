/** Rows as the words of the field. */
import type { Delivery } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import { DELIVERY_STATES, HOLD_REASONS } from '../sqlite/codes.ts';
import { messageOf } from '../sqlite/numbers.ts';
import { messageFrom as fromColumns, type MessageColumns } from '../sqlite/rows.ts';
import type { Dictionary } from './dictionary.ts';

export type { MessageColumns } from '../sqlite/rows.ts';
export { MESSAGE_COLUMNS } from '../sqlite/rows.ts';

export const messageFrom = (row: MessageColumns, dictionary: Dictionary) => fromColumns(row, dictionary);

export const DELIVERY_COLUMNS = `
  d.id, d.connection, d.flow, d.version, d.state, d.due_at, d.attempts, d.steps, d.possible_duplicate, d.held_for,
  d.replay_of, d.replayed_by, d.created_at, d.finished_at, d.step, d.failure, d.released_at,
  d.released_attempts`;

/** The same of those that have not ended, from their own table. */
export const OPEN_COLUMNS = `
  d.id, d.connection, d.flow, d.version, d.state, d.due_at, d.attempts, d.steps, d.possible_duplicate, d.held_for,
  d.replay_of, d.replayed_by, d.created_at, NULL::bigint AS finished_at, d.step, d.failure, d.released_at,
  d.released_attempts`;

/** The same of those that have. */
export const ENDED_COLUMNS = `
  d.id, d.connection, d.flow, d.version, d.state, d.due_at, d.attempts, d.steps, d.possible_duplicate,
  NULL::smallint AS held_for, d.replay_of, d.replayed_by, d.created_at, d.finished_at, d.step, d.failure, d.released_at,
  d.released_attempts`;

export interface DeliveryColumns {
  readonly id: number;
  readonly connection: number;
  readonly flow: number;
  readonly version: number;
  readonly state: number;
  readonly due_at: number;
  readonly attempts: number;
  readonly steps: number;
  readonly possible_duplicate: boolean;
  readonly held_for: number | null;
  readonly replay_of: number | null;
  readonly replayed_by: number | null;
  readonly created_at: number;
  readonly finished_at: number | null;
  readonly step: string | null;
  readonly failure: string | null;
  readonly released_at: number | null;
  readonly released_attempts: number | null;
}

const idOrNull = (id: number | null): string | null => (id === null ? null : String(id));

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
    possibleDuplicate: row.possible_duplicate,
    replayOf: idOrNull(row.replay_of),
    replayedBy: idOrNull(row.replayed_by),
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as FailureRecord),
    step: row.step,
  };
}

/** The numbers of names that rows of deliveries speak of, for `Dictionary.fetch`. */
export function namesOf(rows: readonly { readonly flow: number; readonly version?: number }[]): number[] {
  return rows.flatMap((row) => (row.version === undefined ? [row.flow] : [row.flow, row.version]));
}
