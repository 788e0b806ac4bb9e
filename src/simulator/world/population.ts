import { day } from './calendar.ts';
import type { Facility } from './facility.ts';
import { type Identities, mrnOf } from './identity.ts';
import { createRandom, type Random } from './random.ts';
import type { Patient } from './records.ts';
import { families, givenNames, middleNames, places, races, streets } from './vocabulary.ts';

/** A telephone number from the range kept for fiction: 555-0100 to 555-0199. */
export function inventedPhone(random: Random): string {
  return `608-555-01${String(random.integer(100)).padStart(2, '0')}`;
}

/** Makes the patient with the given number: the same seed, number and instant always make the same person. */
export function createPatient(
  number: number,
  now: number,
  seed: string,
  identities: Identities,
  facility: Facility,
): Patient {
  const random = createRandom(seed, `patient ${number}`);
  const sex = random.chance(0.52) ? 'female' : 'male';
  const family = random.pick(families);
  const given = random.pick(givenNames[sex]);
  const ageDays = 30 + random.integer(94 * 365);
  const registeredAt = now - random.integer(Math.min(ageDays, 12 * 365)) * day;
  return {
    number,
    fhirId: identities.fhirId('Patient', number),
    mrn: mrnOf(number),
    further: [],
    family,
    given,
    middle: random.pick(middleNames),
    birthDate: new Date(now - ageDays * day).toISOString().slice(0, 10),
    sex,
    race: random.integer(races.length),
    spanish: random.chance(0.12),
    marital: ageDays < 18 * 365 ? 'S' : random.pick(['S', 'M', 'M', 'D']),
    homePhone: inventedPhone(random),
    mobilePhone: inventedPhone(random),
    email: `patient${number}@example.org`,
    street: `${1 + random.integer(980)} ${random.pick(streets)}`,
    place: random.integer(places.length),
    provider: random.pick(facility.providers),
    standing: 'active',
    registeredAt,
    changedAt: registeredAt,
  };
}
