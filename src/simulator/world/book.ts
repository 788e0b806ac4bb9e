import { hour, minute, workingMornings } from './calendar.ts';
import type { Hospital } from './hospital.ts';
import type { Random } from './random.ts';
import type { Appointment, Patient } from './records.ts';
import { cancelReasons, complaints } from './vocabulary.ts';

/** A quarter hour of a working day, 08:00 to 16:45, on one of the given mornings. */
export function slot(random: Random, mornings: readonly number[]): number {
  return random.pick(mornings) + random.integer(36) * 15 * minute;
}

/** Puts one appointment into the book at the given time. Overbooking is allowed, as Epic allows it. */
export function bookAppointment(
  hospital: Hospital,
  random: Random,
  patient: Patient,
  start: number,
  bookedAt: number,
): Appointment {
  const { providers, clinics, visitTypes } = hospital.facility;
  const provider = random.pick(providers);
  return hospital.addAppointment({
    patient,
    provider,
    department: clinics[provider.number % clinics.length] as (typeof clinics)[number],
    visitType: random.pick(visitTypes),
    bookedAt,
    start,
    status: 'booked',
  });
}

/** Fills the book as it stands when the simulator starts: the last days have happened, the coming weeks are booked. */
export function fillBook(hospital: Hospital, random: Random, now: number): void {
  const past = workingMornings(now, hospital.timeZone, -5, 0);
  const coming = workingMornings(now, hospital.timeZone, 0, 28);
  for (const patient of [...hospital.patients]) {
    const count = 1 + random.integer(3);
    for (let index = 0; index < count; index += 1) {
      const start = slot(random, past.length > 0 && random.chance(0.25) ? past : coming);
      const bookedAt = Math.min(now, start) - (1 + random.integer(480)) * hour;
      const appointment = bookAppointment(hospital, random, patient, start, bookedAt);
      if (start < now - hour) finish(hospital, random, appointment);
    }
    if (random.chance(0.08)) settleIn(hospital, random, patient, now);
  }
}

function finish(hospital: Hospital, random: Random, appointment: Appointment): void {
  const fate = random.fraction();
  if (fate < 0.1) hospital.closeAppointment(appointment, 'noshow');
  else if (fate < 0.25) hospital.closeAppointment(appointment, 'cancelled', random.pick(cancelReasons));
  else {
    hospital.closeAppointment(appointment, 'fulfilled');
    const { patient, provider, department, start } = appointment;
    const visit = hospital.openVisit({
      kind: 'clinic',
      patient,
      provider,
      department,
      appointment,
      complaint: random.pick(complaints),
      startedAt: start,
    });
    hospital.closeVisit(visit, start + appointment.visitType.minutes * minute);
  }
}

/** Someone who was admitted before the simulator started. */
function settleIn(hospital: Hospital, random: Random, patient: Patient, now: number): void {
  const beds = hospital.freeBeds();
  if (beds.length === 0) return;
  const bed = random.pick(beds);
  hospital.openVisit({
    kind: 'inpatient',
    patient,
    bed,
    department: bed.department,
    provider: random.pick(hospital.facility.providers),
    complaint: random.pick(complaints),
    startedAt: now - (2 + random.integer(90)) * hour,
  });
}
