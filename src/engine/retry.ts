/**
 * What happens after a failed attempt, decided by the failure's kind and the flow's limits. Pure: time and chance are
 * arguments. What a failure means for the connection as a whole, circuit.ts decides.
 */
import { exhaustedOf, type Flow } from '../flow/index.ts';
import type { Delivery } from '../message/index.ts';
import {
  type Backoff,
  backoffFor,
  type Failure,
  type FailureKind,
  type Random,
  usualBackoff,
} from '../std/index.ts';

export type Decision =
  | { readonly to: 'waiting'; readonly dueAt: number }
  | { readonly to: 'dead' }
  /** It keeps its place, and nothing passes it. */
  | { readonly to: 'held' };

/** A flow's own limits. */
export interface Limits {
  /** How long it keeps trying, milliseconds. */
  readonly giveUpAfter: number;
  /** Failed attempts; left out: no limit. */
  readonly attempts?: number;
  readonly exhausted: 'stop lane' | 'dead letter';
}

export function limitsOf(flow: Flow): Limits {
  const { giveUpAfter, attempts } = flow;
  return {
    giveUpAfter,
    ...(attempts === undefined ? {} : { attempts }),
    exhausted: exhaustedOf(flow),
  };
}

/** Things that only a person mends are asked about rarely: the answer is known until then. */
const patient: Backoff = { first: 15_000, cap: 300_000 };

/** The pauses between attempts, before jitter. */
export const backoffByKind: Readonly<Record<FailureKind, Backoff>> = {
  auth: patient,
  config: patient,
  validation: usualBackoff,
  throttle: { first: 2_000, cap: 300_000 },
  timeout: usualBackoff,
  unreachable: usualBackoff,
  rejected: usualBackoff,
  conflict: { first: 200, cap: 10_000 },
  'unknown-outcome': usualBackoff,
  defect: usualBackoff,
};

/** These say nothing of the message: it cannot be worn out by them. */
const NEVER_WEARS_OUT: ReadonlySet<FailureKind> = new Set(['auth', 'throttle', 'unreachable']);

/** After a long outage the first hiccup must not end what was never really tried. */
const TRIED_AT_LEAST = 3;

/**
 * @param delivery `attempts` finished before this one; a person's release begins the counting anew.
 * @example
 * decide(refused422, delivery, { giveUpAfter: 86_400_000, exhausted: 'stop lane' }, now, random) // { to: 'dead' }
 */
export function decide(
  failure: Failure,
  delivery: Pick<Delivery, 'attempts' | 'createdAt' | 'released'>,
  limits: Limits,
  now: number,
  random: Random,
): Decision {
  if (!failure.retry.again) return { to: 'dead' };
  const pause = backoffFor(delivery.attempts + 1, backoffByKind[failure.kind], random);
  // A pause that the other side asked for is kept, with a little spread behind it, never before it.
  const told = failure.retry.after;
  const dueAt = now + (told === undefined ? pause : told + Math.round(random.fraction() * 1_000));
  const tried = delivery.attempts + 1 - (delivery.released?.attempts ?? 0);
  const since = delivery.released?.at ?? delivery.createdAt;
  const wornOut =
    limits.attempts !== undefined && tried >= limits.attempts && !NEVER_WEARS_OUT.has(failure.kind);
  const tooLong = dueAt - since > limits.giveUpAfter && tried >= TRIED_AT_LEAST;
  if (!wornOut && !tooLong) return { to: 'waiting', dueAt };
  return { to: limits.exhausted === 'stop lane' ? 'held' : 'dead' };
}

/** Before it is looked whether a lost effect has happened: the other side may still be at it. Half of it to all of it. */
export function settleTime(random: Random): number {
  return Math.round(60_000 * (0.5 + 0.5 * random.fraction()));
}
