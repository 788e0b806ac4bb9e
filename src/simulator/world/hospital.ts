import { day } from './calendar.ts';
import { createFacility, type Facility } from './facility.ts';
import { createIdentities, type Identities, patientNumberOf } from './identity.ts';
import { createPatient } from './population.ts';
import { createRandom, type Random } from './random.ts';
import type { Appointment, AppointmentStatus, Bed, Department, Patient, Provider, Visit } from './records.ts';

export interface HospitalOptions {
  readonly seed: string;
  readonly patients: number;
  readonly now: number;
  readonly timeZone: string;
}

/** A chart keeps this many finished appointments and as many visits, so that a simulator left running stays small. */
export const keptPerChart = 60;

/**
 * The one truth: people, appointments and visits, with the rules that keep them consistent (a bed holds one
 * patient, every record is findable by its ids). It knows nothing of FHIR, HL7 or the passing of time.
 */
export class Hospital {
  readonly seed: string;
  readonly timeZone: string;
  /** How many patients there were when the simulator started. */
  readonly initialPatients: number;
  readonly identities: Identities;
  readonly facility: Facility;
  readonly patients: Patient[] = [];
  readonly openVisits = new Set<Visit>();
  readonly #patientsById = new Map<string, Patient>();
  readonly #appointments = new Map<number, Appointment>();
  readonly #appointmentsById = new Map<string, Appointment>();
  readonly #visits = new Map<number, Visit>();
  readonly #visitsById = new Map<string, Visit>();
  readonly #occupied = new Map<Bed, Visit>();
  /** Booked appointments by day number, so that choosing one does not walk the whole book. */
  readonly #bookedByDay = new Map<number, Set<Appointment>>();
  readonly #newcomers: Random;
  /** How many appointments stand in the book, those that were missed and not yet marked included. */
  bookedCount = 0;
  #lastCsn = 1_000_200_000;
  #lastAccount = 600_100_000;

  constructor(options: HospitalOptions) {
    this.seed = options.seed;
    this.timeZone = options.timeZone;
    this.initialPatients = options.patients;
    this.identities = createIdentities(options.seed);
    this.facility = createFacility(this.identities, options.patients);
    this.#newcomers = createRandom(options.seed, 'population');
    for (let count = 0; count < options.patients; count += 1) this.addPatient(options.now);
  }

  get appointments(): MapIterator<Appointment> {
    return this.#appointments.values();
  }
  get appointmentCount(): number {
    return this.#appointments.size;
  }
  get visits(): MapIterator<Visit> {
    return this.#visits.values();
  }
  get visitCount(): number {
    return this.#visits.size;
  }

  /** Registers a person the hospital has not met before. */
  addPatient(now: number): Patient {
    const patient = createPatient(
      this.patients.length + 1,
      now,
      this.#newcomers,
      this.identities,
      this.facility,
    );
    this.patients.push(patient);
    this.#patientsById.set(patient.fhirId, patient);
    return patient;
  }

  patient(fhirId: string): Patient | undefined {
    return this.#patientsById.get(fhirId);
  }
  /** Finds by FHIR id, MRN, `Z...` or `E...`. */
  patientByAny(identifier: string): Patient | undefined {
    const number = patientNumberOf(identifier);
    return this.#patientsById.get(identifier) ?? (number ? this.patients[number - 1] : undefined);
  }
  appointment(fhirId: string): Appointment | undefined {
    return this.#appointmentsById.get(fhirId);
  }
  appointmentByCsn(csn: number): Appointment | undefined {
    return this.#appointments.get(csn);
  }
  visit(fhirId: string): Visit | undefined {
    return this.#visitsById.get(fhirId);
  }
  visitByCsn(csn: number): Visit | undefined {
    return this.#visits.get(csn);
  }
  provider(fhirId: string): Provider | undefined {
    return this.facility.providers.find((provider) => provider.fhirId === fhirId);
  }
  department(fhirId: string): Department | undefined {
    return this.facility.departments.find((department) => department.fhirId === fhirId);
  }

