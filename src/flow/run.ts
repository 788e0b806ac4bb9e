/**
 * The interpreter. Pure: given the flow, the event and what is remembered, it says what is next; asked again with the
 * same, it says the same. Maps, filters and conditions are computed anew each time; finds, effects and code are not.
 */
import type { MappingContext } from '../mapping/index.ts';
import { asFailure, Failure, type Json } from '../std/index.ts';
import type { Command, Remembered, TraceEntry } from './command.ts';
import type { EventContext } from './event.ts';
import type { ForEachStep, OnUnknown, RouteStep } from './flow.ts';
import { found } from './found.ts';
import { lookedUp } from './lookup.ts';
import type { PreparedFlow, PreparedStep } from './prepare.ts';
import { slept } from './sleep.ts';
import { Tracing } from './tracing.ts';

/** Items of lists that are through, with what each gave; so that the hundredth effect of a list does not compute the first 99 again. */
export type ItemsThrough = Map<string, Outcome>;

/**
 * What to do next for this delivery. Never throws: what goes wrong is a `fail` command that says where.
 *
 * @param through The same for all calls of one delivery, as long as `remembered` only grows; emptied when something is forgotten.
 */
export function next(
  prepared: PreparedFlow,
  context: EventContext,
  remembered: Remembered,
  through?: ItemsThrough,
): Command {
  return new Run(prepared, context, remembered, undefined, through).command();
}

/** The steps as people look at them: the same computation, with what went in and came out of each. */
export function trace(prepared: PreparedFlow, context: EventContext, remembered: Remembered): TraceEntry[] {
  const tracing = new Tracing(prepared, remembered);
  new Run(prepared, context, remembered, tracing, undefined).command();
  return tracing.all();
}

/** How one step ended: with a value, or with the command that the whole ends or pauses with. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: unknown; readonly skipped?: true }
  | { readonly kind: 'command'; readonly command: Command };

/** Where steps are: the values so far (`lint` sees to it that none reads out of another branch or item), and their places in lists. */
interface Scope {
  readonly mapping: MappingContext & { readonly values: Map<string, unknown> };
  readonly places: readonly number[];
}

type Input = Readonly<Record<string, unknown>>;

class Run {
  readonly #prepared: PreparedFlow;
  readonly #context: EventContext;
  readonly #remembered: Remembered;
  readonly #tracing: Tracing | undefined;
  readonly #through: ItemsThrough | undefined;
  readonly #cards: unknown[] = [];

  constructor(
    prepared: PreparedFlow,
    context: EventContext,
    remembered: Remembered,
    tracing: Tracing | undefined,
    through: ItemsThrough | undefined,
  ) {
    this.#prepared = prepared;
    this.#context = context;
    this.#remembered = remembered;
    this.#tracing = tracing;
    this.#through = through;
  }

  command(): Command {
    const { flow, steps } = this.#prepared;
    const { event, site, hl7, valueSets, receivedAt } = this.#context;
    const values = new Map<string, unknown>([
      ['event', event],
      ['site', site],
    ]);
    const mapping = {
      values,
      hl7,
      timeZone: site.timeZone,
      valueSets,
      receivedAt,
    };
    const outcome = this.#steps(steps, { mapping, places: [] });
    const answer = flow.trigger.kind === 'cds' ? { cards: this.#cards } : {};
    if (outcome.kind === 'value') return { kind: 'end', state: 'delivered', ...answer };
    const { command } = outcome;
    return command.kind === 'end' ? { ...command, ...answer } : command;
  }

  /** The value is what the last step gave. */
  #steps(steps: readonly PreparedStep[], scope: Scope): Outcome {
    let last: unknown = null;
    for (const prepared of steps) {
      const { step } = prepared;
      const outcome = this.#step(prepared, scope);
      if (outcome.kind === 'command') return outcome;
      last = outcome.value;
      scope.mapping.values.set(step.id, last);
      if (step.kind === 'respond' && !outcome.skipped)
        this.#cards.push(...((last as { cards: readonly unknown[] }).cards ?? []));
    }
    return { kind: 'value', value: last };
  }

