/** Sleepers and held ones go on: by time, by an event, or by a person. */
import { mayMove } from '../../message/index.ts';
import type { AuditEntry } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import type { AuditLog } from './audit.ts';
import { buriedBy } from './causes.ts';
import { DEAD, HELD, SLEEPING, WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { lanesFrom, laneText } from './lanes.ts';

/** Sleepers woken in one transaction; the caller asks again while it gets as many. */
export const WAKE_LIMIT = 500;

const SLEEPER_COLUMNS = 'id, connection, attempts, steps, lanes';
const TIME_HAS_COME = `
SELECT ${SLEEPER_COLUMNS} FROM delivery INDEXED BY delivery_wake
WHERE state = 2 AND wake_at <= ? ORDER BY wake_at, id LIMIT ${WAKE_LIMIT}`;
const WAITS_FOR = `
SELECT ${SLEEPER_COLUMNS} FROM delivery INDEXED BY delivery_wake_on
WHERE state = 2 AND wake_on = ? ORDER BY id LIMIT ?`;
const WAKE = `
UPDATE delivery SET state = 0, place = ?, stood = ?, due_at = ?, wake_at = NULL, wake_on = NULL WHERE id = ?`;
const GO_ON = 'UPDATE delivery SET state = 0, held_for = NULL, due_at = ? WHERE id = ?';
const GIVE_UP = 'UPDATE delivery SET state = 6, held_for = NULL, finished_at = ? WHERE id = ?';

const NEXT_WAKE = 'SELECT min(wake_at) AS at FROM delivery INDEXED BY delivery_wake WHERE state = 2';

/** When something is due next: a waiting head, or a sleeper. */
export function dueTeller({ database, standing }: Desk) {
  const nextWake = database.prepare(NEXT_WAKE);
  return (): number | null => {
    const wake = (nextWake.get() as { at: number | null }).at;
    const due = standing.nextDue();
    return wake === null || due === null ? (wake ?? due) : Math.min(wake, due);
  };
}

export function waker(desk: Desk) {
  const { aliases, database, numbers, standing, tallies } = desk;
  const timeHasCome = database.prepare(TIME_HAS_COME);
  const waitsFor = database.prepare(WAITS_FOR);
  const wake = database.prepare(WAKE);

  return (request: { readonly now: number; readonly wakeOn?: string }): number => {
    let woken = 0;
    const up = (row: Record<string, unknown>): void => {
      const id = row.id as number;
      const connection = row.connection as number;
      const lanes = aliases.resolve(lanesFrom(row.lanes as string));
      const stood = laneText(lanes);
      const place = numbers.place();
      wake.run(place, stood === row.lanes ? null : stood, request.now, id);
      const { attempts, steps } = row as { attempts: number; steps: number };
      standing.enter({ id, connection, place, lanes, dueAt: request.now, attempts, steps });
      tallies.move(connection, SLEEPING, WAITING);
      woken++;
    };
    for (const row of timeHasCome.all(request.now)) up(row);
    if (request.wakeOn !== undefined)
      for (const row of waitsFor.all(request.wakeOn, WAKE_LIMIT - woken)) up(row);
    return woken;
  };
}

export function releaser(desk: Desk, audit: AuditLog) {
  const { database, standing, tallies } = desk;
  const goOn = database.prepare(GO_ON);
  const giveUp = database.prepare(GIVE_UP);
  const bury = buriedBy(desk);

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
      const one = standing.get(Number(deliveryId));
      if (one?.state !== HELD) continue;
      const { id, connection } = one;
      if (request.to === 'waiting') {
        goOn.run(request.at, id);
        standing.wait(one, request.at);
        tallies.move(connection, HELD, WAITING);
      } else {
        giveUp.run(request.at, id);
        bury(id);
        standing.leave(one);
        tallies.move(connection, HELD, DEAD);
      }
      released++;
    }
    audit.add([request.audit]);
    return released;
  };
}
