/** Events that are too old to be acted on. Pure. */
import { compileSource, instantOf, readTime } from '../mapping/index.ts';
import { Failure, lengthText } from '../std/index.ts';
import type { EventContext } from './event.ts';
import type { Flow, Late } from './flow.ts';

/**
 * Judged where nothing was done yet: a delivery that has begun, or that a person let go on, is finished however late.
 * @returns What becomes of it; `undefined`: it is in time, or the flow does not ask.
 */
export function lateness(
  { late }: Pick<Flow, 'late'>,
  context: EventContext,
  { receivedAt, now, begun }: { readonly receivedAt: number; readonly now: number; readonly begun: boolean },
): { readonly do: Late['do']; readonly failure: Failure } | undefined {
  if (late === undefined || begun) return undefined;
  const at = late.since === undefined ? receivedAt : happenedAt(late.since, context);
  // Nobody can say that it is late.
  if (at === undefined || now - at <= late.after) return undefined;
  const failure = new Failure({
    code: 'EVENT_LATE',
    kind: 'validation',
    message: `The event is ${lengthText(now - at)} old; the flow acts on nothing older than ${lengthText(late.after)}.`,
    fix: 'Look at why it came late. If it is still to be acted on, release or replay it.',
    ...(late.since === undefined ? {} : { at: { path: late.since } }),
    retry: { again: false },
  });
  return { do: late.do, failure };
}

const DAY_ENDS = { hour: 23, minute: 59, second: 59 };

/** A day without a time of day ends with the day: nothing is late on the day itself. */
function happenedAt(since: string, { event, hl7, site }: EventContext): number | undefined {
  const values = new Map<string, unknown>([
    ['event', event],
    ['site', site],
  ]);
  const value = compileSource(since).read({ values, hl7, timeZone: site.timeZone });
  const moment = typeof value === 'string' ? readTime(value) : undefined;
  if (moment?.day === undefined) return undefined;
  return instantOf(moment.hour === undefined ? { ...moment, ...DAY_ENDS } : moment, site.timeZone);
}
