/** What is kept of broken promises, so that each is told once: when it begins, and when it is over. */
import { lengthText } from '../../std/index.ts';
import type { ServiceState } from './promise.ts';
import type { WatchParts } from './watch.ts';

/** A node that sees it still slow says so to the others after this. */
const SAID_AGAIN = 5 * 60_000;
const DAY = 86_400_000;

/** What is kept of a flow at a site; milliseconds. */
export interface Kept {
  readonly watched: number;
  /** The last event, to the day: its message may leave before a silence begins or ends. */
  readonly last?: number;
  readonly silent?: { readonly since: number };
  readonly slow?: { readonly since: number; readonly last: number };
}
export type KeptOfSite = Readonly<Record<string, Kept>>;

/** What is kept of it from now on. */
export function keptOf(kept: Kept, all: readonly ServiceState[], seen: number, now: number): Kept {
  const silent = all.find(({ code }) => code === 'FLOW_SILENT');
  const slowly = all.find(({ code }) => code === 'FLOW_SLOW');
  const before = kept.slow;
  // What another node saw is not taken back by what this one saw earlier.
  const last =
    before === undefined || seen - before.last > SAID_AGAIN ? Math.max(seen, before?.last ?? 0) : before.last;
  const { lastAt } = all.find(({ promise }) => promise === 'silence') ?? { lastAt: null };
  const event = Math.max(kept.last ?? 0, lastAt ?? 0);
  const said = kept.last !== undefined && silent === undefined && event - kept.last < DAY ? kept.last : event;
  return {
    watched: kept.watched,
    ...(said === 0 ? {} : { last: said }),
    ...(silent === undefined ? {} : { silent: { since: kept.silent?.since ?? silent.since ?? now } }),
    ...(slowly === undefined ? {} : { slow: { since: before?.since ?? slowly.since ?? now, last } }),
  };
}

/** One line in the log when it begins, and one when it is over. */
export function tell(
  { clock, log }: Pick<WatchParts, 'clock' | 'log'>,
  site: string,
  flow: string,
  before: Kept | undefined,
  after: Kept,
  all: readonly ServiceState[],
): void {
  for (const [name, code, promise] of [
    ['silent', 'FLOW_SILENT', 'silence'],
    ['slow', 'FLOW_SLOW', 'end to end'],
  ] as const) {
    const [was, is] = [before?.[name], after[name]];
    const state = all.find((one) => one.promise === promise);
    if (was === undefined && is !== undefined && state !== undefined)
      log('warn', `${site}: ${state.text}`, {
        site,
        flow,
        code,
        since: new Date(is.since).toISOString(),
        fix: state.fix,
      });
    if (was !== undefined && is === undefined)
      log(
        'info',
        `${site}: ${over[name]} the flow "${flow}" again, after ${lengthText(clock.now() - was.since)}`,
        {
          ...{ site, flow, code },
          since: new Date(was.since).toISOString(),
        },
      );
  }
}

const over = { silent: 'there are events for', slow: 'deliveries are in time for' } as const;
