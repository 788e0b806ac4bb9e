import { instantOf } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import type { ReceivingRules } from './rules.ts';

/** What taking in a message needs. */
export interface Receiving {
  readonly hospital: Hospital;
  readonly rules: ReceivingRules;
  /** Our numbers of what other systems numbered: `appointment <MSH-3> <their number>`. */
  readonly placers: Map<string, number>;
}

/** The instant of an HL7 time; without an offset it is the hospital's local time. */
export function instantIn(hospital: Hospital, text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)?(\d\d)?(\d\d)?(?:\.\d+)?([+-]\d{4})?$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 1, date = 1, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  if (month < 1 || month > 12 || date < 1 || date > 31 || hours > 23 || minutes > 59) return undefined;
  const offset = match[7];
  if (offset === undefined) {
    return instantOf([year, month, date, hours, minutes, seconds * 1000], hospital.timeZone);
  }
  const sign = offset.startsWith('-') ? -1 : 1;
  const ahead = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3))) * 60_000;
  return Date.UTC(year, month - 1, date, hours, minutes, seconds) - ahead;
}
