/**
 * One attempt of one delivery: asks the interpreter what is next, does it, remembers what came back, and
 * ends with a settlement. Effects that are remembered are never done again, by a retry or after a crash.
 */
import type { CallContext, Connection } from '../connectors/index.ts';
import {
  awakeSince,
  type Command,
  eventContext,
  everyStep,
  type ItemsThrough,
  idOfKey,
  lateness,
  MOST_EFFECTS,
  NECESSARY_STEP,
  next,
  type OnUnknown,
  type PreparedFlow,
  rememberedOf,
} from '../flow/index.ts';
import { CODE_UNMAPPED } from '../mapping/index.ts';
import type { StepRecord } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, type Json, type Random } from '../std/index.ts';
import type { Leased, Settlement, Store } from '../store/index.ts';
import type { Pass } from './gate.ts';
import type { Necessary } from './necessary.ts';
import { decide, type Limits, settleTime } from './retry.ts';
import type { RunScript } from './scripts.ts';

export interface DeliverOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** `undefined` when the flow is no longer there. */
  readonly flow: (
    name: string,
  ) => { readonly prepared: PreparedFlow; readonly limits: Limits; readonly version: string } | undefined;
  readonly site: (name: string) => SiteRecord | undefined;
  /** What of the message the flow may see. */
  readonly see: Necessary['see'];
  readonly connection: (site: string, name: string) => Connection | undefined;
  /** Asked before each call. */
  readonly enter: (place: { site: string; connection: string }, deliveryId: string) => Pass;
  /** The other side knows repeats of this capability by their key. */
  readonly repeatable: (site: string, connection: string, capability: string) => boolean;
  /** Runs a code step's script apart. */
  readonly script: RunScript;
  readonly signal: AbortSignal;
  /** The time by which things are due: never goes back, see due-time.ts. */
  readonly due: () => number;
}

/** The connection is not called now: not before `dueAt`. `failure`: told with the delivery. */
class NotNow extends Error {
  readonly dueAt: number;
  readonly failure: Failure | null;

  constructor(dueAt: number, failure: Failure | null) {
    super('not now');
    this.dueAt = dueAt;
    this.failure = failure;
  }
}

type CallCommand = Extract<Command, { kind: 'call' }>;

/** No flow can ask for more in one attempt (`lint` sees to it); past it, it goes in a circle. */
const MOST_COMMANDS = 2 * MOST_EFFECTS;

