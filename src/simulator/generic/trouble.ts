import type { Random } from '../world/random.ts';
import type { GenericBehaviour } from './behaviour.ts';
import type { GenericResponse } from './exchange.ts';
import { outcome } from './refused.ts';

export interface Trouble {
  /** What is answered before anything is done. */
  readonly instead?: GenericResponse;
  /** The request is carried out and its answer lost. */
  readonly lost?: true;
}

const longestWaitSeconds = 5;
const failures = [500, 502, 503] as const;

/** What goes wrong with this request, if anything does. `clock` is the server's own time. */
export function trouble(behaviour: GenericBehaviour, random: Random, clock: number): Trouble | undefined {
  const hit = (perThousand: number) => perThousand > 0 && random.integer(1000) < perThousand;
  if (hit(behaviour.busyPerThousand)) {
    const body = outcome('error', 'throttled', 'too many requests');
    return { instead: { status: 429, headers: retryAfter(behaviour, random, clock), body } };
  }
  if (hit(behaviour.failPerThousand)) {
    const status = random.pick(failures);
    const headers = status === 503 ? retryAfter(behaviour, random, clock) : {};
    return { instead: { status, headers, body: outcome('error', 'exception', 'the server failed') } };
  }
  return hit(behaviour.lostPerThousand) ? { lost: true } : undefined;
}

function retryAfter(
  { retryAfter: spelling }: GenericBehaviour,
  random: Random,
  clock: number,
): Record<string, string> {
  const seconds = 1 + random.integer(longestWaitSeconds);
  if (spelling === 'none') return {};
  if (spelling === 'seconds') return { 'retry-after': String(seconds) };
  return { 'retry-after': new Date(clock + seconds * 1000).toUTCString() };
}
