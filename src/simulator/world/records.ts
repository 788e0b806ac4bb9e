/**
 * What the hospital knows: one truth, which FHIR serves and HL7 announces. Instants are milliseconds since 1970.
 * Every record is a snapshot that nobody changes: a desk of the hospital puts a new one in its place. Records
 * name a patient by number and a visit or appointment by its contact serial number (CSN).
 */

export type Sex = 'female' | 'male';

export interface Provider {
  readonly number: number;
  readonly fhirId: string;
  /** The provider record id that HL7 carries, six digits. */
  readonly id: string;
  readonly npi: string;
  readonly family: string;
  readonly given: string;
  readonly specialty: string;
}

export interface Department {
  readonly number: number;
  readonly fhirId: string;
  /** The department record id, ten digits. */
  readonly id: string;
  /** The short code that stands in PV1-3.1. */
  readonly unit: string;
  readonly name: string;
  readonly kind: 'clinic' | 'ward' | 'emergency';
}

export interface Bed {
  readonly department: Department;
  readonly room: string;
  readonly bed: string;
}

export interface VisitType {
  readonly id: string;
  readonly name: string;
  readonly minutes: number;
}

/** The person at a keyboard: MSH-8 and EVN-5. */
export interface User {
  readonly id: string;
  readonly family: string;
  readonly given: string;
}

/** An identifier beside those that every patient has: an older MRN, the number of another hospital, an SSN. */
export interface FurtherIdentifier {
  /** Component 5 of PID-3: `MR`, `SS`, `PI`. */
  readonly type: string;
  /** Component 4 of PID-3, the assigner's short name. */
  readonly assigner: string;
  readonly value: string;
  /** What FHIR gives as its system. */
  readonly system: string;
}

/** `merged`: the chart lives on in `mergedInto`. `deleted`: marked in error, answers no question any more. */
export type PatientStanding = 'active' | 'merged' | 'deleted';

export interface Patient {
  readonly number: number;
  readonly fhirId: string;
  /** The medical record number, type EPI. Two charts may carry one by mistake, as at real sites. */
  readonly mrn: string;
  readonly further: readonly FurtherIdentifier[];
  readonly family: string;
  readonly given: string;
  readonly middle: string;
  readonly birthDate: string;
  readonly sex: Sex;
  readonly race: number;
  readonly spanish: boolean;
  readonly marital: 'S' | 'M' | 'D';
  readonly homePhone: string;
  readonly mobilePhone: string;
  readonly email: string;
  readonly street: string;
  /** Index into `places`. */
  readonly place: number;
  readonly provider: Provider;
  /** The day a person died, when they have. */
  readonly deathDate?: string;
  readonly standing: PatientStanding;
  /** The number of the patient who carries this chart on. */
  readonly mergedInto?: number;
  readonly registeredAt: number;
  readonly changedAt: number;
}

export type AppointmentStatus = 'booked' | 'arrived' | 'fulfilled' | 'cancelled' | 'noshow';

export interface Appointment {
  readonly csn: number;
  readonly fhirId: string;
  readonly patient: number;
  readonly provider: Provider;
  readonly department: Department;
  readonly visitType: VisitType;
  readonly bookedAt: number;
  readonly start: number;
  readonly status: AppointmentStatus;
  /** Why it was cancelled or moved. */
  readonly reason?: string;
  /** What was written beside it when it was booked. */
  readonly note?: string;
  /** The number another system gave it when it was booked by a message from there (SCH-1). */
  readonly placer?: string;
  readonly changedAt: number;
}

export type VisitKind = 'inpatient' | 'emergency' | 'clinic';
/** `cancelled`: an admission that was taken back (A11). */
export type VisitStatus = 'in-progress' | 'finished' | 'cancelled';

/** Where a patient was during a visit; the last stay of an open visit has no end. */
export interface Stay {
  readonly department: Department;
  readonly bed?: Bed;
  readonly from: number;
  readonly to?: number;
}

/** An encounter. */
export interface Visit {
  readonly csn: number;
  readonly fhirId: string;
  /** The hospital account (HAR), PID-18. */
  readonly account: number;
  readonly patient: number;
  readonly kind: VisitKind;
  readonly status: VisitStatus;
  readonly department: Department;
  readonly bed?: Bed;
  readonly provider: Provider;
  readonly complaint: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  /** The number another system gave it when it was opened by a message from there (PV1-19 of that message). */
  readonly placer?: string;
  /** The CSN of the appointment it came from: the same number. */
  readonly appointment?: number;
  /** Oldest first. */
  readonly stays: readonly Stay[];
  /** Oldest first; a discharge that was taken back shows here. */
  readonly statuses: readonly { readonly status: VisitStatus; readonly from: number }[];
  readonly changedAt: number;
}
