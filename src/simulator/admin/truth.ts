import { minute } from '../world/calendar.ts';
import type { Hospital } from '../world/hospital.ts';
import { externalIdOf } from '../world/identity.ts';
import type { Appointment, Patient, Visit } from '../world/records.ts';
import { places } from '../world/vocabulary.ts';

/** The truth in plain words, so that a test can compare what FHIR served and HL7 announced with it. */

export interface PatientTruth {
  readonly id: string;
  readonly mrn: string;
  readonly externalId: string;
  readonly family: string;
  readonly given: string;
  readonly birthDate: string;
  readonly gender: string;
  readonly homePhone: string;
  readonly mobilePhone: string;
  readonly email: string;
  readonly street: string;
  readonly city: string;
}

export function patientTruth(patient: Patient): PatientTruth {
  const { number, fhirId, family, given, birthDate, sex, homePhone, mobilePhone, email, street } = patient;
  return {
    id: fhirId,
    mrn: patient.mrn,
    externalId: externalIdOf(number),
    family,
    given,
    birthDate,
    gender: sex,
    homePhone,
    mobilePhone,
    email,
    street,
    city: places[patient.place]?.city ?? '',
  };
}

export interface AppointmentTruth {
  readonly id: string;
  readonly csn: string;
  readonly patientId: string;
  readonly mrn: string;
  readonly status: string;
  /** ISO 8601 with Z. */
  readonly start: string;
  readonly end: string;
  readonly visitType: string;
  readonly practitionerId: string;
  readonly department: string;
}

export function appointmentTruth(hospital: Hospital, appointment: Appointment): AppointmentTruth {
  const { fhirId, csn, status, start, visitType, provider, department } = appointment;
  const patient = hospital.patients.get(appointment.patient);
  return {
    id: fhirId,
    csn: String(csn),
    patientId: patient?.fhirId ?? '',
    mrn: patient?.mrn ?? '',
    status,
    start: new Date(start).toISOString(),
    end: new Date(start + visitType.minutes * minute).toISOString(),
    visitType: visitType.name,
    practitionerId: provider.fhirId,
    department: department.name,
  };
}

export interface VisitTruth {
  readonly id: string;
  readonly csn: string;
  readonly account: string;
  readonly patientId: string;
  readonly mrn: string;
  readonly kind: string;
  readonly department: string;
  readonly bed?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly appointmentId?: string;
}

export function visitTruth(hospital: Hospital, visit: Visit): VisitTruth {
  const { fhirId, csn, account, kind, department, bed, startedAt, endedAt } = visit;
  const patient = hospital.patients.get(visit.patient);
  const appointment =
    visit.appointment === undefined ? undefined : hospital.appointmentByCsn(visit.appointment);
  return {
    id: fhirId,
    csn: String(csn),
    account: String(account),
    patientId: patient?.fhirId ?? '',
    mrn: patient?.mrn ?? '',
    kind,
    department: department.name,
    ...(bed ? { bed: `${bed.room}-${bed.bed}` } : {}),
    startedAt: new Date(startedAt).toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    ...(appointment ? { appointmentId: appointment.fhirId } : {}),
  };
}

/** Every record of a kind, chart after chart; a large hospital is walked through, not held. */
export function* everyAppointment(hospital: Hospital): Generator<AppointmentTruth> {
  for (const patient of hospital.patients) {
    if (patient.standing !== 'active') continue;
    for (const each of hospital.chart('Appointment', patient)) yield appointmentTruth(hospital, each);
  }
}
export function* everyVisit(hospital: Hospital): Generator<VisitTruth> {
  for (const patient of hospital.patients) {
    if (patient.standing !== 'active') continue;
    for (const each of hospital.chart('Encounter', patient)) yield visitTruth(hospital, each);
  }
}
