/** Sleepers and held ones go on: by time, by an event, or by a person. */
import { mayMove } from '../../message/index.ts';
import type { AuditEntry } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import type { AuditLog } from './audit.ts';
import { buriedBy } from './causes.ts';
import { DEAD, HELD, RUNNING, WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { riser, sleeperKeys } from './sleeping.ts';

/** Sleepers woken in one transaction; the caller asks again while it gets as many. */
export const WAKE_LIMIT = 500;

const TIME_HAS_COME = `
SELECT id FROM delivery INDEXED BY delivery_wake
WHERE state = 2 AND wake_at <= ? ORDER BY wake_at, id LIMIT ${WAKE_LIMIT}`;
const GO_ON =
  'UPDATE delivery SET state = 0, held_for = NULL, due_at = ?1, released_at = ?1, released_attempts = attempts WHERE id = ?2';
const TRY_NOW = 'UPDATE delivery SET due_at = ? WHERE id = ?';
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
  const { database } = desk;
  const timeHasCome = database.prepare(TIME_HAS_COME);
  const { rise } = riser(desk);
  const { waitingFor } = sleeperKeys(desk);

  return (request: { readonly now: number; readonly wakeOn?: string }): number => {
    let woken = 0;
    for (const { id } of timeHasCome.all(request.now) as { id: number }[]) {
      rise(id, { wokenAt: request.now, by: 'time' });
      woken++;
    }
    if (request.wakeOn === undefined) return woken;
    for (const id of waitingFor(request.wakeOn, WAKE_LIMIT - woken)) {
      rise(id, { wokenAt: request.now, by: 'event' });
      woken++;
    }
    return woken;
  };
}

export function releaser(desk: Desk, audit: AuditLog) {
  const { database, standing, tallies } = desk;
  const goOn = database.prepare(GO_ON);
  const tryNow = database.prepare(TRY_NOW);
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
      if (one === undefined || one.state === RUNNING) continue;
      const { id, connection, state } = one;
      if (request.to === 'dead') {
        // Whoever waits behind another has nothing to give up yet. Who is held may be anywhere after an unlink; but one
        // that stands in several lanes keeps the order between them as long as it is not the first.
        if (!standing.isHead(one) && (state !== HELD || one.lanes.length > 1)) continue;
        giveUp.run(request.at, id);
        bury(id);
        standing.leave(one);
        tallies.move(connection, state, DEAD);
      } else if (state === HELD) {
        goOn.run(request.at, id);
        standing.wait(one, request.at);
        tallies.move(connection, HELD, WAITING);
      } else {
        if (one.dueAt <= request.at) continue;
        tryNow.run(request.at, id);
        standing.wait(one, request.at);
      }
      released++;
    }
    audit.add([request.audit]);
    return released;
  };
}
