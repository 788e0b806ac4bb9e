import type { Act, ChangeKind } from './change.ts';
import { type Core, NotPossible, touched } from './core.ts';
import type { Bed, Department, Provider, Stay, Visit, VisitKind } from './records.ts';
import type { Scheduling } from './scheduling.ts';

export interface NewVisit {
  readonly patient: number;
  readonly kind: VisitKind;
  /** An inpatient's bed. */
  readonly bed?: Bed;
  /** Where without a bed; the bed's own department with one. */
  readonly department?: Department;
  readonly provider?: Provider;
  readonly complaint?: string;
  /** The CSN of the appointment that is kept: the visit takes it over, as an Epic encounter does. */
  readonly appointment?: number;
  readonly placer?: string;
  /** When the patient came, where that was earlier than it is told. */
  readonly startedAt?: number;
}

/** The admitting desk: who is in the house, and where. */
export class Stays {
  readonly #core: Core;
  readonly #scheduling: Scheduling;
  /** CSNs of open visits, in the order in which they opened. */
  readonly #open = new Map<number, Visit>();
  readonly #occupied = new Map<Bed, number>();
  readonly #ofPatient = new Map<number, number>();
  readonly #counts: Record<VisitKind, number> = { inpatient: 0, emergency: 0, clinic: 0 };
  /** CSNs of inpatients who went home lately, oldest first. */
  readonly #left: number[] = [];

  constructor(core: Core, scheduling: Scheduling) {
    this.#core = core;
    this.#scheduling = scheduling;
  }

  get openCount(): number {
    return this.#open.size;
  }
  /** How many visits of a kind are open. */
  openCountOf(kind: VisitKind): number {
    return this.#counts[kind];
  }
  /** Everyone who is in the house. */
  open(): Visit[] {
    return [...this.#open.values()];
  }
  openVisitOf(patient: number): Visit | undefined {
    for (const number of [patient, ...this.#core.people.absorbedBy(patient)]) {
      const csn = this.#ofPatient.get(number);
      const visit = csn === undefined ? undefined : this.#open.get(csn);
      if (visit) return visit;
    }
    return undefined;
  }
  /** Inpatients who went home since an instant; the newest hundred are remembered. */
  leftSince(instant: number): Visit[] {
    return this.#left.flatMap((csn) => {
      const visit = this.#core.get('Encounter', csn);
      return visit?.status === 'finished' && (visit.endedAt ?? 0) >= instant ? [visit] : [];
    });
  }
  freeBeds(): Bed[] {
    return this.#core.facility.beds.filter((bed) => !this.#occupied.has(bed));
  }

