/**
 * `patient.create` at Epic is match-or-create: a certain match gives the patient that is there, and nothing tells the two
 * apart. So what comes back is compared with what was meant (see `matches` of the rules).
 */
import { type FhirResource, objectsIn } from '../../../fhir/index.ts';
import { refuse } from '../writing-rules.ts';

/** One official name, birth date and sex; active; one home address at most, with line and city. */
export function preparePatient(patient: FhirResource): FhirResource {
  const names = objectsIn(patient.name);
  if (names.length !== 1) throw refuse('Patient.name', 'Epic takes exactly one name');
  const [name] = names;
  if (name?.family === undefined || name.given === undefined)
    throw refuse('Patient.name', 'a family name and a given name are needed');
  for (const element of ['birthDate', 'gender'] as const)
    if (patient[element] === undefined) throw refuse(`Patient.${element}`, 'it is needed');
  for (const element of ['deceasedDateTime', 'deceasedBoolean', 'link'] as const)
    if (patient[element] !== undefined && patient[element] !== false)
      throw refuse(`Patient.${element}`, 'Epic refuses it in a new patient');
  const homes = objectsIn(patient.address);
  if (homes.length > 1) throw refuse('Patient.address', 'Epic takes one home address');
  if (homes.some(({ line, city }) => line === undefined || city === undefined))
    throw refuse('Patient.address', 'an address needs its line and its city');
  if (patient.active === false) throw refuse('Patient.active', 'a new patient is active');
  return { ...patient, active: true, name: [{ ...name, use: 'official' }] };
}
