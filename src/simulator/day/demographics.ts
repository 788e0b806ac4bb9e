import { inventedPhone } from '../world/population.ts';
import type { Patient } from '../world/records.ts';
import { families, places, streets } from '../world/vocabulary.ts';
import type { HappeningKind } from './happening.ts';
import { openVisit } from './visits.ts';

/** A08: registration corrects or learns something about a person. */
export const update: HappeningKind = {
  message: 'ADT',
  trigger: 'A08',
  mnemonic: 'REG_UPDATE',
  weight: () => 18,
  user: 1,
  occur({ hospital, random, patient = random.pick(hospital.patients) }) {
    const before = contact(patient);
    do {
      const part = random.fraction();
      if (part < 0.45) patient.mobilePhone = inventedPhone(random);
      else if (part < 0.85) {
        patient.street = `${1 + random.integer(980)} ${random.pick(streets)}`;
        patient.place = random.integer(places.length);
      } else if (part < 0.95) patient.family = random.pick(families);
      else patient.email = `patient${patient.number}.${random.integer(1000)}@example.org`;
      // An update that changes nothing would be an A08 that FHIR cannot confirm.
    } while (contact(patient) === before);
    return { patient, visit: openVisit(patient) };
  },
};

function contact({ family, mobilePhone, email, street, place }: Patient): string {
  return [family, mobilePhone, email, street, place].join('\n');
}
