/** A person answers a step that asked. */
import type { Settled, Store } from '../contract.ts';
import type { AuditLog } from './audit.ts';
import { buriedBy } from './causes.ts';
import { DEAD, FILTERED, HELD, SLEEPING, WAITING } from './codes.ts';
import type { Desk } from './desk.ts';
import { riser, sleeperKeys } from './sleeping.ts';
import { stepWriter } from './steps.ts';

const STATE = 'SELECT state, step FROM delivery WHERE id = ?';
const GO_ON = 'UPDATE delivery SET state = 0, held_for = NULL, due_at = ?, steps = ? WHERE id = ?';

export function answerer(desk: Desk, audit: AuditLog) {
  const { database, standing, tallies } = desk;
  const stateOf = database.prepare(STATE);
  const goOn = database.prepare(GO_ON);
  const addSteps = stepWriter(desk);
  const keys = sleeperKeys(desk);
  const { rowOf, atTail, finish } = riser(desk);
  const bury = buriedBy(desk);

  return ({ deliveryId, step, to, at, audit: entry }: Parameters<Store['answer']>[0]): Settled => {
    const id = Number(deliveryId);
    const now = stateOf.get(id) as { state: number; step: string | null } | undefined;
    if (now === undefined || now.step !== step.step) return 'stale';
    if (now.state !== SLEEPING && now.state !== HELD) return 'stale';
    const row = rowOf(id);
    const steps = addSteps(id, row.steps, [step]);
    const target = to === 'waiting' ? WAITING : to === 'filtered' ? FILTERED : DEAD;
    const held = now.state === HELD ? standing.get(id) : undefined;
    if (held) held.steps = steps;
    else keys.leave(id);
    if (to !== 'waiting') {
      finish(target, row, steps, at);
      if (target === DEAD) bury(id);
      if (held) standing.leave(held);
    } else if (held) {
      goOn.run(at, steps, id);
      standing.wait(held, at);
    } else atTail(row, steps, at, undefined);
    tallies.move(row.connection, now.state, target);
    audit.add([entry]);
    return 'settled';
  };
}
