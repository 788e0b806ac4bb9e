/** Remembered effects: what a retry does not do again. */
import type { StepRecord } from '../../message/index.ts';
import { type Desk, openJson, sealJson, type View } from './desk.ts';

const ADD = `
INSERT INTO step_output (delivery, seq, step, started_at, ms, sealed) VALUES (?, ?, ?, ?, ?, ?)`;
/** A delivery has few steps: looking through them costs less than a second index for all. */
const AGAIN = 'UPDATE step_output SET started_at = ?, ms = ?, sealed = ? WHERE delivery = ? AND step = ?';
const STEPS = 'SELECT step, started_at, ms, sealed FROM step_output WHERE delivery = ? ORDER BY seq';

interface StepColumns {
  readonly step: string;
  readonly started_at: number;
  readonly ms: number;
  readonly sealed: Uint8Array;
}

/** Adds steps after the `count` that are remembered; one that was asked for again keeps its place. Gives the new count. */
export function stepWriter({ database, vault }: Desk) {
  const add = database.prepare(ADD);
  const again = database.prepare(AGAIN);
  return (delivery: number, count: number, steps: readonly StepRecord[]): number => {
    let seq = count;
    for (const step of steps) {
      const sealed = sealJson(vault, 'step', `${delivery}:${step.step}`, step.output);
      if (seq > 0 && again.run(step.startedAt, step.ms, sealed, delivery, step.step).changes > 0) continue;
      add.run(delivery, seq, step.step, step.startedAt, step.ms, sealed);
      seq++;
    }
    return seq;
  };
}

/** The remembered steps of a delivery in the order they were done. */
export function stepReader({ database, vault }: View) {
  const all = database.prepare(STEPS);
  return (delivery: number): StepRecord[] =>
    (all.all(delivery) as unknown as StepColumns[]).map((row) => ({
      step: row.step,
      startedAt: row.started_at,
      ms: row.ms,
      output: openJson(vault, 'step', `${delivery}:${row.step}`, row.sealed),
    }));
}
