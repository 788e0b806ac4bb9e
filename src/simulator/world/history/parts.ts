import { minute } from '../calendar.ts';
import type { Facility } from '../facility.ts';
import type { Identities } from '../identity.ts';
import type { People } from '../people.ts';
import type { Random } from '../random.ts';
import type { Bed, Provider } from '../records.ts';

/** What every part of a history is made from. */
export interface HistoryParts {
  readonly seed: string;
  /** When the simulator starts: history ends here. */
  readonly now: number;
  readonly timeZone: string;
  /** How many people have a history. */
  readonly patients: number;
  readonly identities: Identities;
  readonly facility: Facility;
  readonly people: People;
}

/** Someone who is in the house when the simulator starts. */
export interface Inmate {
  readonly bed: Bed;
  readonly since: number;
  readonly provider: Provider;
  readonly complaint: string;
}

/** Records of one contact are numbered from here, so that a number also tells the contact. */
export const recordsPerContact = 512;

/** A quarter hour of a working day, 08:00 to 16:45, on one of the given mornings. */
export function slot(random: Random, mornings: readonly number[]): number {
  return random.pick(mornings) + random.integer(36) * 15 * minute;
}
