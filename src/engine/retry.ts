/**
 * What happens after a failed attempt, decided by the failure's kind alone. Pure: time and chance are
 * arguments.
 */
import {
  type Backoff,
  backoffFor,
  type Failure,
  type FailureKind,
  type Random,
  usualBackoff,
} from '../std/index.ts';

export type Decision = { readonly to: 'waiting'; readonly dueAt: number } | { readonly to: 'dead' };

/** Things that only a person mends are asked about rarely: the answer is known until then. */
const patient: Backoff = { first: 15_000, cap: 300_000 };

const backoffByKind: Readonly<Record<FailureKind, Backoff>> = {
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

/**
 * @param delivery `attempts` finished before this one; `createdAt` in milliseconds.
 * @param giveUpAfter How long the flow keeps trying, milliseconds.
 * @example
 * decide(refused422, { attempts: 0, createdAt: now }, 86_400_000, now, random) // { to: 'dead' }
 */
export function decide(
  failure: Failure,
  delivery: { readonly attempts: number; readonly createdAt: number },
  giveUpAfter: number,
  now: number,
  random: Random,
): Decision {
  if (!failure.retry.again) return { to: 'dead' };
  const pause = backoffFor(delivery.attempts + 1, backoffByKind[failure.kind], random);
  // A pause that the other side asked for is kept, with a little spread behind it, never before it.
  const told = failure.retry.after;
  const dueAt = now + (told === undefined ? pause : told + Math.round(random.fraction() * 1_000));
  return dueAt - delivery.createdAt > giveUpAfter ? { to: 'dead' } : { to: 'waiting', dueAt };
}
