import { hour } from '../world/calendar.ts';
import { inventedPhone } from '../world/population.ts';
import {
  complaints,
  families,
  givenNames,
  middleNames,
  places,
  races,
  streets,
} from '../world/vocabulary.ts';
import { chosenFrom } from './appointments.ts';
import { newcomerLimit, openVisit, someone } from './chosen.ts';
import type { HappeningKind, Scene } from './happening.ts';
import { allDay, daily, dischargeHours } from './rates.ts';

/** Walk-ins who were never here before. */
const newcomerShare = 0.15;
const nurse = 0;
const registrar = 1;
// How long people stay, in days, and how full the beds are: the two give the admissions of a day.
const bedsFilled = 0.75;
const stayDays = 4.5;
const emergencyHours = 4;

/** A01: someone without a bed gets one; half of them come from the emergency department. */
export const admit: HappeningKind = {
  weight: () => 10,
  perHour: ({ facility }, at) => daily((facility.beds.length * bedsFilled) / stayDays, allDay, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const beds = hospital.freeBeds();
    const patient = someone(scene);
    if (!patient || beds.length === 0 || hospital.stays.openVisitOf(patient.number)) return false;
    hospital.stays.admit(hospital.act(via, nurse, now), {
      patient: patient.number,
      kind: 'inpatient',
      bed: random.pick(beds),
      provider: random.pick(hospital.facility.providers),
      complaint: random.pick(complaints),
    });
    return true;
  },
};

/** A04: someone arrives for today's appointment, or walks into the emergency department. */
export const register: HappeningKind = {
  weight: () => 22,
  perHour(hospital, at) {
    const now = hospital.now();
    // Whoever is due stands in this window for an hour; at this rate nearly everyone who comes does so within it.
    const due = hospital.booked(now - hour / 2, now + hour / 2).length * 4;
    return due + daily(hospital.facility.beds.length * 0.5, allDay, at);
  },
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const isOut = (patient: number) => !hospital.stays.openVisitOf(patient);
    const expected = chosenFrom(
      scene,
      hospital.booked(now - 2 * hour, now + 2 * hour),
      ({ csn, patient }) => isOut(patient) && (scene.csn === csn || shows(csn)),
    );
    const act = hospital.act(via, registrar, now);
    const complaint = random.pick(complaints);
    if (expected) {
      const { csn, patient } = expected;
      hospital.stays.admit(act, { patient, kind: 'clinic', appointment: csn, complaint });
      return true;
    }
    if (scene.csn !== undefined) return false;
    const patient = scene.patient ?? walkIn(scene);
    if (patient?.standing !== 'active' || !isOut(patient.number)) return false;
    hospital.stays.admit(act, {
      patient: patient.number,
      kind: 'emergency',
      department: hospital.facility.emergency,
      provider: random.pick(hospital.facility.providers),
      complaint,
    });
    return true;
  },
};

/** One appointment in twelve is not kept, always the same ones; by hand anyone may be made to come. */
function shows(csn: number): boolean {
  return Math.imul(csn, 2_654_435_761) >>> 0 > 2 ** 32 / 12;
}

/** A02: to another bed, on another ward more often than not. */
export const transfer: HappeningKind = {
  weight: () => 4,
  perHour: (hospital, at) => daily(hospital.stays.openCountOf('inpatient') * 0.15, allDay, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const beds = hospital.freeBeds();
    const visit = openVisit(scene, ({ kind }) => kind === 'inpatient');
    if (!visit || beds.length === 0) return false;
    hospital.stays.transfer(hospital.act(via, nurse, now), visit.csn, { bed: random.pick(beds) });
    return true;
  },
};

/** A03: a patient goes home, or checks out of a clinic (then the appointment is kept and done). */
export const discharge: HappeningKind = {
  // The more people are in, the more go home: about twenty visits are open at a time.
  weight: ({ stays }) => stays.openCount * 1.6,
  perHour(hospital, at) {
    const { stays } = hospital;
    return (
      daily(stays.openCountOf('inpatient') / stayDays, dischargeHours, at) +
      stays.openCountOf('emergency') / emergencyHours +
      stays.openCountOf('clinic') * 2
    );
  },
  occur(scene) {
    const { hospital, now, via, random } = scene;
    // Those who came for an appointment leave soonest, those in a bed last: in proportion to how many there are.
    const { stays } = hospital;
    const clinic = stays.openCountOf('clinic') * 2;
    const emergency = stays.openCountOf('emergency') / emergencyHours;
    const ward = stays.openCountOf('inpatient') / (stayDays * 24);
    const drawn = random.fraction() * (clinic + emergency + ward);
    const kind = drawn < clinic ? 'clinic' : drawn < clinic + emergency ? 'emergency' : 'inpatient';
    const visit = openVisit(scene, (each) => each.kind === kind) ?? openVisit(scene);
    if (!visit) return false;
    hospital.stays.discharge(hospital.act(via, nurse, now), visit.csn);
    return true;
  },
};

/** A11: an admission of the last hours never was. */
export const cancelAdmission: HappeningKind = {
  weight: () => 0.4,
  perHour: ({ facility }, at) => daily(facility.beds.length * 0.004, allDay, at),
  occur(scene) {
    const { hospital, now, via } = scene;
    const fresh = openVisit(scene, (visit) => visit.kind === 'inpatient' && visit.startedAt > now - 6 * hour);
    if (!fresh) return false;
    hospital.stays.cancelAdmission(hospital.act(via, nurse, now), fresh.csn);
    return true;
  },
};

/** A13: someone who was sent home within the last hours is still here. */
export const cancelDischarge: HappeningKind = {
  weight: () => 0.4,
  perHour: ({ facility }, at) => daily(facility.beds.length * 0.004, allDay, at),
  occur(scene) {
    const { hospital, now, via } = scene;
    const gone = hospital.stays
      .leftSince(now - 6 * hour)
      .filter(
        (visit) =>
          (!scene.patient || visit.patient === scene.patient.number) &&
          (scene.csn === undefined || visit.csn === scene.csn),
      )
      .filter((visit) => !hospital.stays.openVisitOf(visit.patient));
    if (gone.length === 0) return false;
    hospital.stays.cancelDischarge(hospital.act(via, nurse, now), scene.random.pick(gone).csn);
    return true;
  },
};

function walkIn(scene: Scene) {
  const { hospital, random, now, via } = scene;
  const met = hospital.patients.length;
  const isNew = random.chance(newcomerShare) && met < hospital.initialPatients * newcomerLimit;
  if (!isNew) return someone(scene);
  const sex = random.chance(0.52) ? 'female' : 'male';
  return hospital.registration.register(hospital.act(via, registrar, now), {
    family: random.pick(families),
    given: random.pick(givenNames[sex]),
    middle: random.pick(middleNames),
    birthDate: new Date(now - random.integer(90 * 365) * 24 * hour).toISOString().slice(0, 10),
    sex,
    race: random.integer(races.length),
    spanish: random.chance(0.12),
    homePhone: inventedPhone(random),
    mobilePhone: inventedPhone(random),
    email: `patient${met + 1}@example.org`,
    street: `${1 + random.integer(980)} ${random.pick(streets)}`,
    place: random.integer(places.length),
    provider: random.pick(hospital.facility.providers),
  });
}
