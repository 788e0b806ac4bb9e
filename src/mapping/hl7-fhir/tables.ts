/**
 * Code tables that stand beside the guide's own (concept-maps.generated.ts): where the guide says "to be determined", or
 * has less than messages carry.
 */
import type { Coding, EncounterStatus } from '../r4.ts';
import { conceptMap } from './concept-maps.ts';

type Codes<Value = string> = ReadonlyMap<string, Value>;
const codes = <Value = string>(entries: Readonly<Record<string, Value>>): Codes<Value> =>
  new Map(Object.entries(entries));

const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** The FHIR name of an HL7 v2 table: `v2Table('0203')`. */
export const v2Table = (table: string): string => `${terminology}v2-${table}`;
export const participationType = `${terminology}v3-ParticipationType`;
export const locationPhysicalType = `${terminology}location-physical-type`;
export const provenanceParticipant = `${terminology}provenance-participant-type`;

/** A codeable concept of one coding. */
export const codeable = (system: string, code: string, display?: string): { coding: readonly Coding[] } => ({
  coding: [display === undefined ? { system, code } : { system, code, display }],
});

/** YesNoIndicator (0136), for elements of type boolean. */
export const yesNo = codes<boolean>({ Y: true, N: false });

/** PatientClass[EncounterStatus] (0004): every class that is not here is `in-progress`. */
export const classStatuses = codes<EncounterStatus>({ P: 'planned', U: 'unknown' });

/**
 * Event[EncounterStatus] (0003), widened by the events that cancel or plan. A04: the guide says `planned`, but chapter
 * 3.3.4 of the standard has the patient "arrived or checked in", which R4 calls `arrived`. Events that are not here
 * (A08, A31 ...) say nothing about the status: PV1-2 does, as the guide's PV1[Encounter] map has it.
 */
export const eventStatuses = codes<EncounterStatus>({
  A01: 'in-progress',
  A02: 'in-progress',
  A03: 'finished',
  A04: 'arrived',
  A05: 'planned',
  A11: 'cancelled',
  A13: 'in-progress',
  A14: 'planned',
  A27: 'cancelled',
  A38: 'cancelled',
  S12: 'planned',
  S13: 'planned',
  S14: 'planned',
  S15: 'cancelled',
  S17: 'cancelled',
  S26: 'cancelled',
});

/** HL7 table 0396, coding systems by name: what the guide calls "the vocabulary table gives the actual uri". */
export const codingSystems = codes({
  LN: 'http://loinc.org',
  SCT: 'http://snomed.info/sct',
  SNM: 'http://snomed.info/sct',
  I9: 'http://hl7.org/fhir/sid/icd-9-cm',
  I9C: 'http://hl7.org/fhir/sid/icd-9-cm',
  I10: 'http://hl7.org/fhir/sid/icd-10',
  I10C: 'http://hl7.org/fhir/sid/icd-10-cm',
  C4: 'http://www.ama-assn.org/go/cpt',
  CPT: 'http://www.ama-assn.org/go/cpt',
  CVX: 'http://hl7.org/fhir/sid/cvx',
  NDC: 'http://hl7.org/fhir/sid/ndc',
  RXNORM: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  UCUM: 'http://unitsofmeasure.org',
  CDCREC: 'urn:oid:2.16.840.1.113883.6.238',
  ISO3166_1: 'urn:iso:std:iso:3166',
  'ISO639-1': 'urn:ietf:bcp:47',
  ISO639: 'urn:ietf:bcp:47',
  ACR: 'http://terminology.hl7.org/CodeSystem/acr',
  CD2: 'http://www.ada.org/cdt',
  ICDO: 'http://terminology.hl7.org/CodeSystem/icd-o-3',
  ICDO3: 'http://terminology.hl7.org/CodeSystem/icd-o-3',
  MVX: 'http://terminology.hl7.org/CodeSystem/MVX',
  NCIT: 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl',
  NUCC: 'http://nucc.org/provider-taxonomy',
  NUBC: 'https://www.nubc.org/CodeSystem/RevenueCodes',
  HCPCS: 'http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets',
  CPTM: 'http://www.ama-assn.org/go/cpt',
  FDDC: 'http://hl7.org/fhir/sid/ndc',
  SCT2: 'http://snomed.info/sct',
  LOINC: 'http://loinc.org',
  LNC: 'http://loinc.org',
  ICD10: 'http://hl7.org/fhir/sid/icd-10',
  'ICD-10': 'http://hl7.org/fhir/sid/icd-10',
  ICD9: 'http://hl7.org/fhir/sid/icd-9-cm',
});

/** Identifier types that messages carry and the guide's map of table 0203 has not. */
const moreIdentifierTypes = codes({
  AN: 'Account number',
  DN: 'Doctor number',
  MRT: 'Temporary Medical Record Number',
  PNT: 'Temporary Account Number',
  FILL: 'Filler Identifier',
  PLAC: 'Placer Identifier',
  PGN: 'Placer Group Number',
  FGN: 'Filler Group Number',
  PRC: 'Permanent Resident Card Number',
  SB: 'Social Beneficiary Identifier',
  SP: 'Specimen identifier',
  UPIN: 'Universal Physician Identification number',
  VN: 'Visit number',
});

/** The display of an HL7 identifier type (0203); `undefined` for a site's own (EPIC, EPI ...). */
export const identifierTypeName = (type: string): string | undefined =>
  conceptMap('IdentifierType').get(type)?.display ?? moreIdentifierTypes.get(type);
