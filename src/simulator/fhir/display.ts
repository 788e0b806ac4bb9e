import type { Department, Patient, Provider } from '../world/records.ts';

/** The name as Epic shows it in a reference: family, comma, given. */
export function displayName({ family, given, middle }: Patient, separator: ', ' | ' '): string {
  const first = [given, middle].filter(Boolean).join(' ');
  return separator === ', ' ? `${family}, ${first}` : `${first} ${family}`;
}

export function practitionerName({ family, given }: Provider): string {
  return `${given} ${family}, MD`;
}

export function patientReference(patient: Patient) {
  return { reference: `Patient/${patient.fhirId}`, display: displayName(patient, ', ') };
}

export function practitionerReference(provider: Provider) {
  return { reference: `Practitioner/${provider.fhirId}`, display: practitionerName(provider) };
}

export function locationReference(department: Department) {
  return { reference: `Location/${department.fhirId}`, display: department.name };
}
