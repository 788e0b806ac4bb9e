/** Sleepers and held ones go on: by time, by an event, or by a person. */
import { fingerprintOf, mayMove } from '../../message/index.ts';
import type { FailureRecord } from '../../std/index.ts';
import type { Settled, Store } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { DEAD, DELIVERY_STATES } from '../sqlite/codes.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import { Bundle, type Desk, SLOT } from './desk.ts';
import type { Ask } from './session.ts';
import { sleepEnder } from './sleepers.ts';
import { stepRows } from './steps.ts';

const LOCK = "SELECT lock_append('{}', false)";
const DUE = 'SELECT id FROM sleepers_due($1, $2) AS s (id)';
const WITH_KEY = 'SELECT id FROM sleepers_with($1, false, $2) AS s (id)';
const MAY_RELEASE = 'SELECT id, flow, failure FROM may_release($1, $2, $3)';
const GO_ON = 'SELECT go_on($1, $2, $3)';
const GIVE_UP = 'SELECT end_moved($1, $2, $3, $4, $5)';
const ASKING = `
SELECT flow, failure FROM open_delivery WHERE id = $1 AND state IN (2, 3) AND step = $2 FOR UPDATE`;
const ANSWER = 'SELECT answer_one($1, $2, $3, $4, $5, $6, $7)';

/** Sleepers woken in one transaction. */
const WAKE_LIMIT = 500;

interface Dying {
  readonly id: number;
  readonly flow: number;
  readonly failure: string | null;
}

export function waker(desk: Desk) {
  const { dictionary, keys, node, writers } = desk;
  const { rise } = sleepEnder(desk);
  const slot = (): number => node.slot(SLOT.other);

  /** Which cause each of them dies of. */
  const causes = async (dying: readonly Omit<Dying, 'id'>[]): Promise<readonly string[]> => {
    await dictionary.fetch(
      [],
      dying.map((one) => one.flow),
    );
    return dying.map(({ flow, failure }) =>
      fingerprintOf(
        failure === null ? null : (JSON.parse(failure) as FailureRecord),
        dictionary.nameAt(flow),
      ),
    );
  };
  const idsOf = (rows: readonly { readonly id: number }[]): number[] => rows.map((row) => row.id);

  const wakeSome = async (
    ask: Ask,
    request: { readonly now: number; readonly wakeOn?: string },
  ): Promise<number> => {
    await ask(LOCK);
    const due = idsOf(await ask<{ id: number }>(DUE, [request.now, WAKE_LIMIT]));
    await rise(ask, slot(), due, { wokenAt: request.now, by: 'time' }, null);
    if (request.wakeOn === undefined || due.length === WAKE_LIMIT) return due.length;
    const on = idsOf(await ask<{ id: number }>(WITH_KEY, [[request.wakeOn], WAKE_LIMIT - due.length]));
    await rise(ask, slot(), on, { wokenAt: request.now, by: 'event' }, null);
    return due.length + on.length;
  };
  const release = async (ask: Ask, request: Parameters<Store['release']>[0]): Promise<number> => {
    const wanted = request.deliveryIds.map(Number);
    const dies = request.to === 'dead';
    let released = 0;
    // Given up, a head leaves its lane to the next, which may be one of these, too.
    for (;;) {
      const some = await ask<Dying>(MAY_RELEASE, [wanted, dies, request.at]);
      if (some.length === 0) break;
      released += some.length;
      if (dies) await ask(GIVE_UP, [slot(), idsOf(some), DEAD, request.at, await causes(some)]);
      else await ask(GO_ON, [slot(), idsOf(some), request.at]);
      if (!dies) break;
    }
    await addAudit(desk, ask, [request.audit]);
    return released;
  };
  const answer = async (ask: Ask, request: Parameters<Store['answer']>[0]): Promise<Settled> => {
    const id = Number(request.deliveryId);
    const state = DELIVERY_STATES.indexOf(request.to);
    await ask(LOCK);
    const [asking] = await ask<Omit<Dying, 'id'>>(ASKING, [id, request.step.step]);
    if (!asking) return 'stale';
    const bundle = new Bundle();
    const steps = JSON.stringify(stepRows(keys, bundle, id, [request.step]));
    const print = state === DEAD ? (await causes([asking]))[0] : null;
    await ask(ANSWER, [slot(), id, state, request.at, steps, bundle.close(), print]);
    await addAudit(desk, ask, [request.audit]);
    return 'settled';
  };

  return {
    async wake(request: { readonly now: number; readonly wakeOn?: string }): Promise<number> {
      for (let woken = 0; ; ) {
        const some = await again(() => writers.other.transaction((ask) => wakeSome(ask, request)));
        woken += some;
        if (some < WAKE_LIMIT) return woken;
      }
    },
    async release(request: Parameters<Store['release']>[0]): Promise<number> {
      if (!mayMove('held', request.to)) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A held delivery was told to move where none goes.');
      }
      return again(() => writers.other.transaction((ask) => release(ask, request)));
    },
    async answer(request: Parameters<Store['answer']>[0]): Promise<Settled> {
      if (!mayMove('sleeping', request.to)) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A sleeping delivery was told to move where none goes.');
      }
      return again(() => writers.other.transaction((ask) => answer(ask, request)));
    },
  };
}
