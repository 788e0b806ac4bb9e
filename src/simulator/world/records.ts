/** What the hospital knows: one truth, which FHIR serves and HL7 announces. Instants are milliseconds. */

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

export interface Patient {
  readonly number: number;
  readonly fhirId: string;
  family: string;
  readonly given: string;
  readonly middle: string;
  readonly birthDate: string;
  readonly sex: Sex;
  readonly race: number;
  readonly spanish: boolean;
  marital: 'S' | 'M' | 'D';
  homePhone: string;
  mobilePhone: string;
  email: string;
  street: string;
  place: number;
  provider: Provider;
  /** Oldest first. */
  readonly appointments: Appointment[];
  /** Oldest first. */
  readonly visits: Visit[];
}

export type AppointmentStatus = 'booked' | 'arrived' | 'fulfilled' | 'cancelled' | 'noshow';

export interface Appointment {
  readonly csn: number;
  readonly fhirId: string;
  readonly patient: Patient;
  readonly provider: Provider;
  readonly department: Department;
  readonly visitType: VisitType;
  readonly bookedAt: number;
  start: number;
  status: AppointmentStatus;
  /** Why it was cancelled or moved. */
  reason?: string;
}

export interface Visit {
  readonly csn: number;
  readonly fhirId: string;
  /** The hospital account (HAR), PID-18. */
  readonly account: number;
  readonly patient: Patient;
  readonly kind: 'inpatient' | 'emergency' | 'clinic';
  readonly department: Department;
  readonly bed?: Bed;
  readonly provider: Provider;
  readonly complaint: string;
  readonly startedAt: number;
  readonly appointment?: Appointment;
  endedAt?: number;
}
