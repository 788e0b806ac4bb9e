import { newcomerLimit, someone } from './chosen.ts';
import type { HappeningKind } from './happening.ts';
import { daily, officeHours } from './rates.ts';

const registrar = 1;

/** A28: someone who was here before is registered a second time by mistake. */
export const duplicate: HappeningKind = {
  weight: () => 0.4,
  perHour: ({ patients }, at) => daily(Math.max(0.3, patients.length / 20_000), officeHours, at),
  occur(scene) {
    const { hospital, now, via } = scene;
    const patient = someone(scene);
    if (!patient || hospital.patients.length >= hospital.initialPatients * newcomerLimit) return false;
    hospital.registration.registerAgain(hospital.act(via, registrar, now), patient.number);
    return true;
  },
};

/** A40 (A18 at older sites): two charts of one person become one. By hand, any two charts may be named. */
export const merge: HappeningKind = {
  weight: ({ registration }) => Math.min(1, registration.duplicates().length),
  perHour: ({ registration }, at) => daily(registration.duplicates().length * 0.5, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via, patient, other } = scene;
    const act = hospital.act(via, registrar, now);
    if (patient && other) {
      hospital.registration.merge(act, patient.number, other.number);
      return true;
    }
    const known = hospital.registration
      .duplicates()
      .filter(({ survivor, ended }) => !patient || survivor === patient.number || ended === patient.number);
    if (known.length > 0) {
      const { survivor, ended } = random.pick(known);
      hospital.registration.merge(act, survivor, ended);
      return true;
    }
    const person = someone(scene);
    if (via === 'day' || !person) return false;
    // By hand, when nobody has two charts: a second one is made first, so that there is something to merge.
    const again = hospital.registration.registerAgain(act, person.number);
    hospital.registration.merge(act, person.number, again.number);
    return true;
  },
};

/** A37: two charts that were merged were not one person's after all. */
export const unlink: HappeningKind = {
  weight: ({ registration }) => Math.min(0.1, registration.merged().length * 0.02),
  perHour: ({ registration }, at) => daily(registration.merged().length * 0.01, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via, patient, other } = scene;
    const merged = hospital.registration
      .merged()
      .filter(({ survivor, ended }) => !patient || survivor === patient.number || ended === patient.number)
      .filter(({ ended }) => !other || ended === other.number);
    if (merged.length === 0) return false;
    hospital.registration.unlink(hospital.act(via, registrar, now), random.pick(merged).ended);
    return true;
  },
};

/** A chart that was made in error is marked as deleted: one that nothing was ever written into. */
export const remove: HappeningKind = {
  weight: () => 0.05,
  perHour: () => 0.005,
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const { initialPatients, patients } = hospital;
    const newcomers = patients.length - initialPatients;
    const chosen =
      scene.patient ??
      (newcomers > 0 ? patients.get(initialPatients + 1 + random.integer(newcomers)) : undefined);
    if (chosen?.standing !== 'active') return false;
    if (hospital.stays.openVisitOf(chosen.number)) return false;
    if (via === 'day' && hospital.chart('Encounter', chosen).length > 0) return false;
    hospital.registration.remove(hospital.act(via, registrar, now), chosen.number);
    return true;
  },
};
