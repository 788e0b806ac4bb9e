/** How an attempt ends, and what it did until then. */
import { mayMove, type StepRecord } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { Settled, Settlement } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { buriedBy } from './causes.ts';
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
import { sleepSettler } from './sleeping.ts';
import type { Standing } from './standing.ts';
import { stepWriter } from './steps.ts';

const FINISH = `
UPDATE delivery SET state = ?, attempts = ?, steps = ?, step = ?, finished_at = ?, failure = coalesce(?, failure)
WHERE id = ?`;
const RETRY = `
UPDATE delivery SET attempts = ?, steps = ?, due_at = ?, failure = ?,
  possible_duplicate = max(possible_duplicate, ?)
WHERE id = ?`;
const HOLD = `
UPDATE delivery SET state = 3, attempts = ?, steps = ?, step = ?, held_for = ?, failure = ?,
  possible_duplicate = max(possible_duplicate, ?)
WHERE id = ?`;
const RAN = 'UPDATE delivery SET version = ? WHERE id = ?';
const NOT_BEFORE = 'UPDATE delivery SET due_at = ? WHERE id = ?';
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

export function settler(desk: Desk) {
  const { database, dictionary, standing, tallies, vault } = desk;
  const finish = database.prepare(FINISH);
  const retry = database.prepare(RETRY);
  const hold = database.prepare(HOLD);
  const ran = database.prepare(RAN);
  const notBefore = database.prepare(NOT_BEFORE);
  const countSteps = database.prepare(COUNT_STEPS);
  const addAttempt = database.prepare(ADD_ATTEMPT);
  const addSteps = stepWriter(desk);
  const fallAsleep = sleepSettler(desk);
  const bury = buriedBy(desk);

  /** The delivery, if it runs under this lease; anything else is stale. */
  const leased = (deliveryId: string, epoch: number): Standing | undefined => {
    const one = standing.get(Number(deliveryId));
    return one && one.state === RUNNING && one.epoch === epoch ? one : undefined;
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
      const one = leased(work.deliveryId, work.epoch);
      if (!one) return 'stale';
      one.steps = addSteps(one.id, one.steps, work.steps);
      countSteps.run(one.steps, one.id);
      return 'settled';
    },
    settle(end: Settlement): Settled {
      let target = TARGETS[end.to];
      if (target === undefined || !mayMove('running', DELIVERY_STATES[target] as 'waiting')) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A delivery was told to move where no delivery goes.');
      }
      const one = leased(end.deliveryId, end.epoch);
      if (!one) return 'stale';
      const { id, connection } = one;
      const attempt = one.attempts + 1;
      if (end.steps.length > 0) one.steps = addSteps(id, one.steps, end.steps);
      const { steps } = one;
      if (end.flowVersion !== undefined) ran.run(dictionary.name(end.flowVersion), id);
      switch (end.to) {
        case 'delivered':
          finish.run(DELIVERED, attempt, steps, null, end.at, null, id);
          standing.leave(one);
          break;
        case 'filtered':
          finish.run(FILTERED, attempt, steps, end.step, end.at, null, id);
          standing.leave(one);
          break;
        case 'dead':
          finish.run(DEAD, attempt, steps, end.failure.at.step ?? null, end.at, failed(id, attempt, end), id);
          bury(id);
          standing.leave(one);
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
          one.attempts = attempt;
          standing.wait(one, end.dueAt);
          break;
        case 'held':
          hold.run(
            attempt,
            steps,
            end.step,
            codeOf(HOLD_REASONS, end.reason),
            failed(id, attempt, end),
            end.failure.kind === 'unknown-outcome' ? 1 : 0,
            id,
          );
          one.attempts = attempt;
          standing.hold(one);
          break;
        case 'sleeping':
          standing.leave(one);
          target = fallAsleep(one, end);
          break;
        case 'given back':
          if (end.steps.length > 0) countSteps.run(steps, id);
          if (end.dueAt !== undefined) notBefore.run(end.dueAt, id);
          standing.wait(one, end.dueAt ?? one.dueAt);
          break;
      }
      tallies.move(connection, RUNNING, target);
      return 'settled';
    },
  };
}
