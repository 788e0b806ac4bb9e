import { hour } from '../world/calendar.ts';
import type { Appointment, Patient, Visit } from '../world/records.ts';
import { complaints } from '../world/vocabulary.ts';
import type { Change, HappeningKind, Scene } from './happening.ts';

// Walk-ins who were never here before, until the population is half as large again.
const newcomerShare = 0.15;
const newcomerLimit = 1.5;

/** A01: someone without a bed gets one. */
export const admit: HappeningKind = {
  message: 'ADT',
  trigger: 'A01',
  mnemonic: 'ADT_EVENT',
  weight: () => 10,
  user: 0,
  occur(scene) {
    const { hospital, random, now } = scene;
    const beds = hospital.freeBeds();
    const patient = scene.patient ?? random.pick(hospital.patients);
    if (beds.length === 0 || openVisit(patient)) return undefined;
    const bed = random.pick(beds);
    const visit = hospital.openVisit({
      kind: 'inpatient',
      patient,
      bed,
      department: bed.department,
      provider: random.pick(hospital.facility.providers),
      complaint: random.pick(complaints),
      startedAt: now,
    });
    return { patient, visit };
  },
};

/** A04: someone arrives for today's appointment, or walks into the emergency department. */
export const register: HappeningKind = {
  message: 'ADT',
  trigger: 'A04',
  mnemonic: 'REG_UPDATE',
  weight: () => 22,
  user: 1,
  occur(scene) {
    const { hospital, random, now } = scene;
    const expected = hospital
      .booked(now - 2 * hour, now + 2 * hour)
      .filter((each) => (!scene.patient || each.patient === scene.patient) && !openVisit(each.patient))
      .filter((each) => scene.csn === undefined || each.csn === scene.csn);
    if (expected.length > 0) return arrive(scene, random.pick(expected));
    if (scene.csn !== undefined) return undefined;
    const patient = scene.patient ?? walkIn(scene);
    if (openVisit(patient)) return undefined;
    const visit = hospital.openVisit({
      kind: 'emergency',
      patient,
      department: hospital.facility.emergency,
      provider: random.pick(hospital.facility.providers),
      complaint: random.pick(complaints),
      startedAt: now,
    });
    return { patient, visit };
  },
};

/** A03: a patient goes home, or checks out of a clinic (then the appointment is kept and done). */
export const discharge: HappeningKind = {
  message: 'ADT',
  trigger: 'A03',
  mnemonic: 'ADT_EVENT',
  // The more people are in, the more go home: about twenty visits are open at a time.
  weight: ({ openVisits }) => openVisits.size * 1.6,
  user: 0,
  occur({ hospital, random, now, patient, csn }) {
    const open = [...hospital.openVisits].filter(
      (visit) => (!patient || visit.patient === patient) && (csn === undefined || visit.csn === csn),
    );
    if (open.length === 0) return undefined;
    const visit = random.pick(open);
    hospital.closeVisit(visit, now);
    if (visit.appointment) hospital.closeAppointment(visit.appointment, 'fulfilled');
    return { patient: visit.patient, visit, appointment: visit.appointment };
  },
};

function arrive({ hospital, random, now }: Scene, appointment: Appointment): Change {
  hospital.closeAppointment(appointment, 'arrived');
  const { patient, provider, department } = appointment;
  const visit = hospital.openVisit({
    kind: 'clinic',
    patient,
    provider,
    department,
    appointment,
    complaint: random.pick(complaints),
    startedAt: now,
  });
  return { patient, visit, appointment };
}

function walkIn({ hospital, random, now }: Scene): Patient {
  const met = hospital.patients.length;
  const isNew = random.chance(newcomerShare) && met < hospital.initialPatients * newcomerLimit;
  return isNew ? hospital.addPatient(now) : random.pick(hospital.patients);
}

/** The visit a patient is in now, when there is one. */
export function openVisit(patient: Patient): Visit | undefined {
  return patient.visits.find((visit) => visit.endedAt === undefined);
}
