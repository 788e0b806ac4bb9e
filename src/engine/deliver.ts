/**
 * One attempt of one delivery: asks the interpreter what is next, does it, remembers what came back, and
 * ends with a settlement. Effects that are remembered are never done again, by a retry or after a crash.
 */
import type { Connection } from '../connectors/index.ts';
import { eventContext, next, type PreparedFlow } from '../flow/index.ts';
import type { StepRecord } from '../message/index.ts';
import type { SiteRecord } from '../site/index.ts';
import { asFailure, type Clock, Failure, type Json, type Random } from '../std/index.ts';
import type { Leased, Settlement, Store } from '../store/index.ts';
import { decide } from './retry.ts';

export interface DeliverOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** `undefined` when the flow is no longer there. */
  readonly flow: (
    name: string,
  ) => { readonly prepared: PreparedFlow; readonly giveUpAfter: number } | undefined;
  readonly site: (name: string) => SiteRecord | undefined;
  readonly connection: (site: string, name: string) => Connection | undefined;
  readonly signal: AbortSignal;
  /** The time by which things are due: never goes back, see due-time.ts. */
  readonly due: () => number;
}

/** No flow needs more commands than this for one delivery; past it, it goes in a circle. */
const MOST_COMMANDS = 1_000;

/** Never throws for what the flow or the other side does; throws only when the store does. */
export async function deliver(leased: Leased, options: DeliverOptions): Promise<Settlement | 'stale'> {
  const { store, clock } = options;
  const { delivery, message, epoch } = leased;
  const started = clock.elapsed();
  let unsaved: StepRecord[] = [];
  const base = (): Pick<Settlement, 'deliveryId' | 'epoch' | 'at' | 'ms' | 'steps'> => ({
    deliveryId: delivery.id,
    epoch,
    at: clock.now(),
    ms: Math.round(clock.elapsed() - started),
    steps: unsaved,
  });

  function failed(failure: Failure, giveUpAfter: number): Settlement {
    const outcome = decide(failure, delivery, giveUpAfter, options.due(), options.random);
    return { ...base(), ...outcome, failure: failure.toJSON(), detail: failure.detail ?? null };
  }

  const running = options.flow(delivery.flow);
  const site = options.site(message.site);
  if (running === undefined || site === undefined) return { ...base(), ...flowGone(leased) };

  const remembered = new Map(leased.remembered.map((step) => [step.step, step.output]));
  // What an earlier attempt was told may have been mended since: a find that led to a hold or a failure is asked
  // again, once an attempt.
  const old = new Set(remembered.keys());
  const forget = (steps: readonly string[]): boolean => {
    const again = steps.filter((step) => old.delete(step));
    for (const step of again) remembered.delete(step);
    return again.length > 0;
  };
  try {
    const context = eventContext(message, leased.bytes, site);
    for (let turn = 0; turn < MOST_COMMANDS; turn++) {
      const command = next(running.prepared, context, remembered);
      switch (command.kind) {
        case 'end':
          return command.state === 'delivered'
            ? { ...base(), to: 'delivered' }
            : { ...base(), to: 'filtered', step: command.step };
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
            running.giveUpAfter,
          );
        case 'code':
        case 'call': {
          // What is already done must be on disk before anything more is done.
          if (unsaved.length > 0) {
            const saved = await store.remember({ deliveryId: delivery.id, epoch, steps: unsaved });
            if (saved === 'stale') return 'stale';
            unsaved = [];
          }
          const at = clock.now();
          const from = clock.elapsed();
          const output = command.kind === 'code' ? await runCode(command) : await call(command, site.site);
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
    const failure = asFailure(error, { site: site.site, flow: delivery.flow });
    // A call that our own stop cut off may have arrived: that is no less unknown than one that the network cut off.
    if (options.signal.aborted && failure.kind !== 'unknown-outcome') return { ...base(), to: 'given back' };
    return failed(failure, running.giveUpAfter);
  }

  async function runCode(command: {
    step: string;
    input: Readonly<Record<string, unknown>>;
    run: (input: Readonly<Record<string, unknown>>) => unknown;
  }): Promise<unknown> {
    try {
      return JSON.parse(JSON.stringify((await command.run(command.input)) ?? null));
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
    try {
      return await connection.call(
        { do: command.do, args: command.args },
        {
          // A replay is a new delivery and so gets a new key: it is meant to be done again.
          idempotencyKey: `suture-${message.site}-${delivery.id}-${command.step}`,
          attempt: delivery.attempts + 1,
          possibleDuplicate: delivery.possibleDuplicate,
          flow: delivery.flow,
          step: command.step,
          message: { id: message.id, bytes: leased.bytes, format: message.format },
          signal: options.signal,
        },
      );
    } catch (error) {
      throw asFailure(error, at);
    }
  }
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
