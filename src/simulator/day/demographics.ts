import { inventedPhone } from '../world/population.ts';
import type { PatientCorrection } from '../world/registration.ts';
import { families, places, streets } from '../world/vocabulary.ts';
import { someone } from './chosen.ts';
import type { HappeningKind, Scene } from './happening.ts';
import { daily, officeHours } from './rates.ts';

const registrar = 1;

/** A08: registration corrects or learns something about a person. */
export const update: HappeningKind = {
  weight: () => 18,
  perHour: ({ patients }, at) => daily(Math.max(2, patients.length / 250), officeHours, at),
  occur(scene) {
    const { hospital, now, via } = scene;
    const patient = someone(scene);
    if (!patient) return false;
    let correction: PatientCorrection;
    do correction = learnt(scene, patient.number);
    while (
      // An update that changes nothing would be an A08 that FHIR cannot confirm.
      Object.entries(correction).every(([name, value]) => patient[name as 'street'] === value)
    );
    hospital.registration.update(hospital.act(via, registrar, now), patient.number, correction);
    return true;
  },
};

function learnt({ random }: Scene, number: number): PatientCorrection {
  const part = random.fraction();
  if (part < 0.45) return { mobilePhone: inventedPhone(random) };
  if (part < 0.85) {
    return {
      street: `${1 + random.integer(980)} ${random.pick(streets)}`,
      place: random.integer(places.length),
    };
  }
  if (part < 0.95) return { family: random.pick(families) };
  return { email: `patient${number}.${random.integer(1000)}@example.org` };
}
