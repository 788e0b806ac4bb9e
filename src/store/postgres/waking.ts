/** Sleepers and held ones go on: by time, by an event, or by a person. */
import { mayMove, type StepRecord } from '../../message/index.ts';
import type { AuditEntry, Settled } from '../contract.ts';
import { storeFailure } from '../failures.ts';
import { DELIVERY_STATES } from '../sqlite/codes.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import { Bundle, type Desk, SLOT } from './desk.ts';
import { stepRows } from './steps.ts';

const WAKE = 'SELECT wake_sleepers($1, $2, true, $3, $4) AS woken';
const RELEASE = 'SELECT release_held($1, $2, $3, $4) AS released';
const ANSWER = 'SELECT answer_sleeper($1, $2, $3, $4, $5, $6, $7) AS answered';

/** Sleepers woken in one transaction. */
const WAKE_LIMIT = 500;

export function waker(desk: Desk) {
  const { keys, node, writers } = desk;
  const slot = (): number => node.slot(SLOT.other);
  return {
    async wake(request: { readonly now: number; readonly wakeOn?: string }): Promise<number> {
      const on = request.wakeOn === undefined ? [] : [request.wakeOn];
      for (let woken = 0; ; ) {
        const [row] = await again(() =>
          writers.other.ask<{ woken: number }>(WAKE, [slot(), request.now, on, WAKE_LIMIT]),
        );
        const some = row?.woken ?? 0;
        woken += some;
        if (some < WAKE_LIMIT) return woken;
      }
    },
    async release(request: {
      readonly deliveryIds: readonly string[];
      readonly to: 'waiting' | 'dead';
      readonly at: number;
      readonly audit: AuditEntry;
    }): Promise<number> {
      if (!mayMove('held', request.to)) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A held delivery was told to move where none goes.');
      }
      return again(() =>
        writers.other.transaction(async (ask) => {
          const [row] = await ask<{ released: number }>(RELEASE, [
            slot(),
            request.deliveryIds.map(Number),
            DELIVERY_STATES.indexOf(request.to),
            request.at,
          ]);
          await addAudit(desk, ask, [request.audit]);
          return row?.released ?? 0;
        }),
      );
    },
    async answer(request: {
      readonly deliveryId: string;
      readonly step: StepRecord;
      readonly to: 'waiting' | 'filtered' | 'dead';
      readonly at: number;
      readonly audit: AuditEntry;
    }): Promise<Settled> {
      if (!mayMove('sleeping', request.to)) {
        throw storeFailure('STORE_MOVE_REFUSED', 'A sleeping delivery was told to move where none goes.');
      }
      const id = Number(request.deliveryId);
      const bundle = new Bundle();
      const rows = JSON.stringify(stepRows(keys, bundle, id, [request.step]));
      const bytes = bundle.close();
      return again(() =>
        writers.other.transaction(async (ask) => {
          const [row] = await ask<{ answered: boolean }>(ANSWER, [
            slot(),
            id,
            DELIVERY_STATES.indexOf(request.to),
            request.at,
            request.step.step,
            rows,
            bytes,
          ]);
          if (!row?.answered) return 'stale';
          await addAudit(desk, ask, [request.audit]);
          return 'settled';
        }),
      );
    },
  };
}
