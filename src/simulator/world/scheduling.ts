import type { Act } from './change.ts';
import { type Core, NotPossible, touched } from './core.ts';
import type { Diary } from './diary.ts';
import type { Appointment, AppointmentStatus, Department, Provider, VisitType } from './records.ts';

export interface NewAppointment {
  readonly patient: number;
  readonly start: number;
  /** Chosen by the desk when absent: the usual provider's, and the first visit type. */
  readonly provider?: Provider;
  readonly department?: Department;
  readonly visitType?: VisitType;
  readonly note?: string;
  readonly placer?: string;
}

/** What may be corrected about an appointment that keeps its time. */
export type AppointmentCorrection = Partial<
  Pick<Appointment, 'provider' | 'department' | 'visitType' | 'note'>
>;

/** The scheduling desk. */
export class Scheduling {
  readonly #core: Core;
  readonly #diary: Diary;

  constructor(core: Core, diary: Diary) {
    this.#core = core;
    this.#diary = diary;
    core.onForgotten(({ csn, status }) => {
      if (status === 'booked') diary.strike(csn);
    });
  }

  /** Books a time. Overbooking is allowed, as Epic allows it. */
  book(act: Act, wanted: NewAppointment): Appointment {
    const { facility, people, identities } = this.#core;
    const person = people.get(wanted.patient);
    if (person?.standing !== 'active') throw new NotPossible('no active chart has this number');
    const provider = wanted.provider ?? person.provider;
    const csn = this.#core.nextCsn();
    const appointment: Appointment = {
      csn,
      fhirId: identities.fhirId('Appointment', csn),
      patient: wanted.patient,
      provider,
      department: wanted.department ?? facility.clinicOf(provider),
      visitType: wanted.visitType ?? (facility.visitTypes[0] as VisitType),
      bookedAt: act.at,
      start: wanted.start,
      status: 'booked',
      ...(wanted.note === undefined ? {} : { note: wanted.note }),
      ...(wanted.placer === undefined ? {} : { placer: wanted.placer }),
      changedAt: act.at,
    };
    this.#put(act, appointment);
    this.#core.tell('appointment-booked', act, { patient: person, appointment }, [
      touched('Appointment', appointment, 'created'),
    ]);
    return appointment;
  }

  /** Moves an appointment to another time; it keeps its CSN. */
  reschedule(act: Act, csn: number, start: number, reason?: string): Appointment {
    return this.#change(act, csn, 'appointment-rescheduled', 'booked', {
      start,
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** Changes something beside the time. */
  modify(act: Act, csn: number, correction: AppointmentCorrection): Appointment {
    return this.#change(act, csn, 'appointment-modified', 'booked', correction);
  }

  cancel(act: Act, csn: number, reason?: string): Appointment {
    return this.#change(act, csn, 'appointment-cancelled', 'booked', {
      status: 'cancelled',
      ...(reason === undefined ? {} : { reason }),
    });
  }

  /** Nobody came. */
  miss(act: Act, csn: number): Appointment {
    return this.#change(act, csn, 'appointment-missed', 'booked', { status: 'noshow' });
  }

  /** The visit that keeps it begins or ends; told by the desk that opens and closes visits. */
  follow(act: Act, csn: number, status: AppointmentStatus): Appointment {
    const before = this.#known(csn);
    return this.#put(act, { ...before, status, changedAt: act.at });
  }

  #change(
    act: Act,
    csn: number,
    kind: 'appointment-rescheduled' | 'appointment-modified' | 'appointment-cancelled' | 'appointment-missed',
    from: AppointmentStatus,
    fields: Partial<Appointment>,
  ): Appointment {
    const before = this.#known(csn);
    if (before.status !== from) throw new NotPossible(`the appointment is ${before.status}, not ${from}`);
    const patient = this.#core.people.get(before.patient);
    if (!patient) throw new NotPossible('nobody has this number');
    const appointment = this.#put(act, { ...before, ...fields, changedAt: act.at });
    const { reason } = fields;
    this.#core.tell(kind, act, { patient, appointment, ...(reason === undefined ? {} : { reason }) }, [
      touched('Appointment', appointment, 'updated'),
    ]);
    return appointment;
  }

  #known(csn: number): Appointment {
    const found = this.#core.get('Appointment', csn);
    if (!found) throw new NotPossible('no appointment has this CSN');
    return found;
  }

  #put(act: Act, appointment: Appointment): Appointment {
    if (this.#core.get('Appointment', appointment.csn)?.status === 'booked')
      this.#diary.strike(appointment.csn);
    this.#core.put(act, 'Appointment', appointment);
    if (appointment.status === 'booked') this.#diary.enter(appointment);
    return appointment;
  }
}
