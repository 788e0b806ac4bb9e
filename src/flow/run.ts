/**
 * The interpreter. Pure: given the flow, the event and what is remembered, it says what is next; asked again with the
 * same, it says the same. Maps, filters and conditions are computed anew each time; finds, effects and code are not.
 */
import type { MappingContext } from '../mapping/index.ts';
import { asFailure, type Json } from '../std/index.ts';
import type { Command, Remembered, TraceEntry } from './command.ts';
import type { EventContext } from './event.ts';
import { found } from './found.ts';
import type { PreparedFlow, PreparedStep } from './prepare.ts';
import { slept } from './sleep.ts';

/** What to do next for this delivery. Never throws: what goes wrong is a `fail` command that says where. */
export function next(prepared: PreparedFlow, context: EventContext, remembered: Remembered): Command {
  return interpret(prepared, context, remembered, undefined);
}

/** The steps as people look at them: the same computation, with what went in and came out of each. */
export function trace(prepared: PreparedFlow, context: EventContext, remembered: Remembered): TraceEntry[] {
  const entries: TraceEntry[] = [];
  interpret(prepared, context, remembered, entries);
  for (const { step } of prepared.steps.slice(entries.length))
    entries.push({ ...about(step), state: 'not reached' });
  return entries;
}

/** How one step ended: with a value, or with the command that the whole ends or pauses with. */
type Outcome =
  | { readonly kind: 'value'; readonly value: unknown; readonly skipped?: true }
  | { readonly kind: 'command'; readonly command: Command };

function interpret(
  { flow, steps }: PreparedFlow,
  context: EventContext,
  remembered: Remembered,
  entries: TraceEntry[] | undefined,
): Command {
  const values = new Map<string, unknown>([
    ['event', context.event],
    ['site', context.site],
  ]);
  const mapping: MappingContext = {
    values,
    hl7: context.hl7,
    timeZone: context.site.timeZone,
    valueSets: context.valueSets,
    receivedAt: context.receivedAt,
  };
  const cards: unknown[] = [];
  const answer = (): { readonly cards?: readonly unknown[] } =>
    flow.trigger.kind === 'cds' ? { cards } : {};
  for (const prepared of steps) {
    const { step } = prepared;
    let input: Readonly<Record<string, unknown>> | undefined;
    let outcome: Outcome;
    try {
      if (prepared.when?.(mapping) === false) outcome = { kind: 'value', value: null, skipped: true };
      else {
        input = prepared.input(mapping);
        outcome = take(prepared, input, mapping, remembered);
      }
    } catch (error) {
      const failure = asFailure(error, { flow: flow.name, step: step.id });
      outcome = {
        kind: 'command',
        command: { kind: 'fail', step: step.id, failure, askAgain: askAgain(prepared) },
      };
    }
    entries?.push(entryOf(prepared, input, outcome, remembered));
    if (outcome.kind === 'command') {
      const { command } = outcome;
      return command.kind === 'hold'
        ? { ...command, failure: command.failure.within({ flow: flow.name, step: step.id }) }
        : command.kind === 'end'
          ? { ...command, ...answer() }
          : command;
    }
    values.set(step.id, outcome.value);
    if (step.kind === 'respond' && !outcome.skipped) {
      cards.push(...((outcome.value as { cards: readonly unknown[] }).cards ?? []));
    }
  }
  return { kind: 'end', state: 'delivered', ...answer() };
}

function take(
  prepared: PreparedStep,
  input: Readonly<Record<string, unknown>>,
  mapping: MappingContext,
  remembered: Remembered,
): Outcome {
  const { step } = prepared;
  const command = (next: Command): Outcome => ({ kind: 'command', command: next });
  switch (step.kind) {
    case 'map':
    case 'respond':
      return { kind: 'value', value: input };
    case 'filter':
      return prepared.holds?.(mapping)
        ? { kind: 'value', value: true }
        : command({ kind: 'end', state: 'filtered', step: step.id });
    case 'code':
      return remembered.has(step.id)
        ? { kind: 'value', value: remembered.get(step.id) }
        : command({ kind: 'code', step: step.id, input, run: step.run });
    case 'wait':
    case 'approve': {
      const result = slept(step, prepared, input, mapping, remembered);
      return 'command' in result ? command(result.command) : { kind: 'value', value: result.value };
    }
    default: {
      const { connection, do: capability } = step;
      if (!remembered.has(step.id)) {
        // A find reads: asking twice changes nothing, so a lost answer is not an unknown outcome.
        const effect = step.kind !== 'find';
        return command({
          kind: 'call',
          step: step.id,
          connection,
          do: capability,
          args: input as Json,
          effect,
          ...('onUnknown' in step && step.onUnknown !== undefined ? { onUnknown: step.onUnknown } : {}),
          ...(step.kind === 'send' ? { sends: true } : {}),
        });
      }
      const answer = remembered.get(step.id);
      if (step.kind !== 'find') return { kind: 'value', value: answer };
      const result = found(step, answer, prepared.verify, mapping);
      if (result.kind === 'one') return { kind: 'value', value: result.value };
      const { failure } = result;
      return command({
        kind: 'hold',
        step: step.id,
        reason: 'ambiguous patient',
        failure,
        askAgain: [step.id],
      });
    }
  }
}

const askAgain = ({ step }: PreparedStep): readonly string[] => (step.kind === 'find' ? [step.id] : []);

const about = (step: PreparedStep['step']): Pick<TraceEntry, 'step' | 'kind' | 'connection' | 'do'> => ({
  step: step.id,
  kind: step.kind,
  ...('connection' in step ? { connection: step.connection, do: step.do } : {}),
});

function entryOf(
  { step }: PreparedStep,
  input: Readonly<Record<string, unknown>> | undefined,
  outcome: Outcome,
  remembered: Remembered,
): TraceEntry {
  const base = about(step);
  const given =
    input === undefined || step.kind === 'filter' || step.kind === 'map' || step.kind === 'respond'
      ? {}
      : { input };
  if (outcome.kind === 'value') {
    if (outcome.skipped) return { ...base, state: 'skipped' };
    return { ...base, ...given, state: 'done', output: outcome.value };
  }
  const { command } = outcome;
  // What a find gave stays to be seen: a person must compare the candidates.
  const answer = remembered.has(step.id) ? { output: remembered.get(step.id) } : {};
  if (command.kind === 'hold')
    return { ...base, ...given, ...answer, state: 'held', failure: command.failure.toJSON() };
  if (command.kind === 'fail')
    return { ...base, ...given, ...answer, state: 'failed', failure: command.failure.toJSON() };
  if (command.kind === 'sleep')
    return { ...base, ...given, ...answer, state: remembered.has(step.id) ? 'sleeping' : 'next' };
  return { ...base, ...given, ...answer, state: command.kind === 'end' ? 'filtered' : 'next' };
}
