/** What the interpreter did, step by step, for people. */
import type { Remembered, TraceEntry } from './command.ts';
import type { Step } from './flow.ts';
import { everyStep, idOfKey } from './nested.ts';
import type { PreparedFlow, PreparedStep } from './prepare.ts';
import type { Outcome } from './run.ts';

export class Tracing {
  readonly #entries: TraceEntry[] = [];
  readonly #prepared: PreparedFlow;
  readonly #remembered: Remembered;

  constructor(prepared: PreparedFlow, remembered: Remembered) {
    this.#prepared = prepared;
    this.#remembered = remembered;
  }

  /** A step that holds others stands before them, though it ends behind them. */
  begin(step: Step, key: string): number {
    return this.#entries.push({ ...about(step, key), state: 'next' }) - 1;
  }

  end(
    at: number,
    step: Step,
    key: string,
    input: Readonly<Record<string, unknown>> | undefined,
    outcome: Outcome,
  ): void {
    this.#entries[at] = entryOf(step, key, input, outcome, this.#remembered);
    // Its condition did not hold: nothing within it was looked at.
    if (outcome.kind === 'value' && outcome.skipped)
      for (const inner of everyStep([step]).slice(1))
        this.#entries.push({ ...about(inner, keyWithin(inner.id, key)), state: 'skipped' });
  }

  /** Steps that another way went around. */
  passed(steps: readonly PreparedStep[], places: readonly number[]): void {
    for (const step of everyStep(steps.map((each) => each.step))) {
      const key = places.length === 0 ? step.id : `${step.id}/${places.join('/')}`;
      this.#entries.push({ ...about(step, key), state: 'skipped' });
    }
  }

  /** With those that were not reached. */
  all(): TraceEntry[] {
    const seen = new Set(this.#entries.map((entry) => idOfKey(entry.step)));
    const left = everyStep(this.#prepared.flow.steps).filter(({ id }) => !seen.has(id));
    return [
      ...this.#entries,
      ...left.map((step) => ({ ...about(step, step.id), state: 'not reached' as const })),
    ];
  }
}

const keyWithin = (id: string, key: string): string => `${id}${key.slice(idOfKey(key).length)}`;

const about = (step: Step, key: string): Pick<TraceEntry, 'step' | 'kind' | 'connection' | 'do'> => ({
  step: key,
  kind: step.kind,
  ...('connection' in step ? { connection: step.connection, do: step.do } : {}),
});

/** Steps whose input is their output, or nothing. */
const SELF_EXPLAINING: readonly Step['kind'][] = ['filter', 'map', 'respond', 'lookup', 'route', 'for-each'];

function entryOf(
  step: Step,
  key: string,
  input: Readonly<Record<string, unknown>> | undefined,
  outcome: Outcome,
  remembered: Remembered,
): TraceEntry {
  const base = about(step, key);
  const given = input === undefined || SELF_EXPLAINING.includes(step.kind) ? {} : { input };
  if (outcome.kind === 'value') {
    if (outcome.skipped) return { ...base, state: 'skipped' };
    return { ...base, ...given, state: 'done', output: outcome.value };
  }
  const { command } = outcome;
  // A step within it is where it stopped.
  if ('step' in command && command.step !== key) return { ...base, state: 'next' };
  // What a find gave stays to be seen: a person must compare the candidates.
  const answer = remembered.has(key) ? { output: remembered.get(key) } : {};
  if (command.kind === 'hold')
    return { ...base, ...given, ...answer, state: 'held', failure: command.failure.toJSON() };
  if (command.kind === 'fail')
    return { ...base, ...given, ...answer, state: 'failed', failure: command.failure.toJSON() };
  if (command.kind === 'sleep')
    return { ...base, ...given, ...answer, state: remembered.has(key) ? 'sleeping' : 'next' };
  return { ...base, ...given, ...answer, state: command.kind === 'end' ? 'filtered' : 'next' };
}
