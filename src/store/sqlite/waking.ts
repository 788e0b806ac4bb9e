/** Sleepers and held ones go on: by time, by an event, or by a person. */
import { mayMove } from '../../message/index.ts';
import type { AuditEntry } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import type { AuditLog } from './audit.ts';
import { DEAD, HELD, SLEEPING, WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { lanesFrom, laneText } from './lanes.ts';

/** Sleepers woken in one transaction; the caller asks again while it gets as many. */
export const WAKE_LIMIT = 500;

const SLEEPER_COLUMNS = 'id, connection, lanes';
const TIME_HAS_COME = `
SELECT ${SLEEPER_COLUMNS} FROM delivery INDEXED BY delivery_wake
WHERE state = 2 AND wake_at <= ? ORDER BY wake_at, id LIMIT ${WAKE_LIMIT}`;
const WAITS_FOR = `
SELECT ${SLEEPER_COLUMNS} FROM delivery INDEXED BY delivery_wake_on
WHERE state = 2 AND wake_on = ? ORDER BY id LIMIT ?`;
const WAKE = `
UPDATE delivery SET state = 0, head = ?, place = ?, stood = ?, due_at = ?, wake_at = NULL, wake_on = NULL WHERE id = ?`;
const HELD_ROW = 'SELECT connection, state, place, lanes, stood FROM delivery WHERE id = ?';
const GO_ON = 'UPDATE delivery SET state = 0, held_for = NULL, due_at = ? WHERE id = ?';
const GIVE_UP = 'UPDATE delivery SET state = 6, head = 0, held_for = NULL, finished_at = ? WHERE id = ?';

export function waker(desk: Desk) {
  const { database, lanes, numbers, tallies } = desk;
  const timeHasCome = database.prepare(TIME_HAS_COME);
  const waitsFor = database.prepare(WAITS_FOR);
  const wake = database.prepare(WAKE);

  return (request: { readonly now: number; readonly wakeOn?: string }): number => {
    let woken = 0;
    const up = (row: Record<string, unknown>): void => {
      const id = row.id as number;
      const asked = lanesFrom(row.lanes as string);
      const stands = lanes.resolve(asked);
      const stood = laneText(stands);
      const place = numbers.place();
      const head = lanes.enter(stands, place, id);
      wake.run(head ? 1 : 0, place, stood === row.lanes ? null : stood, request.now, id);
      tallies.move(row.connection as number, SLEEPING, WAITING);
      woken++;
    };
    for (const row of timeHasCome.all(request.now)) up(row);
    if (request.wakeOn !== undefined)
      for (const row of waitsFor.all(request.wakeOn, WAKE_LIMIT - woken)) up(row);
    return woken;
  };
}

export function releaser(desk: Desk, audit: AuditLog) {
  const { database, lanes, tallies } = desk;
  const heldRow = database.prepare(HELD_ROW);
  const goOn = database.prepare(GO_ON);
  const giveUp = database.prepare(GIVE_UP);

  return (request: {
    readonly deliveryIds: readonly string[];
    readonly to: 'waiting' | 'dead';
    readonly at: number;
    readonly audit: AuditEntry;
  }): number => {
    if (!mayMove('held', request.to)) {
      throw storeFailure('STORE_MOVE_REFUSED', 'A held delivery was told to move where none goes.');
    }
    let released = 0;
    for (const deliveryId of request.deliveryIds) {
      const id = Number(deliveryId);
      const row = heldRow.get(id) as Record<string, number | string | null> | undefined;
      if (row?.state !== HELD) continue;
      const connection = row.connection as number;
      if (request.to === 'waiting') {
        goOn.run(request.at, id);
        tallies.move(connection, HELD, WAITING);
      } else {
        giveUp.run(request.at, id);
        tallies.move(connection, HELD, DEAD);
        lanes.leave(lanesFrom((row.stood ?? row.lanes) as string), row.place as number);
      }
      released++;
    }
    audit.add([request.audit]);
    return released;
  };
}
