import type { Hospital } from '../../world/hospital.ts';
import { systems } from '../../world/identity.ts';
import type { Department, Patient, Provider, Visit } from '../../world/records.ts';
import { isInterconnect } from './interconnect.ts';

/** The name as Epic shows it in a reference: family, comma, given. */
export function displayName({ family, given, middle }: Patient, separator: ', ' | ' '): string {
  const first = [given, middle].filter(Boolean).join(' ');
  return separator === ', ' ? `${family}, ${first}` : `${first} ${family}`;
}

export function practitionerName(provider: Provider): string {
  const { family, given } = provider;
  return isInterconnect(provider) ? `${given} ${family}` : `${given} ${family}, MD`;
}

export function patientReference(hospital: Hospital, number: number) {
  const patient = hospital.patients.get(number) as Patient;
  return { reference: `Patient/${patient.fhirId}`, display: displayName(patient, ', ') };
}

export function practitionerReference(provider: Provider) {
  return { reference: `Practitioner/${provider.fhirId}`, display: practitionerName(provider) };
}

export function locationReference(department: Department) {
  return { reference: `Location/${department.fhirId}`, display: department.name };
}

export function organizationReference({ facility }: Hospital) {
  return { reference: `Organization/${facility.organizationId}`, display: facility.name };
}

/** Epic's numbers for kinds of encounter. */
export const encounterTypes = {
  inpatient: { code: '3', display: 'Hospital Encounter' },
  emergency: { code: '3', display: 'Hospital Encounter' },
  clinic: { code: '101', display: 'Office Visit' },
} as const;

/** A reference to an encounter names its contact serial number beside the id. */
export function encounterReference(hospital: Hospital, csn: number | undefined) {
  const visit: Visit | undefined = csn === undefined ? undefined : hospital.numbered('Encounter', csn);
  if (!visit) return undefined;
  return {
    reference: `Encounter/${visit.fhirId}`,
    identifier: { use: 'usual', system: systems.csn, value: String(visit.csn) },
    display: encounterTypes[visit.kind].display,
  };
}

/** An instant as Epic writes it: UTC, whole seconds. */
export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+/, '');
}

/** A code in one system, with its own words beside it. */
export function concept(system: string, code: string, display: string) {
  return { coding: [{ system, code, display }], text: display };
}
