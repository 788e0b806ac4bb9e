/**
 * What ends a sleep: a message, the time, or that it had come before. What happened is added to the sleeping step's
 * remembered output. Events and those who fall asleep hold `lock_sleep`, so that neither looks past the other.
 */
import type { Woken } from '../../message/index.ts';
import type { NewMessage } from '../contract.ts';
import { FILTERED } from '../sqlite/codes.ts';
import { Bundle, type Desk, openJson } from './desk.ts';
import type { Ask } from './session.ts';
import { stepRows } from './steps.ts';

const ASLEEP = `
SELECT o.id, o.step, s.started_at, s.sealed
FROM unnest($1::bigint[]) WITH ORDINALITY AS i (id, ord) JOIN open_delivery o USING (id)
LEFT JOIN step_output s ON s.delivery = o.id AND s.step = o.step ORDER BY i.ord`;
const PUT_STEPS = 'SELECT put_steps(ARRAY(SELECT s FROM json_populate_recordset(NULL::stepping, $1) s), $2)';
const STAND_AGAIN = 'SELECT stand_again($1, $2, $3, $4)';
const END = 'SELECT end_moved($1, $2, $3, $4, NULL)';
const EVENT_PLACE = "SELECT nextval('place') AS place FROM lock_sleep(false)";
const EVENT_CAME = 'SELECT event_came($1, $2, $3, $4)';
const WITH_KEYS = 'SELECT id FROM sleepers_with($1, $2, 2147483647) AS s (id)';

interface AsleepColumns {
  readonly id: number;
  readonly step: string;
  readonly started_at: number | null;
  readonly sealed: Uint8Array | null;
}

export function sleepEnder(desk: Desk) {
  const { keys } = desk;

  /** What the step says of it, added to what it had said. */
  const wokenOutput = (id: number, step: string, sealed: Uint8Array | null, woken: Woken): object => {
    let output: unknown;
    try {
      output = sealed === null ? undefined : openJson(keys, 'step', `${id}:${step}`, sealed);
    } catch {
      // Damaged: what it was asked is lost, but a message that ends or wakes it must be kept all the same.
    }
    return { ...(output as object), ...woken };
  };
  const remember = async (ask: Ask, ids: readonly number[], woken: Woken): Promise<void> => {
    const rows = await ask<AsleepColumns>(ASLEEP, [ids]);
    await keys.fetch(rows.map((row) => row.sealed));
    const bundle = new Bundle();
    const steps = rows.flatMap(({ id, step, started_at, sealed }) => {
      const startedAt = started_at ?? woken.wokenAt;
      const ms = Math.max(0, woken.wokenAt - startedAt);
      return stepRows(keys, bundle, id, [
        { step, startedAt, ms, output: wokenOutput(id, step, sealed, woken) as never },
      ]);
    });
    await ask(PUT_STEPS, [JSON.stringify(steps), bundle.close()]);
  };

  return {
    wokenOutput,
    /** They stand at the tail of their lanes, in this order. `by`: the place of the event. */
    async rise(
      ask: Ask,
      slot: number,
      ids: readonly number[],
      woken: Woken,
      by: number | null,
    ): Promise<void> {
      if (ids.length === 0) return;
      await remember(ask, ids, woken);
      await ask(STAND_AGAIN, [slot, ids, woken.wokenAt, by]);
    },
    /** Taken before the message's own deliveries are planned: to them the event did not come after. */
    async eventPlace(ask: Ask): Promise<number> {
      return (await ask<{ place: number }>(EVENT_PLACE))[0]?.place as number;
    },
    /** What a message does to sleepers, and to those that have not fallen asleep yet. */
    async tell(ask: Ask, slot: number, message: number, place: number, told: NewMessage): Promise<void> {
      const { cancels = [], wakes = [], receivedAt } = told;
      await ask(EVENT_CAME, [message, place, cancels, wakes]);
      const woken: Woken = { wokenAt: receivedAt, by: 'event', messageId: String(message) };
      const having = async (names: readonly string[], ends: boolean): Promise<number[]> =>
        (await ask<{ id: number }>(WITH_KEYS, [names, ends])).map((row) => row.id);
      const ended = cancels.length === 0 ? [] : await having(cancels, true);
      if (ended.length > 0) {
        await remember(ask, ended, { ...woken, cancelled: true });
        await ask(END, [slot, ended, FILTERED, receivedAt]);
      }
      if (wakes.length > 0) await this.rise(ask, slot, await having(wakes, false), woken, place);
    },
  };
}
