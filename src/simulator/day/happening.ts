import type { Hospital } from '../world/hospital.ts';
import type { Random } from '../world/random.ts';
import type { Patient } from '../world/records.ts';

/** What a kind of event is given. */
export interface Scene {
  readonly hospital: Hospital;
  readonly random: Random;
  /** The hospital's time. */
  readonly now: number;
  /** Who makes it happen: the day's routine, or somebody at the admin API. */
  readonly via: 'day' | 'admin';
  /** The patient it must happen to; chance picks one when absent. */
  readonly patient?: Patient | undefined;
  /** Merge and unlink: the chart that ends, or lives again. */
  readonly other?: Patient | undefined;
  /** For a visit or appointment: the one it must happen to. */
  readonly csn?: number | undefined;
}

/** One kind of event of a hospital's day. A new kind is one value of this type in the table of `kinds.ts`. */
export interface HappeningKind {
  /** How often it comes in an even day, relative to the other kinds, as the hospital stands. */
  weight(hospital: Hospital): number;
  /** How often it comes in a natural day: times an hour, as the hospital stands, at a local hour from 0 to 23. */
  perHour(hospital: Hospital, hour: number): number;
  /** Goes to a desk of the hospital; false when nothing fits (no free bed, nothing booked). */
  occur(scene: Scene): boolean;
}

/** One message of a happening. */
export interface Announcement {
  /** For example `ADT^A01`. */
  readonly message: string;
  readonly controlId: string;
  /** The feeds that took it; none when no feed carries this kind. */
  readonly feeds: readonly string[];
}

/** What happened: the answer to one made by hand, and an entry of the log. */
export interface Happening {
  /** Counted from 1 without gaps. */
  readonly sequence: number;
  readonly kind: string;
  /** Hospital time, ISO 8601. */
  readonly at: string;
  readonly via: string;
  /** The user id of who did it. */
  readonly user: string;
  /** The first message about it, for example `ADT^A01`; empty when this site announces nothing of the kind. */
  readonly message: string;
  readonly controlId: string;
  /** The feeds that took a message about it; none when no feed carries this kind. */
  readonly feeds: readonly string[];
  /** Every message about it. */
  readonly announced: readonly Announcement[];
  readonly mrn: string;
  readonly patientId: string;
  /** Merge and unlink: the other chart. */
  readonly otherMrn?: string;
  readonly otherPatientId?: string;
  readonly csn?: string;
  readonly appointmentId?: string;
  readonly encounterId?: string;
  /** The hospital account (HAR). */
  readonly account?: string;
  /** Every resource that changed with it, as FHIR shows them. */
  readonly resources: readonly { readonly type: string; readonly id: string; readonly change: string }[];
}