/** Never throws for what the flow or the other side does; throws only when the store does. */
export async function deliver(leased: Leased, options: DeliverOptions): Promise<Settlement | 'stale'> {
  const { store, clock } = options;
  const { delivery, message, epoch } = leased;
  const started = clock.elapsed();
  let unsaved: StepRecord[] = [];
  let ran: { readonly flowVersion?: string } = {};
  const base = (): Pick<Settlement, 'deliveryId' | 'epoch' | 'at' | 'ms' | 'steps' | 'flowVersion'> => ({
    deliveryId: delivery.id,
    epoch,
    at: clock.now(),
    ms: Math.round(clock.elapsed() - started),
    steps: unsaved,
    ...ran,
  });

  const told = (failure: Failure) => ({ failure: failure.toJSON(), detail: failure.detail ?? null });
  function failed(failure: Failure, limits: Limits, policy?: OnUnknown): Settlement {
    const createdAt = Math.max(delivery.createdAt, awakeSince(leased.remembered));
    const outcome = decide(failure, { ...delivery, createdAt }, limits, options.due(), options.random);
    const step = failure.at.step ?? '';
    if (!failure.retry.again && failure.retry.held) {
      const reason =
        failure.code === CODE_UNMAPPED
          ? 'unmapped code'
          : failure.kind === 'unknown-outcome'
            ? 'unknown outcome'
            : 'ambiguous patient';
      return { ...base(), to: 'held', reason, step, ...told(failure) };
    }
    if (failure.kind === 'unknown-outcome' && policy === 'hold')
      return { ...base(), to: 'held', reason: 'unknown outcome', step, ...told(failure) };
    if (outcome.to === 'held')
      return { ...base(), to: 'held', reason: 'stopped lane', step, ...told(failure) };
    if (outcome.to === 'waiting' && failure.kind === 'unknown-outcome' && typeof policy === 'object') {
      const dueAt = options.due() + settleTime(options.random);
      return { ...base(), to: 'waiting', dueAt, ...told(failure) };
    }
    return { ...base(), ...outcome, ...told(failure) } as Settlement;
  }

  const running = options.flow(delivery.flow);
  const site = options.site(message.site);
  if (running === undefined || site === undefined) return { ...base(), ...flowGone(leased) };

  if (running.version !== delivery.flowVersion) ran = { flowVersion: running.version };
  const reads: NonNullable<CallContext['reads']> = new Map();
  const remembered = rememberedOf(running.prepared.flow, leased.remembered);
  // What an earlier attempt was told may have been mended since: a find that led to a hold or a failure is asked
  // again, once an attempt.
  const old = new Set(remembered.keys());
  const done: ReadonlySet<string> = new Set(old);
  const through: ItemsThrough = new Map();
  const forget = (steps: readonly string[]): boolean => {
    const again = steps.filter((step) => old.delete(step));
    for (const step of again) remembered.delete(step);
    if (again.length > 0) through.clear();
    return again.length > 0;
  };
  // A person looked at what an effect could not be done with: what was found for it may be another by now.
  const { failure: before, released } = delivery;
  if (released !== null && before !== null && !before.retry.again && before.retry.held) {
    const asking = everyStep(running.prepared.flow.steps).filter(
      ({ kind }) => kind === 'find' || kind === 'read',
    );
    const ids = new Set(asking.map(({ id }) => id));
    forget([...old].filter((key) => ids.has(idOfKey(key))));
  }
  /** Steps done for the first time in this attempt: what comes behind one was never tried before. */
  let firsts = 0;
  let calling: CallCommand | undefined;
  let visible = leased.bytes;
  const policyOf = (command: CallCommand): OnUnknown =>
    command.onUnknown ??
    (command.sends || options.repeatable(site.site, command.connection, command.do) ? 'resend' : 'hold');
  try {
    const seen = await options.see(
      site,
      running.prepared.flow,
      message,
      leased.bytes,
      delivery.attempts === 0,
    );
    if (!seen.seen) return { ...base(), to: 'filtered', step: NECESSARY_STEP };
    visible = seen.bytes;
    const context = eventContext(message, visible, site);
    const late = lateness(running.prepared.flow, context, {
      receivedAt: message.receivedAt,
      now: clock.now(),
      begun: leased.remembered.length > 0 || delivery.released !== null,
    });
    if (late !== undefined) {
      const { failure } = late;
      if (late.do === 'filter') return { ...base(), to: 'filtered', step: '' };
      if (late.do === 'hold') return { ...base(), to: 'held', reason: 'late', step: '', ...told(failure) };
      return { ...base(), to: 'dead', ...told(failure) };
    }
    for (let turn = 0; turn < MOST_COMMANDS; turn++) {
      const command = next(running.prepared, context, remembered, through);
      switch (command.kind) {
        case 'end':
          return command.state === 'delivered'
            ? { ...base(), to: 'delivered' }
            : { ...base(), to: 'filtered', step: command.step };
        case 'sleep': {
          const { step, until, after, wakes, cancels, asked } = command;
          const since = clock.now();
          const wakeAt = until ?? (after === null ? null : since + after);
          unsaved.push({ step, startedAt: since, ms: 0, output: { ...asked, since, wakeAt } });
          const [wakeOn, cancelOn] = [wakes ? `#${step}` : null, cancels ? `#${step}` : null];
          return { ...base(), to: 'sleeping', step, wakeAt, wakeOn, cancelOn };
        }
        case 'hold':
          if (forget(command.askAgain)) continue;
          return {
            ...base(),
            to: 'held',
            reason: command.reason,
            step: command.step,
            failure: command.failure.toJSON(),
            detail: command.failure.detail ?? null,
          };
        case 'fail':
          if (forget(command.askAgain)) continue;
          return failed(
            command.failure.within({ site: site.site, flow: delivery.flow, step: command.step }),
            running.limits,
          );
        case 'code':
        case 'script':
        case 'call': {
          // What is already done must be on disk before anything more is done.
          if (unsaved.length > 0) {
            const saved = await store.remember({ deliveryId: delivery.id, epoch, steps: unsaved });
            if (saved === 'stale') return 'stale';
            unsaved = [];
          }
          if (command.kind === 'call' && command.effect && delivery.possibleDuplicate && firsts === 0) {
            const policy = policyOf(command);
            if (typeof policy === 'object' && forget([policy.findFirst])) continue;
            // A person who released it has looked; what came after that, nobody has.
            if (policy === 'hold' && delivery.attempts > (delivery.released?.attempts ?? 0)) {
              const failure = mayHaveHappened(command.step).within({ site: site.site, flow: delivery.flow });
              return {
                ...base(),
                to: 'held',
                reason: 'unknown outcome',
                step: command.step,
                ...told(failure),
              };
            }
          }
          if (!done.has(command.step)) firsts++;
          calling = command.kind === 'call' && command.effect ? command : undefined;
          const at = clock.now();
          const from = clock.elapsed();
          const output = await (command.kind === 'call'
            ? call(command, site.site)
            : runCode(command, site.timeZone));
          remembered.set(command.step, output);
          unsaved.push({ step: command.step, startedAt: at, ms: Math.round(clock.elapsed() - from), output });
        }
      }
    }
    throw new Failure({
      code: 'FLOW_ENDLESS',
      kind: 'defect',
      message: `The flow asked for more than ${MOST_COMMANDS} steps for one message.`,
      fix: 'Look for a step that repeats itself.',
    });
  } catch (error) {
    if (error instanceof NotNow) {
      const { dueAt, failure } = error;
      return failure === null
        ? { ...base(), to: 'given back', dueAt }
        : { ...base(), to: 'waiting', dueAt, ...told(failure) };
    }
    const failure = asFailure(error, { site: site.site, flow: delivery.flow });
    // A call that our own stop cut off may have arrived: that is no less unknown than one that the network cut off.
    if (options.signal.aborted && failure.kind !== 'unknown-outcome') return { ...base(), to: 'given back' };
    return failed(failure, running.limits, calling && policyOf(calling));
  }

  async function runCode(
    command: Extract<Command, { kind: 'code' | 'script' }>,
    timeZone: string,
  ): Promise<unknown> {
    try {
      if (command.kind === 'code')
        return JSON.parse(JSON.stringify((await command.run(command.input)) ?? null));
      const { script, source, input } = command;
      const { signal } = options;
      const at = message.receivedAt;
      return await options.script({ script, source, input: input as Json, signal, at, timeZone });
    } catch (error) {
      throw asFailure(error, { step: command.step });
    }
  }

  async function call(
    command: { step: string; connection: string; do: string; args: Json },
    siteName: string,
  ): Promise<Json> {
    const at = { site: siteName, connection: command.connection, flow: delivery.flow, step: command.step };
    const connection = options.connection(siteName, command.connection);
    if (connection?.call === undefined) {
      throw new Failure({
        code: 'CONNECTION_MISSING',
        kind: 'config',
        message: `This site has no connection "${command.connection}" that can be called.`,
        fix: 'Add it to the site record, or correct the name in the flow.',
        at,
      });
    }
    const pass = options.enter({ site: siteName, connection: command.connection }, delivery.id);
    if (!pass.open) throw new NotNow(pass.dueAt, null);
    try {
      const output = await connection.call(
        { do: command.do, args: command.args },
        {
          // A replay is a new delivery and so gets a new key: it is meant to be done again.
          idempotencyKey: `suture-${message.site}-${delivery.id}-${command.step}`,
          delivery: delivery.id,
          attempt: delivery.attempts + 1,
          possibleDuplicate: delivery.possibleDuplicate,
          flow: delivery.flow,
          step: command.step,
          message: { id: message.id, bytes: visible, format: message.format },
          reads,
          signal: options.signal,
        },
      );
      pass.ended(null);
      return output;
    } catch (error) {
      const failure = asFailure(error, at);
      const verdict = pass.ended(options.signal.aborted ? 'cut' : failure);
      if (verdict.whose === 'connection') throw new NotNow(verdict.dueAt, verdict.tell ? failure : null);
      throw failure;
    }
  }
}

function mayHaveHappened(step: string): Failure {
  return new Failure({
    code: 'OUTCOME_UNKNOWN',
    kind: 'unknown-outcome',
    message: `The step "${step}" may have been done already: its answer was lost, or the engine stopped while it was under way.`,
    fix: 'Look at the other side. If it is not there, release the delivery and the step is done; if it is, give the delivery up.',
    at: { step },
  });
}

function flowGone(
  leased: Leased,
): Pick<Extract<Settlement, { to: 'held' }>, 'to' | 'reason' | 'step' | 'failure' | 'detail'> {
  const { flow } = leased.delivery;
  const failure = new Failure({
    code: 'FLOW_GONE',
    kind: 'config',
    message: `The flow "${flow}" (or its site) that this delivery was planned for is no longer there.`,
    fix: 'Bring the flow back and release the delivery, or give it up.',
    at: { site: leased.message.site, flow },
  });
  return { to: 'held', reason: 'paused', step: '', failure: failure.toJSON(), detail: null };
}
