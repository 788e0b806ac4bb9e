import { day, hour, workingMornings } from '../world/calendar.ts';
import { slot } from '../world/history/parts.ts';
import type { Appointment } from '../world/records.ts';
import { cancelReasons } from '../world/vocabulary.ts';
import { someone } from './chosen.ts';
import type { HappeningKind, Scene } from './happening.ts';
import { appointmentsADay, daily, officeHours } from './rates.ts';

/** How far ahead the book is kept. */
export const daysAhead = 28;
const scheduler = 2;

/** S12: a new appointment in the coming weeks. */
export const book: HappeningKind = {
  weight: () => 22,
  perHour: ({ patients }, at) => daily(appointmentsADay(patients.length) * 1.25, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const patient = someone(scene);
    if (!patient) return false;
    const mornings = workingMornings(now, hospital.timeZone, 1, daysAhead);
    hospital.scheduling.book(hospital.act(via, scheduler, now), {
      patient: patient.number,
      start: slot(random, mornings),
      provider: random.pick(hospital.facility.providers),
      visitType: random.pick(hospital.facility.visitTypes),
    });
    return true;
  },
};

/** S13: a booked appointment moves to another time and keeps its CSN. */
export const reschedule: HappeningKind = {
  weight: () => 10,
  perHour: ({ patients }, at) => daily(appointmentsADay(patients.length) * 0.12, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const appointment = comingAppointment(scene);
    if (!appointment) return false;
    const mornings = workingMornings(now, hospital.timeZone, 1, daysAhead);
    let start = slot(random, mornings);
    // A move to the same quarter hour would be no move.
    while (start === appointment.start) start = slot(random, mornings);
    const act = hospital.act(via, scheduler, now);
    hospital.scheduling.reschedule(act, appointment.csn, start, random.pick(cancelReasons));
    return true;
  },
};

/** S14: something beside the time changes: who sees the patient. */
export const modify: HappeningKind = {
  weight: () => 3,
  perHour: ({ patients }, at) => daily(appointmentsADay(patients.length) * 0.05, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const appointment = comingAppointment(scene);
    const others = hospital.facility.providers.filter(
      ({ number }) => number !== appointment?.provider.number,
    );
    if (!appointment || others.length === 0) return false;
    const provider = random.pick(others);
    const department = hospital.facility.clinicOf(provider);
    hospital.scheduling.modify(hospital.act(via, scheduler, now), appointment.csn, { provider, department });
    return true;
  },
};

/** S15: a booked appointment is cancelled. */
export const cancel: HappeningKind = {
  // The fuller the book, the more is cancelled: about two appointments to come for each patient.
  weight: ({ bookedCount, patients }) => (6 * bookedCount) / patients.length,
  perHour: ({ patients }, at) => daily(appointmentsADay(patients.length) * 0.15, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const appointment = comingAppointment(scene);
    if (!appointment) return false;
    hospital.scheduling.cancel(
      hospital.act(via, scheduler, now),
      appointment.csn,
      random.pick(cancelReasons),
    );
    return true;
  },
};

/** S26: nobody came, and two hours later the desk says so. */
export const noshow: HappeningKind = {
  weight: () => 6,
  perHour: (hospital, at) => {
    const now = hospital.now();
    return at < 7 || at > 19 ? 0 : hospital.booked(now - 14 * day, now - 2 * hour).length;
  },
  occur(scene) {
    const { hospital, now, via } = scene;
    const missed = chosenFrom(scene, hospital.booked(now - 14 * day, now - 2 * hour), () => true);
    if (!missed) return false;
    hospital.scheduling.miss(hospital.act(via, scheduler, now), missed.csn);
    return true;
  },
};

/** A booked appointment to come: the one named, one of the patient's, or one of a day that chance picks. */
function comingAppointment(scene: Scene): Appointment | undefined {
  const { hospital, random, now, patient, csn } = scene;
  const isComing = (each: Appointment) => each.start > now;
  if (csn !== undefined) return chosenFrom(scene, [csn], isComing);
  if (patient) {
    const own = hospital.chart('Appointment', patient).filter(({ status }) => status === 'booked');
    return chosenFrom(
      scene,
      own.map((each) => each.csn),
      isComing,
    );
  }
  for (let attempt = 0; attempt < 2 * daysAhead; attempt += 1) {
    const from = now + random.integer(daysAhead + 1) * day;
    const found = chosenFrom(scene, hospital.booked(from, from + day), isComing);
    if (found) return found;
  }
  return undefined;
}

/** One booked appointment out of a list of CSNs that fits the scene. */
export function chosenFrom(
  { hospital, random, patient, csn }: Scene,
  csns: readonly number[],
  fits: (appointment: Appointment) => boolean,
): Appointment | undefined {
  const left = csn === undefined ? [...csns] : csns.filter((each) => each === csn);
  while (left.length > 0) {
    const index = random.integer(left.length);
    const found = hospital.appointmentByCsn(left[index] as number);
    if (found?.status === 'booked' && (!patient || found.patient === patient.number) && fits(found)) {
      return found;
    }
    left[index] = left[left.length - 1] as number;
    left.pop();
  }
  return undefined;
}
