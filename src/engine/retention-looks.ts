/**
 * Where flows say otherwise than their feed, much that is old stays. A round need not look at all of it again: what is let go
 * at a moment was received exactly one of the times ago that are kept. So a round looks at what came of age since the last one,
 * and once a week, after a start and when another word is given at everything, a day at a time: for what ended late.
 */
import type { PruneRequest } from '../store/index.ts';

type Request = Omit<PruneRequest, 'limit'>;

const DAY = 86_400_000;
const WEEK = 7 * DAY;
/** A message may be kept a little later than the time that it says. */
const OVERLAP = 3_600_000;

interface Looked {
  /** The last round, and the last that looked at everything; milliseconds. */
  readonly at: number;
  readonly whole: number;
}

/** Pure: the requests of a round in place of one, given when such a one was gone through. */
export function looksOf(request: Request, looked: Looked | undefined, now: number): readonly Request[] {
  if (request.flows === undefined) return [request];
  const cuts = [request.receivedBefore, ...request.flows.map(({ receivedBefore }) => receivedBefore)];
  const within = (from: number, to: number): Request => ({
    ...request,
    within: { from: Math.max(0, from), to },
  });
  if (looked !== undefined && now - looked.whole < WEEK && now >= looked.at) {
    const since = now - looked.at + OVERLAP;
    return [...new Set(cuts)].map((cut) => within(cut - since, cut));
  }
  const [earliest, latest] = [Math.min(...cuts), Math.max(...cuts)];
  const looks = [within(0, earliest)];
  for (let from = earliest; from < latest; from += DAY)
    looks.push(within(from, Math.min(from + DAY, latest)));
  return looks;
}

export function createLooks() {
  const all = new Map<string, Looked>();
  /** The feed, the end and how long each is kept: another word is another request. */
  const keyOf = ({ site, connection, ended, receivedBefore, flows = [] }: Request, now: number): string =>
    JSON.stringify([
      ...[site, connection, ended, now - receivedBefore],
      ...flows.map((one) => [one.flow, now - one.receivedBefore]),
    ]);
  return {
    of: (request: Request, now: number): readonly Request[] =>
      looksOf(request, all.get(keyOf(request, now)), now),
    /** It was gone through to its end. */
    done(request: Request, now: number): void {
      if (request.flows === undefined) return;
      const key = keyOf(request, now);
      const looked = all.get(key);
      const whole =
        looked === undefined || now - looked.whole >= WEEK || now < looked.at ? now : looked.whole;
      all.set(key, { at: now, whole });
    },
  };
}
