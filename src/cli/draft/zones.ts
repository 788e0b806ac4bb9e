/** Which time zone a hospital may be in, by the offsets that its messages say. */

/** Where hospitals of our sites mostly are; one of them is guessed before any other. */
const USUAL_ZONES = [
  'America/New_York',
  'America/Chicago',
  'America/Denver',
  'America/Phoenix',
  'America/Los_Angeles',
  'America/Anchorage',
  'Pacific/Honolulu',
  'America/Puerto_Rico',
] as const;

/**
 * Zones in which all of these times have the offset that they say; the first is the likeliest. Empty: none was said, or none fits.
 * @param seen `2026013108 -0600`: local day and hour, and the offset.
 */
export function likelyZones(seen: readonly string[]): string[] {
  const times = seen.flatMap((each) => {
    const [, year, month, day, hour, sign, hours, minutes] =
      /^(\d{4})(\d{2})(\d{2})(\d{2}) ([+-])(\d{2})(\d{2})$/.exec(each) ?? [];
    if (year === undefined) return [];
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
    const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour));
    return Number.isNaN(local) ? [] : [{ at: local - offset * 60_000, offset }];
  });
  // What is written in UTC says nothing of where it was written.
  if (times.length === 0 || times.every(({ offset }) => offset === 0)) return [];
  return USUAL_ZONES.filter((zone) => times.every(({ at, offset }) => offsetAt(zone, at) === offset));
}

/** Minutes east of UTC. */
function offsetAt(zone: string, at: number): number {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(
    at,
  );
  const text = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign, hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
