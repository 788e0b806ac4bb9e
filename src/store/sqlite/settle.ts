/** How an attempt ends, and what it did until then. */
import { mayMove, type StepRecord } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { Settled, Settlement } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import {
  codeOf,
  DEAD,
  DELIVERED,
  DELIVERY_STATES,
  FILTERED,
  HELD,
  HOLD_REASONS,
  RUNNING,
  SLEEPING,
  WAITING,
} from './codes.ts';
import type { Desk } from './desk.ts';
import { lanesFrom } from './lanes.ts';
import { stepWriter } from './steps.ts';

const RUNNING_ROW =
  'SELECT connection, state, epoch, place, attempts, steps, lanes, stood FROM delivery WHERE id = ?';
const FINISH = `
UPDATE delivery SET state = ?, head = 0, attempts = ?, steps = ?, step = ?, finished_at = ?, failure = coalesce(?, failure)
WHERE id = ?`;
const RETRY = `
UPDATE delivery SET state = 0, attempts = ?, steps = ?, due_at = ?, failure = ?,
  possible_duplicate = max(possible_duplicate, ?)
WHERE id = ?`;
const HOLD = `
UPDATE delivery SET state = 3, attempts = ?, steps = ?, step = ?, held_for = ?, failure = ? WHERE id = ?`;
const SLEEP =
  'UPDATE delivery SET state = 2, head = 0, steps = ?, step = ?, wake_at = ?, wake_on = ? WHERE id = ?';
const GIVE_BACK = 'UPDATE delivery SET state = 0, steps = ? WHERE id = ?';
const COUNT_STEPS = 'UPDATE delivery SET steps = ? WHERE id = ?';
const ADD_ATTEMPT =
  'INSERT INTO attempt (delivery, attempt, ended_at, ms, failure, sealed) VALUES (?, ?, ?, ?, ?, ?)';

const TARGETS: Readonly<Record<Settlement['to'], number>> = {
  delivered: DELIVERED,
  filtered: FILTERED,
  waiting: WAITING,
  dead: DEAD,
  held: HELD,
  sleeping: SLEEPING,
  'given back': WAITING,
};

interface RunningColumns {
  readonly connection: number;
  readonly state: number;
  readonly epoch: number;
  readonly place: number;
  readonly attempts: number;
  readonly steps: number;
  readonly lanes: string;
  readonly stood: string | null;
}

export function settler(desk: Desk) {
  const { database, lanes, tallies, vault } = desk;
  const runningRow = database.prepare(RUNNING_ROW);
  const finish = database.prepare(FINISH);
  const retry = database.prepare(RETRY);
  const hold = database.prepare(HOLD);
  const sleep = database.prepare(SLEEP);
  const giveBack = database.prepare(GIVE_BACK);
  const countSteps = database.prepare(COUNT_STEPS);
  const addAttempt = database.prepare(ADD_ATTEMPT);
  const addSteps = stepWriter(desk);

  /** The row, if it runs under this lease; anything else is stale. */
  const leasedRow = (deliveryId: string, epoch: number): RunningColumns | undefined => {
    const row = runningRow.get(Number(deliveryId)) as unknown as RunningColumns | undefined;
    return row && row.state === RUNNING && row.epoch === epoch ? row : undefined;
  };
  const failed = (
    id: number,
    attempt: number,
    end: { at: number; ms: number; failure: FailureRecord; detail: string | null },
  ): string => {
    const failure = JSON.stringify(end.failure);
    const sealed =
      end.detail === null ? null : vault.seal('attempt', `${id}:${attempt}`, Buffer.from(end.detail));
    addAttempt.run(id, attempt, end.at, end.ms, failure, sealed);
    return failure;
  };

  return {
    remember(work: { deliveryId: string; epoch: number; steps: readonly StepRecord[] }): Settled {
      const row = leasedRow(work.deliveryId, work.epoch);
      if (!row) return 'stale';
      const id = Number(work.deliveryId);
      countSteps.run(addSteps(id, row.steps, work.steps), id);
      return 'settled';
    },
    settle(end: Settlement): Settled {
      const target = TARGETS[end.to];
      if (target === undefined || !mayMove('running', DELIVERY_STATES[target] as 'waiting')) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A delivery was told to move where no delivery goes.');
      }
      const row = leasedRow(end.deliveryId, end.epoch);
      if (!row) return 'stale';
      const id = Number(end.deliveryId);
      const attempt = row.attempts + 1;
      const steps = end.steps.length === 0 ? row.steps : addSteps(id, row.steps, end.steps);
      switch (end.to) {
        case 'delivered':
          finish.run(DELIVERED, attempt, steps, null, end.at, null, id);
          break;
        case 'filtered':
          finish.run(FILTERED, attempt, steps, end.step, end.at, null, id);
          break;
        case 'dead':
          finish.run(DEAD, attempt, steps, end.failure.at.step ?? null, end.at, failed(id, attempt, end), id);
          break;
        case 'waiting':
          // What was sent may have arrived: the next attempt, and everyone who looks, must know.
          retry.run(
            attempt,
            steps,
            end.dueAt,
            failed(id, attempt, end),
            end.failure.kind === 'unknown-outcome' ? 1 : 0,
            id,
          );
          break;
        case 'held':
          hold.run(attempt, steps, end.step, codeOf(HOLD_REASONS, end.reason), failed(id, attempt, end), id);
          break;
        case 'sleeping':
          sleep.run(steps, end.step, end.wakeAt, end.wakeOn, id);
          break;
        case 'given back':
          giveBack.run(steps, id);
          break;
      }
      tallies.move(row.connection, RUNNING, target);
      const stands = target === WAITING || target === HELD;
      if (!stands) lanes.leave(lanesFrom(row.stood ?? row.lanes), row.place);
      return 'settled';
    },
  };
}
