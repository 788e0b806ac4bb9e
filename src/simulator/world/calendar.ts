/** The hospital's wall calendar: instants (milliseconds since 1970) to and from its local time. */

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

// Zones change their offset on quarter hours only, and asking Intl costs some thousand times what remembering does.
const quarterHour = 15 * minute;
const mostRemembered = 50_000;
const formatters = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Map<number, number>>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  const found =
    formatters.get(timeZone) ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  formatters.set(timeZone, found);
  return found;
}

/** How far the zone is ahead of UTC at an instant, milliseconds. */
function offsetAt(instant: number, timeZone: string): number {
  const remembered = offsets.get(timeZone) ?? new Map<number, number>();
  offsets.set(timeZone, remembered);
  const quarter = Math.floor(instant / quarterHour);
  const known = remembered.get(quarter);
  if (known !== undefined) return known;
  const at: Record<string, number> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(quarter * quarterHour))
    at[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at;
  const offset = Date.UTC(year, month - 1, day, hour, minute, second) - quarter * quarterHour;
  if (remembered.size >= mostRemembered) remembered.clear();
  remembered.set(quarter, offset);
  return offset;
}

/** The local time of an instant, as a Date whose UTC parts are the local ones. */
function localTime(instant: number, timeZone: string): Date {
  return new Date(instant + offsetAt(instant, timeZone));
}

/** Local time as HL7 v2 writes it, `YYYYMMDDHHMMSS`: Epic feeds carry local time without an offset. */
export function hl7Time(instant: number, timeZone: string): string {
  return localTime(instant, timeZone).toISOString().replace(/\D/g, '').slice(0, 14);
}

/** The local date of an instant, `YYYY-MM-DD`. */
export function localDate(instant: number, timeZone: string): string {
  return localTime(instant, timeZone).toISOString().slice(0, 10);
}

/** The instant of a local wall time; `month` is 1 to 12, and parts may overflow (day 32 is the next month). */
export function instantOf(
  [year, month, dayOfMonth, hours = 0, minutes = 0, milliseconds = 0]: readonly [
    number,
    number,
    number,
    number?,
    number?,
    number?,
  ],
  timeZone: string,
): number {
  const wanted = Date.UTC(year, month - 1, dayOfMonth, hours, minutes, 0, milliseconds);
  // Two rounds settle the offset also when the first guess lies on the other side of a clock change.
  const guess = wanted - offsetAt(wanted, timeZone);
  return wanted - offsetAt(guess, timeZone);
}

/** The instants of 08:00 local time on the working days (Monday to Friday) from one day offset to another. */
export function workingMornings(now: number, timeZone: string, fromDay: number, toDay: number): number[] {
  const today = localTime(now, timeZone);
  const [year, month, date] = [today.getUTCFullYear(), today.getUTCMonth() + 1, today.getUTCDate()];
  const mornings: number[] = [];
  for (let offset = fromDay; offset <= toDay; offset += 1) {
    const morning = instantOf([year, month, date + offset, 8], timeZone);
    const dayOfWeek = localTime(morning, timeZone).getUTCDay();
    if (dayOfWeek !== 0 && dayOfWeek !== 6) mornings.push(morning);
  }
  return mornings;
}

/** The local hour of an instant, 0 to 23. */
export function localHour(instant: number, timeZone: string): number {
  return localTime(instant, timeZone).getUTCHours();
}
