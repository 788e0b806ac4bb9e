/** Which time counts when somebody waits for something from a site: not what it is down on purpose, not what nobody works. */
import { localTimeOf, maintenanceAt, staffedAt } from './calendar.ts';
import type { SiteRecord } from './record.ts';

export interface Counting {
  /** By which connections it would come; when one of them is up, it can. None: only what concerns the whole site counts. */
  readonly connections?: readonly string[];
  /** Only when somebody is at work there, where the record says when that is. */
  readonly staffed?: boolean;
  /** Holidays count, too. Where staffed hours are looked at, they do not. */
  readonly holidays?: boolean;
}

/** Hours and windows begin and end at full five minutes, as people name them. */
const PIECE = 5 * 60_000;

/** Whether that moment counts. Without a calendar every one does. */
export function countsAt(site: SiteRecord, at: number, counting: Counting): boolean {
  if (site.calendar === undefined) return true;
  const { connections = [], staffed = false, holidays = false } = counting;
  const down =
    connections.length === 0
      ? maintenanceAt(site, at) !== undefined
      : connections.every((one) => maintenanceAt(site, at, one) !== undefined);
  if (down) return false;
  if (staffed && site.calendar.staffed !== undefined) return staffedAt(site, at) === true;
  return holidays || site.calendar.holidays?.[localTimeOf(site.timeZone, at).day] === undefined;
}

/**
 * Milliseconds between two times that count, looked at in pieces of five minutes.
 * @param enough It stops there: more need not be known.
 */
export function countedTime(
  site: SiteRecord,
  from: number,
  to: number,
  counting: Counting,
  enough = Number.POSITIVE_INFINITY,
): number {
  if (site.calendar === undefined) return Math.max(0, to - from);
  let counted = 0;
  for (let at = from; at < to && counted <= enough; ) {
    const next = Math.min(to, (Math.floor(at / PIECE) + 1) * PIECE);
    if (countsAt(site, at, counting)) counted += next - at;
    at = next;
  }
  return counted;
}
