import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';

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
  ssn: 'urn:oid:2.16.840.1.113883.4.1',
  note: `${site}.2.727879`,
  flowsheetRow: `${site}.2.707679`,
  labComponent: `${site}.2.768282`,
  cancelReason: `${site}.10.686980.40`,
  errors: `${site}.2.657369`,
  npi: 'http://hl7.org/fhir/sid/us-npi',
} as const;

/** What an id can name. The place in the list is part of every id: new kinds are added at the end. */
export const identifiedKinds = [
  'Patient',
  'Practitioner',
  'Location',
  'Organization',
  'Appointment',
  'Encounter',
  'Observation',
  'ServiceRequest',
  'DiagnosticReport',
  'DocumentReference',
  'Binary',
  'Condition',
  'AllergyIntolerance',
  'MedicationRequest',
  'Coverage',
  'Specimen',
  'PractitionerRole',
  'Slot',
  'Schedule',
  'Group',
  'List',
  'Medication',
] as const;
export type IdentifiedKind = (typeof identifiedKinds)[number];

/** What an id names: a kind and the number that the hospital knows it by. */
export interface Identified {
  readonly kind: IdentifiedKind;
  readonly number: number;
}

/**
 * The opaque ids of one installation: other seeds give other ids, as other hospitals do. An id is the number of
 * what it names, enciphered, so that a hundred thousand charts need no table of ids.
 */
export interface Identities {
  /** An R4 and STU3 id: begins with `e`, mixed case, may hold `.` and `-`, 24 characters. */
  fhirId(kind: IdentifiedKind, number: number): string;
  /** A DSTU2 id: begins with `T`, longer. */
  dstu2Id(kind: IdentifiedKind, number: number): string;
  /** What an id of either form names; undefined when this installation never made it. */
  read(id: string): Identified | undefined;
}

/** The ids of the installation that a seed stands for. */
export function createIdentities(seed: string): Identities {
  const key = createHash('sha256').update(`${seed}\nidentities`).digest().subarray(0, 16);
  // One block at a time, each by itself: the same number must always give the same id.
  const cipher = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const decipher = createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  const block = Buffer.alloc(16);

  function enciphered(kind: IdentifiedKind, number: number): Buffer {
    block.fill(0);
    block[0] = identifiedKinds.indexOf(kind) + 1;
    block.writeUIntBE(Math.floor(number / 2 ** 24), 1, 4);
    block.writeUIntBE(number % 2 ** 24, 5, 3);
    return cipher.update(block);
  }
  return {
    fhirId: (kind, number) => `e${spelled(enciphered(kind, number))}3`,
    dstu2Id(kind, number) {
      const first = enciphered(kind, number);
      return `T${spelled(first)}${spelled(cipher.update(first))}B`;
    },
    read(id) {
      const match = /^(?:e([\w.-]{22})3|T([\w.-]{22})[\w.-]{22}B)$/.exec(id);
      const text = match?.[1] ?? match?.[2];
      if (text === undefined) return undefined;
      const bytes = Buffer.from(text.replaceAll('.', '+').replaceAll('-', '/'), 'base64');
      if (bytes.length !== 16 || spelled(bytes) !== text) return undefined;
      const plain = decipher.update(bytes);
      const kind = identifiedKinds[(plain[0] as number) - 1];
      if (!kind || plain.subarray(8).some((byte) => byte !== 0)) return undefined;
      return { kind, number: plain.readUIntBE(1, 4) * 2 ** 24 + plain.readUIntBE(5, 3) };
    },
  };
}

function spelled(bytes: Buffer): string {
  return bytes.toString('base64').slice(0, 22).replaceAll('+', '.').replaceAll('/', '-');
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
