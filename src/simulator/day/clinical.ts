import { hour, minute } from '../world/calendar.ts';
import type { NewReading } from '../world/filing.ts';
import { problems, reactions, substances } from '../world/formulary.ts';
import { constitutionOf } from '../world/history/readings.ts';
import { measureNamed, noteTypeCoded, panels, rounds } from '../world/measures.ts';
import { addition, composed } from '../world/note-text.ts';
import type { Visit, VisitKind } from '../world/records.ts';
import { reading } from '../world/values.ts';
import { openVisit, someone } from './chosen.ts';
import type { HappeningKind, Scene } from './happening.ts';
import { daily, laboratoryHours, officeHours } from './rates.ts';

const nurse = 0;
const laboratory = 3;
const physician = 4;
/** Where a reading was taken a while before it was typed in: nurses file when they find the time. */
const longestDelay = 20 * minute;
const shareFiledLate = 0.03;

function inHouse(scene: Pick<Scene, 'hospital'>, kind: VisitKind): number {
  return scene.hospital.stays.openCountOf(kind);
}

/** ORU R01 at sites that send flowsheets: a nurse files a round of vital signs of someone who is in the house. */
export const vitals: HappeningKind = {
  weight: ({ stays }) => Math.min(30, stays.openCount * 1.5),
  perHour: (hospital) =>
    inHouse({ hospital }, 'inpatient') / 8 +
    inHouse({ hospital }, 'emergency') / 2 +
    inHouse({ hospital }, 'clinic') * 1.8,
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const visit = openVisit(scene);
    if (!visit) return false;
    const late = random.chance(shareFiledLate) ? random.integer(12) * hour : 0;
    const takenAt = Math.max(visit.startedAt, now - late - random.integer(longestDelay));
    const readings = drawn(
      scene,
      visit,
      rounds[visit.kind].map(({ name }) => name),
    ).map((each) => ({ ...each, takenAt }));
    hospital.filing.observations(hospital.act(via, nurse, now), visit.patient, visit.csn, readings);
    return true;
  },
};

/** A panel is ordered for someone who is in the house. */
export const order: HappeningKind = {
  weight: ({ stays }) => Math.min(8, stays.openCount * 0.5),
  perHour: (hospital, at) =>
    daily(inHouse({ hospital }, 'inpatient') * 2, laboratoryHours, at) +
    inHouse({ hospital }, 'emergency') * 0.4 +
    inHouse({ hospital }, 'clinic') * 0.7,
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const visit = openVisit(scene);
    if (!visit) return false;
    const act = hospital.act(via, physician, now);
    hospital.filing.order(act, visit.patient, visit.csn, random.pick(panels), visit.provider);
    return true;
  },
};

/** ORU R01: the laboratory has finished an order. */
export const result: HappeningKind = {
  weight: ({ filing }) => Math.min(16, filing.openOrderCount * 2),
  perHour: ({ filing }) => filing.openOrderCount / 1.5,
  occur(scene) {
    const { hospital, random, now, via, patient, csn } = scene;
    const open = hospital.filing
      .openOrders()
      .filter(
        (each) => (!patient || each.patient === patient.number) && (csn === undefined || each.visit === csn),
      );
    if (open.length === 0) return false;
    const chosen = random.pick(open);
    const collectedAt = Math.max(chosen.orderedAt, now - (30 + random.integer(60)) * minute);
    const readings = drawn(scene, chosen, chosen.panel.measures);
    hospital.filing.result(hospital.act(via, laboratory, now), chosen.number, readings, collectedAt);
    return true;
  },
};

/** ORU R01 with OBX-11 C: the laboratory corrects what it said. */
export const correct: HappeningKind = {
  weight: () => 0.5,
  perHour: ({ filing }) => filing.openOrderCount / 100,
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const patient = scene.patient ?? patientInHouse(scene);
    if (!patient) return false;
    const found = hospital
      .chart('Observation', patient)
      .filter(({ measure, value }) => measure.category === 'laboratory' && value !== undefined);
    if (found.length === 0) return false;
    const chosen = random.pick(found.slice(-30));
    const [fresh] = drawn(scene, chosen, [chosen.measure.name]);
    const value = fresh?.value ?? 0;
    hospital.filing.updateObservation(hospital.act(via, laboratory, now), chosen.number, {
      value: value === chosen.value ? Number(value) + 1 : value,
      status: 'corrected',
    });
    return true;
  },
};

const usualNote: Readonly<Record<VisitKind, readonly string[]>> = {
  clinic: ['11506-3'],
  emergency: ['34111-5'],
  inpatient: ['11506-3', '11506-3', '34117-2', '11488-4'],
};

