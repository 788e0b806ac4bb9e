import type { Allergy, Condition, Medication, Note, Observation, Order } from './clinical-records.ts';
import type { Appointment, Patient, User, Visit } from './records.ts';

/** By whom and when something is done: the first argument of everything that changes the hospital. */
export interface Act {
  readonly at: number;
  readonly user: User;
  /** The day's own routine, somebody at the admin API, an application over FHIR, or a message that was received. */
  readonly via: 'day' | 'admin' | 'fhir' | 'hl7';
}

/** Everything that can happen to the truth. */
export const changeKinds = [
  'patient-registered',
  'patient-updated',
  'patients-merged',
  'patients-unlinked',
  'patient-deleted',
  'appointment-booked',
  'appointment-rescheduled',
  'appointment-modified',
  'appointment-cancelled',
  'appointment-missed',
  'visit-admitted',
  'visit-registered',
  'visit-transferred',
  'visit-updated',
  'visit-discharged',
  'admission-cancelled',
  'discharge-cancelled',
  'observations-filed',
  'observation-updated',
  'result-ordered',
  'result-filed',
  'note-filed',
  'note-updated',
  'note-addended',
  'note-withdrawn',
  'condition-added',
  'allergy-added',
  'medication-ordered',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** One resource that a change touched, as a reader of FHIR would see it. */
export interface Touched {
  readonly type: string;
  readonly id: string;
  readonly change: 'created' | 'updated' | 'deleted';
}

/** What a change is about: the records as they stand after it. */
export interface Subject {
  readonly patient: Patient;
  /** Merge: the chart that ends. Unlink: the chart that lives again. */
  readonly otherPatient?: Patient;
  readonly visit?: Visit;
  readonly appointment?: Appointment;
  readonly observations?: readonly Observation[];
  readonly order?: Order;
  readonly note?: Note;
  readonly condition?: Condition;
  readonly allergy?: Allergy;
  readonly medication?: Medication;
  readonly reason?: string;
}

/** Something that happened to the truth. Feeds and the change log live on these. */
export interface Change extends Subject {
  /** Counted from 1 without gaps. */
  readonly sequence: number;
  readonly kind: ChangeKind;
  readonly act: Act;
  readonly touched: readonly Touched[];
}