  /** A01 for an inpatient, A04 for everyone else. */
  admit(act: Act, wanted: NewVisit): Visit {
    const visit = this.#begin(act, wanted);
    const { patient, appointment } = this.#subject(visit);
    this.#core.tell(
      visit.kind === 'inpatient' ? 'visit-admitted' : 'visit-registered',
      act,
      { patient, visit, ...(appointment ? { appointment } : {}) },
      [
        touched('Encounter', visit, 'created'),
        ...(appointment ? [touched('Appointment', appointment, 'updated')] : []),
      ],
    );
    return visit;
  }

  /** Counts in someone who was here before the simulator started: their visit stands in the history. */
  adopt(visit: Visit): void {
    this.#counts[visit.kind] += 1;
    this.#open.set(visit.csn, visit);
    this.#ofPatient.set(visit.patient, visit.csn);
    if (visit.bed) this.#occupied.set(visit.bed, visit.csn);
  }

  #begin(act: Act, wanted: NewVisit): Visit {
    const { facility, people, identities } = this.#core;
    const person = people.get(wanted.patient);
    if (person?.standing !== 'active') throw new NotPossible('no active chart has this number');
    if (this.openVisitOf(wanted.patient)) throw new NotPossible('the patient is in a visit already');
    const { bed } = wanted;
    if (bed && this.#occupied.has(bed)) throw new NotPossible('the bed is taken');
    const appointment =
      wanted.appointment === undefined
        ? undefined
        : this.#scheduling.follow(act, wanted.appointment, 'arrived');
    const department = bed?.department ?? wanted.department ?? appointment?.department ?? facility.emergency;
    const csn = appointment?.csn ?? this.#core.nextCsn();
    const startedAt = Math.min(wanted.startedAt ?? act.at, act.at);
    const visit: Visit = {
      csn,
      fhirId: identities.fhirId('Encounter', csn),
      account: this.#core.nextAccount(),
      patient: wanted.patient,
      kind: wanted.kind,
      status: 'in-progress',
      department,
      ...(bed ? { bed } : {}),
      provider: wanted.provider ?? appointment?.provider ?? person.provider,
      complaint: wanted.complaint ?? '',
      startedAt,
      ...(appointment ? { appointment: appointment.csn } : {}),
      ...(wanted.placer === undefined ? {} : { placer: wanted.placer }),
      stays: [{ department, ...(bed ? { bed } : {}), from: startedAt }],
      statuses: [{ status: 'in-progress', from: startedAt }],
      changedAt: act.at,
    };
    return this.#put(act, visit);
  }

  /** A02: to another bed, or to another department without one. */
  transfer(act: Act, csn: number, to: { readonly bed?: Bed; readonly department?: Department }): Visit {
    const before = this.#known(csn, 'in-progress');
    if (to.bed && to.bed !== before.bed && this.#occupied.has(to.bed))
      throw new NotPossible('the bed is taken');
    const department = to.bed?.department ?? to.department ?? before.department;
    const stay: Stay = { department, ...(to.bed ? { bed: to.bed } : {}), from: act.at };
    const { bed: _left, ...rest } = before;
    return this.#change(act, 'visit-transferred', {
      ...rest,
      ...(to.bed ? { bed: to.bed } : {}),
      department,
      stays: [...ended(before.stays, act.at), stay],
      changedAt: act.at,
    });
  }

  /** A08 about a visit: its reason or its provider. */
  update(act: Act, csn: number, correction: Partial<Pick<Visit, 'provider' | 'complaint'>>): Visit {
    return this.#change(act, 'visit-updated', {
      ...this.#any(csn),
      ...correction,
      changedAt: act.at,
    });
  }

  /** A03: home, or checked out of a clinic; then the appointment is kept and done. */
  discharge(act: Act, csn: number): Visit {
    const before = this.#known(csn, 'in-progress');
    if (before.appointment !== undefined) this.#scheduling.follow(act, before.appointment, 'fulfilled');
    return this.#change(act, 'visit-discharged', {
      ...before,
      status: 'finished',
      endedAt: act.at,
      stays: ended(before.stays, act.at),
      statuses: [...before.statuses, { status: 'finished', from: act.at }],
      changedAt: act.at,
    });
  }

  /** A11: the admission never was. An appointment that it kept stands in the book again. */
  cancelAdmission(act: Act, csn: number): Visit {
    const before = this.#known(csn, 'in-progress');
    if (before.appointment !== undefined) this.#scheduling.follow(act, before.appointment, 'booked');
    return this.#change(act, 'admission-cancelled', {
      ...before,
      status: 'cancelled',
      endedAt: act.at,
      stays: ended(before.stays, act.at),
      statuses: [...before.statuses, { status: 'cancelled', from: act.at }],
      changedAt: act.at,
    });
  }

  /** A13: the patient has not left after all, and lies in the old bed when it is still free. */
  cancelDischarge(act: Act, csn: number): Visit {
    const before = this.#known(csn, 'finished');
    if (this.openVisitOf(before.patient)) throw new NotPossible('the patient is in another visit');
    if (before.appointment !== undefined) this.#scheduling.follow(act, before.appointment, 'arrived');
    const { endedAt: _ended, bed, ...rest } = before;
    const kept = bed && !this.#occupied.has(bed) ? { bed } : {};
    return this.#change(act, 'discharge-cancelled', {
      ...rest,
      ...kept,
      status: 'in-progress',
      stays: [...before.stays, { department: before.department, ...kept, from: act.at }],
      statuses: [...before.statuses, { status: 'in-progress', from: act.at }],
      changedAt: act.at,
    });
  }

  #change(act: Act, kind: ChangeKind, after: Visit): Visit {
    const visit = this.#put(act, after);
    const { patient, appointment } = this.#subject(visit);
    const followed = appointment && appointment.changedAt === act.at ? appointment : undefined;
    this.#core.tell(kind, act, { patient, visit, ...(appointment ? { appointment } : {}) }, [
      touched('Encounter', visit, 'updated'),
      ...(followed ? [touched('Appointment', followed, 'updated')] : []),
    ]);
    return visit;
  }

  #subject(visit: Visit) {
    const patient = this.#core.people.get(visit.patient);
    if (!patient) throw new NotPossible('nobody has this number');
    const appointment =
      visit.appointment === undefined ? undefined : this.#core.get('Appointment', visit.appointment);
    return { patient, appointment };
  }

  #any(csn: number): Visit {
    const visit = this.#core.get('Encounter', csn);
    if (!visit) throw new NotPossible('no visit has this CSN');
    return visit;
  }
  #known(csn: number, status: Visit['status']): Visit {
    const visit = this.#any(csn);
    if (visit.status !== status) throw new NotPossible(`the visit is ${visit.status}, not ${status}`);
    return visit;
  }

  #put(act: Act, visit: Visit): Visit {
    const before = this.#open.get(visit.csn);
    if (before?.bed) this.#occupied.delete(before.bed);
    if (before) {
      this.#ofPatient.delete(before.patient);
      this.#counts[before.kind] -= 1;
    }
    if (visit.status === 'in-progress') {
      this.#counts[visit.kind] += 1;
      this.#open.set(visit.csn, visit);
      this.#ofPatient.set(visit.patient, visit.csn);
      if (visit.bed) this.#occupied.set(visit.bed, visit.csn);
    } else {
      this.#open.delete(visit.csn);
      if (visit.status === 'finished' && visit.kind === 'inpatient') {
        this.#left.push(visit.csn);
        if (this.#left.length > 100) this.#left.shift();
      }
    }
    return this.#core.put(act, 'Encounter', visit);
  }
}

function ended(stays: readonly Stay[], at: number): Stay[] {
  return stays.map((stay) => (stay.to === undefined ? { ...stay, to: at } : stay));
}
