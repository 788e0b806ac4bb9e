/** Remembered effects: what a retry does not do again. */
import type { StepRecord } from '../../message/index.ts';
import { type Bundle, type Desk, openJson, sealJson, storable } from './desk.ts';
import type { Keys } from './keys.ts';

const STEPS = `
SELECT delivery, step, started_at, ms, sealed FROM step_output WHERE delivery = ANY ($1) ORDER BY delivery, seq`;

interface StepColumns {
  readonly delivery: number;
  readonly step: string;
  readonly started_at: number;
  readonly ms: number;
  readonly sealed: Uint8Array;
}

/** As rows of `put_steps`: each step once, in the order they were done, with its newest output. */
export function stepRows(
  keys: Keys,
  bundle: Bundle,
  delivery: number,
  steps: readonly StepRecord[],
): readonly object[] {
  const newest = new Map<string, StepRecord>();
  for (const step of steps) newest.set(step.step, step);
  return [...newest.values()].map((step) => ({
    id: delivery,
    step: storable(step.step),
    started_at: step.startedAt,
    ms: Math.round(step.ms),
    ...bundle.put(sealJson(keys, 'step', `${delivery}:${storable(step.step)}`, step.output)),
  }));
}

/** The remembered steps of deliveries in the order they were done. */
export function stepReader({ keys, read }: Desk) {
  return async (deliveries: readonly number[]): Promise<ReadonlyMap<number, StepRecord[]>> => {
    const found = new Map<number, StepRecord[]>();
    if (deliveries.length === 0) return found;
    const rows = await read<StepColumns>(STEPS, [deliveries]);
    await keys.fetch(rows.map((row) => row.sealed));
    for (const row of rows) {
      const steps = found.get(row.delivery) ?? [];
      steps.push({
        step: row.step,
        startedAt: row.started_at,
        ms: row.ms,
        output: openJson(keys, 'step', `${row.delivery}:${row.step}`, row.sealed),
      });
      found.set(row.delivery, steps);
    }
    return found;
  };
}
