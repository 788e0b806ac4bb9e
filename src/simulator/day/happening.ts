import type { Hospital } from '../world/hospital.ts';
import type { Random } from '../world/random.ts';
import type { Appointment, Patient, User, Visit } from '../world/records.ts';

/** A change of the truth, and what an HL7 message about it needs to know. */
export interface Change {
  readonly patient: Patient;
  readonly visit?: Visit | undefined;
  readonly appointment?: Appointment | undefined;
  /** Why an appointment was moved or cancelled. */
  readonly reason?: string | undefined;
}

/** What a kind of happening is given. */
export interface Scene {
  readonly hospital: Hospital;
  readonly random: Random;
  /** The hospital's time. */
  readonly now: number;
  /** The patient it must happen to; chance picks one when absent. */
  readonly patient?: Patient | undefined;
  /** For a visit or appointment: the one it must happen to. */
  readonly csn?: number | undefined;
}

/** One kind of thing that can happen in a day. A new kind is one value of this type in the table of `kinds.ts`. */
export interface HappeningKind {
  /** ADT or SIU, and the trigger event. */
  readonly message: 'ADT' | 'SIU';
  readonly trigger: string;
  /** EVN-4: Epic's own name for the event. */
  readonly mnemonic: string;
  /** How often it comes in a day, relative to the other kinds, as the hospital stands. */
  weight(hospital: Hospital): number;
  /** Index into the facility's users: who did it. */
  readonly user: number;
  /** Changes the truth, or returns undefined when nothing in the hospital fits (no free bed, nothing booked). */
  occur(scene: Scene): Change | undefined;
}

/** What happened: the answer to one made by hand, and an entry of the log. */
export interface Happening {
  readonly kind: string;
  /** Hospital time, ISO 8601. */
  readonly at: string;
  /** For example `ADT^A01`. */
  readonly message: string;
  readonly controlId: string;
  /** The feeds that took the message; none when no feed carries this kind. */
  readonly feeds: readonly string[];
  readonly mrn: string;
  readonly patientId: string;
  readonly csn?: string;
  readonly appointmentId?: string;
  readonly encounterId?: string;
  /** The hospital account (HAR). */
  readonly account?: string;
}

/** The user that a kind of happening is entered by. */
export function userOf(hospital: Hospital, kind: HappeningKind): User {
  return hospital.facility.users[kind.user] as User;
}
