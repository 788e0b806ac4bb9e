/** Those of a group of settlements that fall asleep: what ends or wakes them may have come since they were planned. */
import type { StepRecord, Woken } from '../../message/index.ts';
import type { Settlement, SleepKey } from '../contract.ts';
import type { Desk } from './desk.ts';
import type { Ask } from './session.ts';
import { sleepEnder } from './sleepers.ts';

const LOCK = "SELECT lock_append('{}', false), lock_sleep(true)";
const CAME_BEFORE = 'SELECT id, ended, woken, place FROM came_before_sleep($1)';
const REMEMBERED = 'SELECT sealed FROM step_output WHERE delivery = $1 AND step = $2';
const STAND_AGAIN = 'SELECT stand_again($1, $2, $3, $4)';
const SET_KEYS = 'SELECT key_sleepers($1)';

type Sleep = Extract<Settlement, { to: 'sleeping' }>;

export interface Fate {
  /** A message ended it before it slept. */
  readonly ends: boolean;
  /** A message woke it before it slept: its place. */
  readonly wokenBy: number | null;
  /** What the sleeping step remembers of that. */
  readonly step: StepRecord | null;
}

export function sleepJudge(desk: Desk) {
  const { keys } = desk;
  const { wokenOutput } = sleepEnder(desk);

  const remembered = async (ask: Ask, end: Sleep, woken: Woken): Promise<StepRecord> => {
    const id = Number(end.deliveryId);
    const own = end.steps.findLast((one) => one.step === end.step);
    if (own) {
      const ms = Math.max(0, woken.wokenAt - own.startedAt);
      return { ...own, ms, output: { ...(own.output as object), ...woken } as never };
    }
    const [row] = await ask<{ sealed: Uint8Array }>(REMEMBERED, [id, end.step]);
    await keys.fetch(row ? [row.sealed] : []);
    const output = wokenOutput(id, end.step, row?.sealed ?? null, woken);
    return { step: end.step, startedAt: woken.wokenAt, ms: 0, output: output as never };
  };

  return {
    /** Holds off events until the transaction has ended. */
    async judge(ask: Ask, ends: readonly Sleep[]): Promise<ReadonlyMap<string, Fate>> {
      await ask(LOCK);
      const asked = ends.map((end): { id: number; wake_on: SleepKey | null; cancel_on: SleepKey | null } => ({
        id: Number(end.deliveryId),
        wake_on: end.wakeOn,
        cancel_on: end.cancelOn ?? null,
      }));
      const rows = await ask<{
        id: number;
        ended: number | null;
        woken: number | null;
        place: number | null;
      }>(CAME_BEFORE, [JSON.stringify(asked)]);
      const byId = new Map(rows.map((row) => [String(row.id), row]));
      const fates = new Map<string, Fate>();
      for (const end of ends) {
        const { ended = null, woken = null, place = null } = byId.get(end.deliveryId) ?? {};
        const by = ended ?? woken;
        const said = { wokenAt: end.at, by: 'event', messageId: String(by) } as const;
        fates.set(end.deliveryId, {
          ends: ended !== null,
          wokenBy: ended === null ? place : null,
          step:
            by === null
              ? null
              : await remembered(ask, end, ended === null ? said : { ...said, cancelled: true }),
        });
      }
      return fates;
    },
    /** After they were settled. */
    async fallAsleep(
      ask: Ask,
      slot: number,
      ends: readonly Sleep[],
      fates: ReadonlyMap<string, Fate>,
    ): Promise<void> {
      const asleep: number[] = [];
      for (const end of ends) {
        const fate = fates.get(end.deliveryId);
        const id = Number(end.deliveryId);
        if (fate?.ends) continue;
        if (fate?.wokenBy == null) asleep.push(id);
        else await ask(STAND_AGAIN, [slot, [id], end.at, fate.wokenBy]);
      }
      if (asleep.length > 0) await ask(SET_KEYS, [asleep]);
    },
  };
}
