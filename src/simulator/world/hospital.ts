import type { Act } from './change.ts';
import type { ChartKind, ChartRecords } from './charts.ts';
import { type ChangeListener, Core } from './core.ts';
import { Diary } from './diary.ts';
import { createFacility, type Facility } from './facility.ts';
import { Filing } from './filing.ts';
import { createHistory } from './history/history.ts';
import { createIdentities, type IdentifiedKind, type Identities } from './identity.ts';
import { People } from './people.ts';
import type { Appointment, Bed, Department, Patient, Provider, Visit } from './records.ts';
import { Registration } from './registration.ts';
import { Scheduling } from './scheduling.ts';
import { Stays } from './stays.ts';

export interface HospitalOptions {
  readonly seed: string;
  readonly patients: number;
  readonly now: number;
  readonly timeZone: string;
}

/**
 * The one truth. Reading is here; everything that changes goes through one of the desks (`registration`,
 * `scheduling`, `stays`, `filing`), each of which tells what happened to those who listen (`onChange`). It knows
 * nothing of FHIR or HL7. Records are snapshots: keep their numbers, not the records, when you will ask again.
 */
export class Hospital {
  readonly seed: string;
  readonly timeZone: string;
  /** When the simulator started; history lies before it. */
  readonly begun: number;
  /** How many patients there were when the simulator started. */
  readonly initialPatients: number;
  readonly identities: Identities;
  readonly facility: Facility;
  /** Everyone, whatever their standing; reads like a list. */
  readonly patients: People;
  readonly registration: Registration;
  readonly scheduling: Scheduling;
  readonly stays: Stays;
  readonly filing: Filing;
  /** The hospital's time. The clock of the day is put here; until then it stands at the start. */
  now: () => number;
  readonly #core: Core;
  readonly #diary: Diary;

  constructor(options: HospitalOptions) {
    const { seed, patients, now, timeZone } = options;
    this.seed = seed;
    this.timeZone = timeZone;
    this.begun = now;
    this.initialPatients = patients;
    this.now = () => now;
    this.identities = createIdentities(seed);
    this.facility = createFacility(this.identities, patients);
    this.patients = new People(options, this.identities, this.facility);
    const history = createHistory({
      ...options,
      identities: this.identities,
      facility: this.facility,
      people: this.patients,
    });
    this.#core = new Core(this.identities, this.facility, this.patients, history);
    this.#diary = new Diary(history.booked(), (csn) => this.#core.charts.isChanged('Appointment', csn));
    this.registration = new Registration(this.#core);
    this.scheduling = new Scheduling(this.#core, this.#diary);
    this.stays = new Stays(this.#core, this.scheduling);
    this.filing = new Filing(this.#core);
    for (const visit of history.inHouse()) {
      this.stays.adopt(visit);
      this.filing.adopt(visit.patient);
    }
  }

  /** By whom and when: the first argument of what a desk does. `user` is a place in the facility's list of users. */
  act(via: Act['via'], user = 0, at = this.now()): Act {
    const { users } = this.facility;
    return { at, via, user: users[user % users.length] as (typeof users)[number] };
  }

  /** Called with everything that happens from now on; returns a way to stop. */
  onChange(listener: ChangeListener): () => void {
    return this.#core.onChange(listener);
  }
  /** How much has happened since the start. */
  get changeCount(): number {
    return this.#core.changeCount;
  }
  /** How many people and records are kept because they changed or came after the start. */
  get keptCount(): number {
    return this.patients.changedCount + this.#core.charts.changedCount;
  }

  /** By FHIR id or DSTU2 id, whatever the standing: a reader must look at `standing`. */
  patient(id: string): Patient | undefined {
    const number = this.#numberOf('Patient', id);
    return number === undefined ? undefined : this.patients.get(number);
  }
  /** Finds by FHIR id, MRN, `Z...` or `E...`; the one that is active when there are several. */
  patientByAny(identifier: string): Patient | undefined {
    const found = this.patient(identifier);
    if (found) return found;
    const all = this.patients.withIdentifier(identifier);
    return all.find(({ standing }) => standing === 'active') ?? all[0];
  }

  /** The records of one kind in a chart, those of charts merged into it included. */
  chart<K extends ChartKind>(kind: K, patient: Pick<Patient, 'number'>): readonly ChartRecords[K][] {
    return this.#core.list(kind, patient.number);
  }
  /** A record by the id that FHIR gives it; undefined when the chart it was in is deleted. */
  record<K extends ChartKind>(kind: K, id: string): ChartRecords[K] | undefined {
    const number = this.#numberOf(kind, id);
    return number === undefined ? undefined : this.#core.get(kind, number);
  }
  /** A record by its number, or its CSN. */
  numbered<K extends ChartKind>(kind: K, number: number): ChartRecords[K] | undefined {
    return this.#core.get(kind, number);
  }

  appointment(id: string): Appointment | undefined {
    return this.record('Appointment', id);
  }
  appointmentByCsn(csn: number): Appointment | undefined {
    return this.#core.get('Appointment', csn);
  }
  visit(id: string): Visit | undefined {
    return this.record('Encounter', id);
  }
  visitByCsn(csn: number): Visit | undefined {
    return this.#core.get('Encounter', csn);
  }
  provider(id: string): Provider | undefined {
    return this.facility.providers.find((provider) => provider.fhirId === id);
  }
  department(id: string): Department | undefined {
    return this.facility.departments.find((department) => department.fhirId === id);
  }

  freeBeds(): Bed[] {
    return this.stays.freeBeds();
  }
  /** How many appointments stand in the book, those that were missed and not yet marked included. */
  get bookedCount(): number {
    return this.#diary.count;
  }
  /** CSNs of booked appointments that begin in `[from, to)`. */
  booked(from: number, to: number): number[] {
    return this.#diary.between(from, to);
  }

  #numberOf(kind: IdentifiedKind, id: string): number | undefined {
    const named = this.identities.read(id);
    return named?.kind === kind ? named.number : undefined;
  }
}