  #step(prepared: PreparedStep, scope: Scope): Outcome {
    const { step } = prepared;
    const key = keyOf(step.id, scope.places);
    const at = this.#tracing?.begin(step, key);
    let input: Input | undefined;
    let outcome: Outcome;
    try {
      if (prepared.when?.(scope.mapping) === false) outcome = { kind: 'value', value: null, skipped: true };
      else {
        input = prepared.input(scope.mapping);
        outcome = this.#take(prepared, key, input, scope);
      }
    } catch (error) {
      const failure = asFailure(error, { flow: this.#prepared.flow.name, step: key });
      const askAgain = step.kind === 'find' || step.kind === 'read' ? [key] : [];
      outcome = { kind: 'command', command: { kind: 'fail', step: key, failure, askAgain } };
    }
    if (at !== undefined) this.#tracing?.end(at, step, key, input, outcome);
    if (outcome.kind === 'command' && outcome.command.kind === 'hold') {
      const { command } = outcome;
      if (command.step !== key) return outcome;
      const failure = command.failure.within({ flow: this.#prepared.flow.name, step: key });
      return { kind: 'command', command: { ...command, failure } };
    }
    return outcome;
  }

  #take(prepared: PreparedStep, key: string, input: Input, scope: Scope): Outcome {
    const { step } = prepared;
    const { mapping } = scope;
    const remembered = this.#remembered;
    switch (step.kind) {
      case 'map': {
        const { of, at } = this.#context.stamp ?? { of: '', at: 0 };
        const stamp = { of: `${of} ${this.#prepared.flow.name} ${key}`, at };
        return { kind: 'value', value: prepared.hl7?.(mapping, stamp) ?? input };
      }
      case 'respond':
        return { kind: 'value', value: input };
      case 'lookup':
        return { kind: 'value', value: lookedUp(step, prepared.code?.(mapping), mapping) };
      case 'filter':
        return prepared.holds?.(mapping)
          ? { kind: 'value', value: true }
          : command({ kind: 'end', state: 'filtered', step: key });
      case 'route':
        return this.#route(step, prepared, key, scope);
      case 'for-each':
        return this.#forEach(step, prepared, scope);
      case 'code': {
        if (remembered.has(key)) return { kind: 'value', value: remembered.get(key) };
        const { run, source } = step;
        if (run !== undefined) return command({ kind: 'code', step: key, input, run });
        return command({ kind: 'script', step: key, input, script: step.script ?? '', source: source ?? '' });
      }
      case 'wait':
      case 'approve': {
        const result = slept(step, prepared, input, mapping, remembered);
        return 'command' in result ? command(result.command) : { kind: 'value', value: result.value };
      }
      default: {
        const asks = step.kind === 'find' || step.kind === 'read';
        if (!remembered.has(key)) {
          const { connection, do: capability } = step;
          const policy = 'onUnknown' in step ? this.#policy(step.onUnknown, scope) : undefined;
          return command({
            kind: 'call',
            step: key,
            connection,
            do: capability,
            args: input as Json,
            // A find reads: asking twice changes nothing, so a lost answer is not an unknown outcome.
            effect: !asks,
            ...(policy === undefined ? {} : { onUnknown: policy }),
            ...(step.kind === 'send' ? { sends: true } : {}),
          });
        }
        const answer = remembered.get(key);
        if (!asks) return { kind: 'value', value: answer };
        const result = found(step, answer, prepared.verify, mapping);
        if (result.kind === 'one') return { kind: 'value', value: result.value };
        const { failure } = result;
        return command({ kind: 'hold', step: key, reason: 'ambiguous patient', failure, askAgain: [key] });
      }
    }
  }

  /** The find that is asked first stands in the same item of the list, or outside of it. */
  #policy(policy: OnUnknown | undefined, { places }: Scope): OnUnknown | undefined {
    if (typeof policy !== 'object') return policy;
    const depth = this.#prepared.lists.get(policy.findFirst)?.length ?? 0;
    return { findFirst: keyOf(policy.findFirst, places.slice(0, depth)) };
  }

  #route(step: RouteStep, prepared: PreparedStep, key: string, scope: Scope): Outcome {
    const taken = prepared.branches?.find(({ holds }) => holds(scope.mapping));
    const steps = taken?.steps ?? prepared.otherwise;
    for (const other of [...(prepared.branches ?? []).map((branch) => branch.steps), prepared.otherwise])
      if (other !== undefined && other !== steps) this.#tracing?.passed(other, scope.places);
    if (steps === undefined) {
      if (step.otherwise === 'continue') return { kind: 'value', value: { branch: null } };
      if (step.otherwise === 'filter') return command({ kind: 'end', state: 'filtered', step: key });
      throw noBranch(step);
    }
    const outcome = this.#steps(steps, scope);
    return outcome.kind === 'command'
      ? outcome
      : { kind: 'value', value: { branch: taken?.name ?? 'otherwise' } };
  }

  #forEach(step: ForEachStep, prepared: PreparedStep, scope: Scope): Outcome {
    const items = prepared.each?.items(scope.mapping) ?? [];
    if (items.length > step.atMost) throw tooMany(step, items.length);
    const steps = prepared.each?.steps ?? [];
    if (items.length === 0) this.#tracing?.passed(steps, scope.places);
    const values: unknown[] = [];
    for (const [index, item] of items.entries()) {
      const places = [...scope.places, index];
      const outcome =
        this.#through?.get(keyOf(step.id, places)) ?? this.#item(step, steps, item, { ...scope, places });
      if (outcome.kind === 'value') values.push(outcome.value);
      else if (outcome.command.kind !== 'end') return outcome;
    }
    return { kind: 'value', value: values };
  }

  #item(step: ForEachStep, steps: readonly PreparedStep[], item: unknown, scope: Scope): Outcome {
    const cards = this.#cards.length;
    scope.mapping.values.set(step.as, item);
    const outcome = this.#steps(steps, scope);
    const ended = outcome.kind === 'value' || outcome.command.kind === 'end';
    // What an item answers is gathered anew each time.
    if (ended && this.#cards.length === cards) this.#through?.set(keyOf(step.id, scope.places), outcome);
    return outcome;
  }
}

const command = (next: Command): Outcome => ({ kind: 'command', command: next });

/** What a step is remembered under: its id, and behind it the places in the lists that it stands in. */
const keyOf = (id: string, places: readonly number[]): string =>
  places.length === 0 ? id : `${id}/${places.join('/')}`;

const noBranch = (step: RouteStep): Failure =>
  new Failure({
    code: 'NO_BRANCH',
    kind: 'validation',
    message: `No branch of "${step.id}" fits this message: ${step.branches.map(({ name }) => name).join(', ')}.`,
    fix: 'Add a branch for such messages, or say what becomes of them with otherwise.',
    retry: { again: false },
  });

const tooMany = (step: ForEachStep, count: number): Failure =>
  new Failure({
    code: 'TOO_MANY_ITEMS',
    kind: 'validation',
    message: `"${step.in}" has ${count} items, and "${step.id}" does at most ${step.atMost}.`,
    fix: 'Look at the message: is the list right? If so, raise atMost of the step. Nothing of it was done.',
    retry: { again: false },
  });