  freeBeds(): Bed[] {
    return this.facility.beds.filter((bed) => !this.#occupied.has(bed));
  }

  /** Booked appointments that begin in `[from, to)`, in the order in which they came into the book. */
  booked(from: number, to: number): Appointment[] {
    const found: Appointment[] = [];
    for (let number = Math.floor(from / day); number <= Math.floor(to / day); number += 1) {
      for (const appointment of this.#bookedByDay.get(number) ?? []) {
        if (appointment.start >= from && appointment.start < to) found.push(appointment);
      }
    }
    return found;
  }

  addAppointment(details: Omit<Appointment, 'csn' | 'fhirId'>): Appointment {
    this.#lastCsn += 1;
    const appointment: Appointment = {
      csn: this.#lastCsn,
      fhirId: this.identities.fhirId('Appointment', this.#lastCsn),
      ...details,
    };
    this.#appointments.set(appointment.csn, appointment);
    this.#appointmentsById.set(appointment.fhirId, appointment);
    appointment.patient.appointments.push(appointment);
    if (appointment.status === 'booked') {
      this.#bookedOn(appointment).add(appointment);
      this.bookedCount += 1;
    }
    const old = overflow(
      appointment.patient.appointments,
      ({ status, start }) =>
        status !== 'arrived' && (status !== 'booked' || start < appointment.bookedAt - day),
    );
    if (old) {
      this.#unbook(old);
      this.#appointments.delete(old.csn);
      this.#appointmentsById.delete(old.fhirId);
    }
    return appointment;
  }

  moveAppointment(appointment: Appointment, start: number, reason: string): void {
    this.#bookedOn(appointment).delete(appointment);
    appointment.start = start;
    appointment.reason = reason;
    this.#bookedOn(appointment).add(appointment);
  }

  closeAppointment(appointment: Appointment, status: AppointmentStatus, reason?: string): void {
    this.#unbook(appointment);
    appointment.status = status;
    if (reason !== undefined) appointment.reason = reason;
  }

  /** Opens a visit. One that keeps an appointment takes over its CSN, as an Epic encounter does. */
  openVisit(details: Omit<Visit, 'csn' | 'fhirId' | 'account' | 'endedAt'>): Visit {
    if (!details.appointment) this.#lastCsn += 1;
    const csn = details.appointment?.csn ?? this.#lastCsn;
    this.#lastAccount += 1;
    const visit: Visit = {
      csn,
      fhirId: this.identities.fhirId('Encounter', csn),
      account: this.#lastAccount,
      ...details,
    };
    this.#visits.set(visit.csn, visit);
    this.#visitsById.set(visit.fhirId, visit);
    visit.patient.visits.push(visit);
    this.openVisits.add(visit);
    if (visit.bed) this.#occupied.set(visit.bed, visit);
    const old = overflow(visit.patient.visits, (each) => each.endedAt !== undefined);
    if (old) {
      this.#visits.delete(old.csn);
      this.#visitsById.delete(old.fhirId);
    }
    return visit;
  }

  closeVisit(visit: Visit, at: number): void {
    visit.endedAt = at;
    this.openVisits.delete(visit);
    if (visit.bed) this.#occupied.delete(visit.bed);
  }

  #unbook(appointment: Appointment): void {
    if (this.#bookedOn(appointment).delete(appointment)) this.bookedCount -= 1;
  }

  #bookedOn(appointment: Appointment): Set<Appointment> {
    const number = Math.floor(appointment.start / day);
    const booked = this.#bookedByDay.get(number) ?? new Set<Appointment>();
    this.#bookedByDay.set(number, booked);
    return booked;
  }
}

/** Takes the oldest finished record out of a chart that has grown too long. */
function overflow<T>(chart: T[], finished: (record: T) => boolean): T | undefined {
  if (chart.length <= keptPerChart) return undefined;
  const index = chart.findIndex(finished);
  return index < 0 ? undefined : chart.splice(index, 1)[0];
}
