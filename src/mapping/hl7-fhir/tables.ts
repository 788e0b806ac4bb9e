/**
 * Code tables of the v2-to-FHIR guide's concept maps, as far as the Patient and Encounter reading needs them.
 * Each says which map; a code that a map leaves open is not in its table.
 */
import type { Coding, EncounterStatus } from '../r4.ts';

type Codes<Value = string> = ReadonlyMap<string, Value>;
const codes = <Value = string>(entries: Readonly<Record<string, Value>>): Codes<Value> =>
  new Map(Object.entries(entries));

const terminology = 'http://terminology.hl7.org/CodeSystem/';
const actCode = `${terminology}v3-ActCode`;
const maritalStatusSystem = `${terminology}v3-MaritalStatus`;
const nullFlavor = `${terminology}v3-NullFlavor`;

/** The FHIR name of an HL7 v2 table: `v2Table('0203')`. */
export const v2Table = (table: string): string => `${terminology}v2-${table}`;
export const participationType = `${terminology}v3-ParticipationType`;
export const locationPhysicalType = `${terminology}location-physical-type`;

/** AdministrativeSex (0001). */
export const genders = codes({ F: 'female', M: 'male', O: 'other', U: 'unknown', A: 'other', N: 'other' });

/** NameType (0200). */
export const nameUses = codes({
  BAD: 'old',
  D: 'usual',
  L: 'official',
  M: 'maiden',
  MSK: 'anonymous',
  N: 'nickname',
  NAV: 'temp',
  R: 'official',
  TEMP: 'temp',
});

/** AddressType[Use] and AddressType[Type] (0190). */
export const addressUses = codes({ BA: 'old', BI: 'billing', C: 'temp', B: 'work', H: 'home', O: 'work' });
export const addressTypes = codes({ M: 'postal', SH: 'postal' });

/** TelecommunicationUseCode (0201). */
export const telecomUses = codes({ PRN: 'home', WPN: 'work', PRS: 'mobile' });

/** TelecommunicationEquipmentType (0202); CP is a telephone of use `mobile`. */
export const telecomSystems = codes({
  PH: 'phone',
  CP: 'phone',
  FX: 'fax',
  MD: 'other',
  SAT: 'other',
  BP: 'pager',
  Internet: 'email',
  'X.400': 'email',
  TDD: 'other',
  TTY: 'other',
});

/** YesNoIndicator (0136). */
export const yesNo = codes<boolean>({ Y: true, N: false });

const marital = (code: string, display: string, system = maritalStatusSystem): Coding => ({
  system,
  code,
  display,
});

/** MaritalStatus (0002). */
export const maritalStatuses = codes<Coding>({
  A: marital('L', 'Legally Separated'),
  B: marital('U', 'unmarried'),
  C: marital('C', 'Common Law'),
  D: marital('D', 'Divorced'),
  E: marital('L', 'Legally Separated'),
  G: marital('T', 'Domestic partner'),
  I: marital('I', 'Interlocutory'),
  M: marital('M', 'Married'),
  N: marital('A', 'Annulled'),
  O: marital('OTH', 'other', nullFlavor),
  P: marital('T', 'Domestic partner'),
  R: marital('T', 'Domestic partner'),
  S: marital('S', 'Never Married'),
  T: marital('NAVU', 'Not available', nullFlavor),
  U: marital('UNK', 'unknown', nullFlavor),
  W: marital('W', 'Widowed'),
});

const act = (code: string, display: string): Coding => ({ system: actCode, code, display });
const patientClass = (code: string, display: string): Coding => ({ system: v2Table('0004'), code, display });

/** PatientClass[EncounterClass] (0004). */
export const encounterClasses = codes<Coding>({
  E: act('EMER', 'emergency'),
  I: act('IMP', 'inpatient encounter'),
  O: act('AMB', 'ambulatory'),
  P: act('PRENC', 'pre-admission'),
  R: patientClass('R', 'Recurring patient'),
  B: patientClass('B', 'Obstetrics'),
  C: patientClass('C', 'Commercial Account'),
  N: patientClass('N', 'Not Applicable'),
  U: patientClass('U', 'Unknown'),
});

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

/** AdmissionType (0007): codes keep their HL7 table. */
export const admissionTypes = codes({
  A: 'Accident',
  E: 'Emergency',
  L: 'Labor and Delivery',
  R: 'Routine',
  N: 'Newborn (Birth in healthcare facility)',
  U: 'Urgent',
  C: 'Elective',
});

/** ReadmissionIndicator (0092). */
export const readmissions = codes({ R: 'Re-admission' });

/** AmbulatoryStatus (0009), as far as the map gives the HL7 table itself. */
export const ambulatoryStatuses = codes({
  A3: 'Comatose; non-responsive',
  A4: 'Disoriented',
  A5: 'Vision impaired',
  A6: 'Hearing impaired',
  A7: 'Speech impaired',
  A8: 'Non-English speaking',
  A9: 'Functional level unknown',
  B1: 'Oxygen therapy',
  B2: 'Special equipment (tubes, IVs, catheters)',
  B3: 'Amputee',
  B4: 'Mastectomy',
  B5: 'Paraplegic',
  B6: 'Pregnant',
});

/** IdentifierType (0203): those of people, visits and providers. A site's own codes (EPIC, EPI ...) are not HL7's. */
export const identifierTypes = codes({
  AN: 'Account number',
  BR: 'Birth registry number',
  DEA: 'Drug Enforcement Administration registration number',
  DL: "Driver's license number",
  DN: 'Doctor number',
  DR: 'Donor Registration Number',
  EI: 'Employee number',
  HC: 'Health Card Number',
  JHN: 'Jurisdictional health number (Canada)',
  LN: 'License number',
  MA: 'Patient Medicaid number',
  MC: "Patient's Medicare number",
  MD: 'Medical License number',
  MI: 'Military ID number',
  MR: 'Medical record number',
  MRT: 'Temporary Medical Record Number',
  NI: 'National unique individual identifier',
  NP: 'Nurse practitioner number',
  NPI: 'National provider identifier',
  PE: 'Living Subject Enterprise Number',
  PI: 'Patient internal identifier',
  PN: 'Person number',
  PPN: 'Passport number',
  PRC: 'Permanent Resident Card Number',
  PRN: 'Provider number',
  PT: 'Patient external identifier',
  RI: 'Resource identifier',
  SB: 'Social Beneficiary Identifier',
  SL: 'State license',
  SN: 'Subscriber Number',
  SR: 'State registry ID',
  SS: 'Social Security number',
  U: 'Unspecified identifier',
  UPIN: 'Universal Physician Identification number',
  VN: 'Visit number',
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
});
