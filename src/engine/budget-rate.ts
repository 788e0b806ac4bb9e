/**
 * How fast a site is asked, as data: a bucket of tokens whose rate falls by half when the site is busy (it says so, or its
 * answers take far longer than they used to) and grows back by a little at a time. Pure: the time goes in, the next state
 * comes out.
 */

export interface Rate {
  /** Requests that may be made now. */
  readonly tokens: number;
  readonly filledAt: number;
  /** Requests a second, at present. */
  readonly perSecond: number;
  /** Nothing goes out before. */
  readonly closedUntil: number;
  /** When the rate last fell, or grew. */
  readonly changedAt: number;
  readonly fellAt: number;
  /** Milliseconds an answer takes: lately, and usually; 0: not known yet. */
  readonly lately: number;
  readonly usually: number;
}

/** What the site record allows: requests a second, and how many of them are kept for people. */
export interface Allowance {
  readonly perSecond: number;
  /** Tokens that only a person's own action may take: somebody who waits before a screen does not stand behind a poll. */
  readonly reserve: number;
}

/** A fifth of a second's requests, and one at least, for people. */
export const allowanceOf = (perSecond: number): Allowance => ({
  perSecond,
  reserve: Math.max(1, Math.floor(perSecond / 5)),
});

/** What grows back, each time it was quiet for so long; milliseconds. */
const GROWS_EVERY = 15_000;
const GROWS_BY = 1 / 10;
/** It never falls below this part of what is allowed: a site that is asked nothing cannot show that it is well. */
const LOWEST = 1 / 64;
/** One burst of refusals is one reason to fall. */
const FALLS_EVERY = 1_000;
/** By latency it falls less, and less often: a slow answer may be about what was asked. */
const SLOWS_EVERY = 10_000;
const SLOWS_BY = 3 / 4;
const SLOW_FACTOR = 4;
const SLOW_AT_LEAST = 1_000;

export const capacityOf = ({ perSecond, reserve }: Allowance): number => Math.max(1, perSecond) + reserve;

export function freshRate(allowance: Allowance, now: number): Rate {
  return {
    tokens: capacityOf(allowance),
    filledAt: now,
    perSecond: allowance.perSecond,
    closedUntil: 0,
    changedAt: now,
    fellAt: Number.NEGATIVE_INFINITY,
    lately: 0,
    usually: 0,
  };
}

/** With what has come in since. A clock that was set back gives nothing, and takes nothing. */
export function filled(rate: Rate, allowance: Allowance, now: number): Rate {
  let { perSecond, changedAt } = rate;
  if (perSecond < allowance.perSecond && now - changedAt >= GROWS_EVERY) {
    const times = Math.floor((now - changedAt) / GROWS_EVERY);
    perSecond = Math.min(allowance.perSecond, perSecond + times * GROWS_BY * allowance.perSecond);
    changedAt = now;
  }
  const most = Math.max(1, perSecond) + allowance.reserve;
  const came = (Math.max(0, now - rate.filledAt) / 1_000) * perSecond;
  return {
    ...rate,
    perSecond: Math.min(perSecond, allowance.perSecond),
    changedAt,
    tokens: Math.min(most, rate.tokens + came),
    filledAt: Math.max(rate.filledAt, now),
  };
}

/** How many of `want` may go now, and when it is worth asking again; milliseconds. Of a rate that is filled. */
export function drawn(
  rate: Rate,
  { reserve }: Allowance,
  want: { readonly flows: number; readonly people: number },
  now: number,
): { readonly rate: Rate; readonly people: number; readonly flows: number; readonly again: number } {
  if (now < rate.closedUntil) return { rate, people: 0, flows: 0, again: rate.closedUntil - now };
  const people = Math.min(want.people, Math.floor(rate.tokens));
  const left = rate.tokens - people;
  const flows = Math.max(0, Math.min(want.flows, Math.floor(left - reserve)));
  const tokens = left - flows;
  const missing = people < want.people ? 1 - tokens : 1 + reserve - tokens;
  return {
    rate: { ...rate, tokens },
    people,
    flows,
    again: Math.ceil((Math.max(0, missing) / rate.perSecond) * 1_000),
  };
}

/** The site said to slow down: for `ms` nothing goes out, and from then on half as much. */
export function slowed(rate: Rate, allowance: Allowance, now: number, ms: number | undefined): Rate {
  const closedUntil = ms === undefined ? rate.closedUntil : Math.max(rate.closedUntil, now + ms);
  // Many were under way when it happened, and all of them say so.
  if (now - rate.fellAt < FALLS_EVERY || now < rate.closedUntil) return { ...rate, closedUntil };
  return fallen({ ...rate, closedUntil }, allowance, Math.max(now, closedUntil), 1 / 2, now);
}

function fallen(rate: Rate, allowance: Allowance, since: number, by: number, now: number): Rate {
  const perSecond = Math.max(allowance.perSecond * LOWEST, rate.perSecond * by);
  // What is left of the burst that was too much is not used up first; what is kept for people stays.
  const tokens = Math.min(rate.tokens, Math.max(1, perSecond) + allowance.reserve);
  return { ...rate, perSecond, tokens, changedAt: since, fellAt: now };
}

/** An answer took this long. */
export function answered(rate: Rate, allowance: Allowance, now: number, ms: number): Rate {
  if (rate.usually === 0) return { ...rate, lately: ms, usually: ms };
  const lately = rate.lately + (ms - rate.lately) * 0.2;
  // Down quickly, up slowly: an hour of slowness does not become what is usual.
  const usually = rate.usually + (ms - rate.usually) * (ms < rate.usually ? 0.1 : 0.002);
  const next = { ...rate, lately, usually };
  const slow = lately > SLOW_AT_LEAST && lately > usually * SLOW_FACTOR;
  if (!slow || now - rate.fellAt < SLOWS_EVERY) return next;
  return fallen(next, allowance, now, SLOWS_BY, now);
}