/** MDM T02: a note is written and signed, or left as a draft. */
export const note: HappeningKind = {
  weight: ({ stays }) => Math.min(10, stays.openCount * 0.6),
  perHour: (hospital, at) =>
    daily(inHouse({ hospital }, 'inpatient') * 1.3, officeHours, at) +
    inHouse({ hospital }, 'emergency') * 0.25 +
    inHouse({ hospital }, 'clinic') * 1.6,
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const visit = openVisit(scene);
    if (!visit) return false;
    const type = noteTypeCoded(random.pick(usualNote[visit.kind]));
    if (!type) return false;
    hospital.filing.note(hospital.act(via, physician, now), {
      patient: visit.patient,
      visit: visit.csn,
      type,
      text: composed(random, type, visit.complaint),
      status: random.chance(0.1) ? 'preliminary' : 'final',
      author: visit.provider,
      department: visit.department,
    });
    return true;
  },
};

/** MDM T08 for a draft that is signed, T06 for what is added to a signed note. */
export const addend: HappeningKind = {
  weight: () => 2,
  perHour: (hospital, at) => daily(Math.max(1, inHouse({ hospital }, 'inpatient') * 0.1), officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const patient = scene.patient ?? patientInHouse(scene) ?? someone(scene);
    if (!patient) return false;
    const notes = hospital
      .chart('DocumentReference', patient)
      .filter(({ status }) => status !== 'entered-in-error')
      .slice(-12);
    if (notes.length === 0) return false;
    const chosen = random.pick(notes);
    const act = hospital.act(via, physician, now);
    if (chosen.status === 'preliminary') hospital.filing.updateNote(act, chosen.number, { status: 'final' });
    else hospital.filing.addend(act, chosen.number, addition(random));
    return true;
  },
};

/** MDM T11: a note was written into the wrong chart. */
export const withdraw: HappeningKind = {
  weight: () => 0.2,
  perHour: (hospital, at) => daily(inHouse({ hospital }, 'inpatient') * 0.003, officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const patient = scene.patient ?? patientInHouse(scene);
    const notes = patient
      ? hospital.chart('DocumentReference', patient).filter(({ status }) => status !== 'entered-in-error')
      : [];
    if (notes.length === 0) return false;
    hospital.filing.withdraw(hospital.act(via, physician, now), random.pick(notes.slice(-5)).number);
    return true;
  },
};

/** A problem comes onto the list, and what is given for it. */
export const problem: HappeningKind = {
  weight: () => 0.6,
  perHour: (hospital, at) => daily(Math.max(1, hospital.patients.length / 2_000), officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const patient = someone(scene);
    if (!patient) return false;
    const had = new Set(hospital.chart('Condition', patient).map(({ code }) => code.icd10));
    const fresh = problems.filter(({ icd10 }) => !had.has(icd10));
    if (fresh.length === 0) return false;
    const { drug, fromAge: _fromAge, ...code } = random.pick(fresh);
    const act = hospital.act(via, physician, now);
    const onset = new Date(now).toISOString().slice(0, 10);
    hospital.filing.condition(act, { patient: patient.number, code, onset });
    if (drug) hospital.filing.medication(act, { patient: patient.number, drug });
    return true;
  },
};

/** Someone tells of an allergy. */
export const allergy: HappeningKind = {
  weight: () => 0.6,
  perHour: (hospital, at) => daily(Math.max(1, hospital.patients.length / 4_000), officeHours, at),
  occur(scene) {
    const { hospital, random, now, via } = scene;
    const patient = someone(scene);
    if (!patient) return false;
    const had = new Set(hospital.chart('AllergyIntolerance', patient).map(({ substance }) => substance.code));
    const fresh = substances.filter(({ code }) => !had.has(code));
    if (fresh.length === 0) return false;
    const reaction = random.pick(reactions);
    hospital.filing.allergy(hospital.act(via, nurse, now), {
      patient: patient.number,
      substance: random.pick(fresh),
      reaction,
      criticality: reaction === 'Anaphylaxis' ? 'high' : 'low',
    });
    return true;
  },
};

function drawn(
  { hospital, random }: Scene,
  { patient }: Pick<Visit, 'patient'>,
  names: readonly string[],
): NewReading[] {
  const birthDate = hospital.patients.get(patient)?.birthDate ?? '1980-01-01';
  const person = constitutionOf({ seed: hospital.seed, now: hospital.begun }, patient, birthDate);
  return names.flatMap((name) => {
    const measure = measureNamed(name);
    return measure ? [{ measure, ...reading(random, measure, person) }] : [];
  });
}

function patientInHouse(scene: Scene) {
  const visit = openVisit(scene);
  return visit && scene.hospital.patients.get(visit.patient);
}
