import { createHash } from 'node:crypto';

/** The arc under which an Epic installation numbers its own things; `0.1` is what the public sandbox uses. */
const site = 'urn:oid:1.2.840.114350.1.13.0.1.7';

/** Identifier systems as Epic spells them. Sites differ in the arc, and a client must treat them as opaque. */
export const systems = {
  communityId: `${site}.3.688884.100`,
  epic: `${site}.5.737384.0`,
  external: `${site}.2.698084`,
  dstu2Id: 'http://open.epic.com/FHIR/StructureDefinition/patient-dstu2-fhir-id',
  stu3Id: 'http://open.epic.com/FHIR/StructureDefinition/patient-fhir-id',
  mrn: `${site}.5.737384.14`,
  portalLogin: `${site}.3.878082.110`,
  portalInternal: `${site}.2.878082`,
  csn: `${site}.3.698084.8`,
  user: `${site}.2.697780`,
  visitType: `${site}.2.808267`,
  encounterType: `${site}.10.698084.30`,
  patientClass: 'urn:oid:1.2.840.114350.1.72.1.7.7.10.696784.13260',
  legalSex: `${site}.10.698084.130.657370.19`,
  cancelReason: `${site}.10.686980.40`,
  errors: `${site}.2.657369`,
  npi: 'http://hl7.org/fhir/sid/us-npi',
} as const;

/** Makes the opaque ids of one installation: other seeds give other ids, as other hospitals do. */
export interface Identities {
  /** An R4 and STU3 id: begins with `e`, mixed case, may hold `.` and `-`, 24 characters. */
  fhirId(kind: string, number: number): string;
  /** A DSTU2 id: begins with `T`, longer. */
  dstu2Id(kind: string, number: number): string;
}

/** The ids of the installation that a seed stands for. */
export function createIdentities(seed: string): Identities {
  function opaque(text: string): string {
    return createHash('sha384')
      .update(`${seed}\n${text}`)
      .digest('base64')
      .replaceAll('+', '.')
      .replaceAll('/', '-');
  }
  return {
    fhirId: (kind, number) => `e${opaque(`${kind}/${number}`).slice(0, 22)}3`,
    dstu2Id: (kind, number) => `T${opaque(`DSTU2 ${kind}/${number}`).slice(0, 44)}B`,
  };
}

// The numbers a patient carries are counted from these, so that one can be found from any of them.
const firstMrn = 203_700;
const firstExternal = 6_100;
const firstEpic = 4_000;

/** The medical record number (type EPI). */
export function mrnOf(patientNumber: number): string {
  return String(firstMrn + patientNumber);
}

/** The id that Epic shows to others, `Z` and digits (type EXTERNAL). */
export function externalIdOf(patientNumber: number): string {
  return `Z${firstExternal + patientNumber}`;
}

/** The enterprise id, `E` and digits (type EPIC). */
export function epicIdOf(patientNumber: number): string {
  return `E${firstEpic + patientNumber}`;
}

/** The patient number that an MRN, `Z...` or `E...` stands for, when it has one of these forms. */
export function patientNumberOf(identifier: string): number | undefined {
  const match = /^([ZE]?)(\d{1,9})$/.exec(identifier.trim());
  if (!match) return undefined;
  const first = match[1] === 'Z' ? firstExternal : match[1] === 'E' ? firstEpic : firstMrn;
  return Number(match[2]) - first;
}
