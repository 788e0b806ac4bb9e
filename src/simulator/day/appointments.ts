import { bookAppointment, slot } from '../world/book.ts';
import { day, hour, workingMornings } from '../world/calendar.ts';
import type { Appointment } from '../world/records.ts';
import { cancelReasons } from '../world/vocabulary.ts';
import type { HappeningKind, Scene } from './happening.ts';

/** How far ahead the book is kept. */
export const daysAhead = 28;

/** S12: a new appointment in the coming weeks. */
export const book: HappeningKind = {
  message: 'SIU',
  trigger: 'S12',
  mnemonic: 'SCH_NEW',
  weight: () => 22,
  user: 2,
  occur({ hospital, random, now, patient = random.pick(hospital.patients) }) {
    const mornings = workingMornings(now, hospital.timeZone, 1, daysAhead);
    return {
      patient,
      appointment: bookAppointment(hospital, random, patient, slot(random, mornings), now),
    };
  },
};

/** S13: a booked appointment moves to another time and keeps its CSN. */
export const reschedule: HappeningKind = {
  message: 'SIU',
  trigger: 'S13',
  mnemonic: 'SCH_RESCHEDULE',
  weight: () => 10,
  user: 2,
  occur(scene) {
    const { hospital, random, now } = scene;
    const appointment = comingAppointment(scene);
    if (!appointment) return undefined;
    const mornings = workingMornings(now, hospital.timeZone, 1, daysAhead);
    let start = slot(random, mornings);
    // A move to the same quarter hour would be no move.
    while (start === appointment.start) start = slot(random, mornings);
    hospital.moveAppointment(appointment, start, random.pick(cancelReasons));
    return { patient: appointment.patient, appointment, reason: appointment.reason };
  },
};

/** S15: a booked appointment is cancelled. */
export const cancel: HappeningKind = {
  message: 'SIU',
  trigger: 'S15',
  mnemonic: 'SCH_CANCEL',
  // The fuller the book, the more is cancelled: about two appointments to come for each patient.
  weight: ({ bookedCount, patients }) => (6 * bookedCount) / patients.length,
  user: 2,
  occur(scene) {
    const appointment = comingAppointment(scene);
    if (!appointment) return undefined;
    scene.hospital.closeAppointment(appointment, 'cancelled', scene.random.pick(cancelReasons));
    return { patient: appointment.patient, appointment, reason: appointment.reason };
  },
};

/** S26: nobody came, and two hours later the desk says so. */
export const noshow: HappeningKind = {
  message: 'SIU',
  trigger: 'S26',
  mnemonic: 'SCH_NOSHOW',
  weight: () => 6,
  user: 2,
  occur({ hospital, random, now, patient, csn }) {
    const missed = hospital
      .booked(now - 14 * day, now - 2 * hour)
      .filter((each) => (!patient || each.patient === patient) && (csn === undefined || each.csn === csn));
    if (missed.length === 0) return undefined;
    const appointment = random.pick(missed);
    hospital.closeAppointment(appointment, 'noshow');
    return { patient: appointment.patient, appointment };
  },
};

/** A booked appointment to come: the one named, one of the patient's, or one of a day that chance picks. */
function comingAppointment({ hospital, random, now, patient, csn }: Scene): Appointment | undefined {
  const pick = (appointments: readonly (Appointment | undefined)[]): Appointment | undefined => {
    const coming = appointments.filter(
      (each) => each?.status === 'booked' && each.start > now && (!patient || each.patient === patient),
    );
    return coming.length > 0 ? random.pick(coming) : undefined;
  };
  if (csn !== undefined) return pick([hospital.appointmentByCsn(csn)]);
  if (patient) return pick(patient.appointments);
  for (let attempt = 0; attempt < 2 * daysAhead; attempt += 1) {
    const from = now + random.integer(daysAhead + 1) * day;
    const found = pick(hospital.booked(from, from + day));
    if (found) return found;
  }
  return undefined;
}
