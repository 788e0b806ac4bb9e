/** A new delivery: planned at receipt, or a replay of an old one. */
import type { StepRecord } from '../../message/index.ts';
import { WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { laneText } from './lanes.ts';
import { stepWriter } from './steps.ts';

const ADD = `
INSERT INTO delivery (
  id, message, connection, flow, version, state, head, place, due_at, epoch, attempts, steps, possible_duplicate,
  replay_of, created_at, lanes, stood
) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, 0, 0, ?, 0, ?, ?, ?, ?)`;

export interface Plan {
  readonly message: number;
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
  const { database, dictionary, lanes, numbers, tallies } = desk;
  const add = database.prepare(ADD);
  const remember = stepWriter(desk);
  return (plan: Plan): number => {
    // Without a lane it could overtake: the contract asks for one at least.
    if (plan.lanes.length === 0) throw new RangeError('a delivery without a lane');
    const id = numbers.place();
    const stands = lanes.resolve(plan.lanes);
    const head = lanes.enter(stands, id, id);
    const asked = laneText(plan.lanes);
    const stood = stands === plan.lanes ? asked : laneText(stands);
    const steps = plan.remembered.length === 0 ? 0 : remember(id, 0, plan.remembered);
    add.run(
      id,
      plan.message,
      plan.connection,
      dictionary.name(plan.flow),
      dictionary.name(plan.version),
      head ? 1 : 0,
      id,
      plan.dueAt,
      steps,
      plan.replayOf,
      plan.createdAt,
      asked,
      stood === asked ? null : stood,
    );
    tallies.move(plan.connection, null, WAITING);
    return id;
  };
}
