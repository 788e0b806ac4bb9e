/** When a schedule is due. Pure: the times that are asked about are given. */
import { Cron } from 'croner';
import { nearest } from '../std/index.ts';
import type { Trigger } from './flow.ts';

export type ScheduleTrigger = Extract<Trigger, { kind: 'schedule' }>;

/** More occurrences than these are not made up for, whatever the flow says: a schedule of every minute, a week off. */
export const MOST_MISSED = 100;

/** Nothing is started: croner runs nothing without a function, and is asked for times alone. */
const cronOf = (cron: string, timeZone: string): Cron => new Cron(cron, { timezone: timeZone, paused: true });

/** The next occurrence behind a time, milliseconds since 1970; `null`: there is none. */
export function nextOccurrence({ cron }: ScheduleTrigger, timeZone: string, after: number): number | null {
  return cronOf(cron, timeZone).nextRun(new Date(after))?.getTime() ?? null;
}

/**
 * What is to be run now, oldest first: occurrences behind `after` up to `now`, of which all but a fresh last one count as
 * missed.
 * @param grace Milliseconds: an occurrence that is younger was not missed.
 */
export function dueOccurrences(
  trigger: ScheduleTrigger,
  timeZone: string,
  { after, now, grace }: { readonly after: number; readonly now: number; readonly grace: number },
): readonly number[] {
  const cron = cronOf(trigger.cron, timeZone);
  const due: number[] = [];
  let at = cron.nextRun(new Date(after))?.getTime();
  while (at !== undefined && at <= now) {
    due.push(at);
    if (due.length > MOST_MISSED) due.shift();
    at = cron.nextRun(new Date(at))?.getTime();
  }
  if (trigger.missed === 'all') return due;
  const last = due.slice(-1);
  return trigger.missed === 'latest' ? last : last.filter((each) => now - each <= grace);
}

/** What is wrong with it. */
export function scheduleFault({
  cron,
  timeZone,
}: ScheduleTrigger): { readonly reason: string; readonly fix: string } | undefined {
  const fields = cron.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) {
    return {
      reason: `"${cron}" has ${fields} ${fields === 1 ? 'field' : 'fields'}, not 5 or 6`,
      fix: 'Write minute, hour, day, month, day of the week: 0 6 * * 1-5.',
    };
  }
  try {
    if (timeZone !== undefined) new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    const near = nearest(timeZone ?? '', Intl.supportedValuesOf('timeZone'));
    return {
      reason: `"${timeZone}" is no time zone`,
      fix: near ? `Did you mean "${near}"?` : 'Write it as America/Chicago.',
    };
  }
  try {
    const { length } = cronOf(cron, timeZone ?? 'UTC').nextRuns(1, new Date(0));
    if (length > 0) return undefined;
  } catch (error) {
    return {
      reason: `"${cron}" is no schedule: ${(error as Error).message.replace(/^CronPattern: /, '').replace(/\.$/, '')}`,
      fix: 'Write minute, hour, day, month, day of the week: 0 6 * * 1-5.',
    };
  }
  return { reason: `"${cron}" never comes`, fix: 'Look at its day and month.' };
}
