/** A new delivery: planned at receipt, or a replay of an old one. */
import type { StepRecord } from '../../message/index.ts';
import { storeFailure } from '../failures.ts';
import { WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { laneText, standsIn } from './lanes.ts';
import { DELIVERIES_OF_ONE, deliveryId } from './numbers.ts';
import { stepWriter } from './steps.ts';

const ADD = `
INSERT INTO delivery (
  id, connection, flow, version, state, place, due_at, attempts, steps, possible_duplicate, replay_of, created_at, lanes, stood, late
) VALUES (?, ?, ?, ?, 0, ?, ?, 0, ?, 0, ?, ?, ?, ?, ?)`;
const MARK_OLD = 'UPDATE delivery SET replayed_by = ? WHERE id = ?';

export interface Plan {
  readonly message: number;
  /** Which of the message's deliveries, from 0. */
  readonly nth: number;
  readonly connection: number;
  readonly flow: string;
  readonly version: string;
  readonly lanes: readonly string[];
  readonly dueAt: number;
  readonly createdAt: number;
  readonly replayOf: number | null;
  readonly remembered: readonly StepRecord[];
}

/** Puts a delivery at the tail of its lanes; gives its id. */
export function planner(desk: Desk) {
  const { aliases, database, dictionary, filing, numbers, standing, tallies } = desk;
  const add = database.prepare(ADD);
  const markOld = database.prepare(MARK_OLD);
  const remember = stepWriter(desk);
  return (plan: Plan): number => {
    // Without a lane it could overtake: the contract asks for one at least.
    if (plan.lanes.length === 0) throw new RangeError('a delivery without a lane');
    if (plan.nth >= DELIVERIES_OF_ONE) {
      throw storeFailure(
        'STORE_REFUSED',
        `A message cannot have more than ${DELIVERIES_OF_ONE} deliveries, replays included.`,
      );
    }
    const id = deliveryId(plan.message, plan.nth);
    const place = numbers.place();
    const lanes = standsIn(aliases, standing, plan.lanes);
    const asked = laneText(plan.lanes);
    const stood = lanes === plan.lanes ? asked : laneText(lanes);
    const steps = plan.remembered.length === 0 ? 0 : remember(id, 0, plan.remembered);
    const flow = dictionary.name(plan.flow);
    add.run(
      id,
      plan.connection,
      flow,
      dictionary.name(plan.version),
      place,
      plan.dueAt,
      steps,
      plan.replayOf,
      plan.createdAt,
      asked,
      stood === asked ? null : stood,
      filing.isFiled(plan.message) ? 1 : 0,
    );
    if (plan.replayOf !== null) markOld.run(id, plan.replayOf);
    standing.enter({ id, connection: plan.connection, place, lanes, dueAt: plan.dueAt, attempts: 0, steps });
    filing.flow(flow, plan.message);
    tallies.move(plan.connection, null, WAITING);
    return id;
  };
}
