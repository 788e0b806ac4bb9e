/**
 * Codes of FHIR as HL7 v2 writes them: the concept maps of HL7's v2-to-FHIR guide read backwards. Where several codes
 * of HL7 v2 mean one of FHIR, the one that is commonest in feeds stands here.
 */
const codes = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(entries));

/** AdministrativeSex (0001). */
export const sexes = codes({ male: 'M', female: 'F', other: 'O', unknown: 'U' });
/** NameType (0200). */
export const nameTypes = codes({
  official: 'L',
  usual: 'D',
  nickname: 'N',
  maiden: 'M',
  anonymous: 'MSK',
  temp: 'TEMP',
  old: 'BAD',
});
/** AddressType (0190), by FHIR's use. */
export const addressTypes = codes({ home: 'H', work: 'B', temp: 'C', old: 'BA', billing: 'BI' });
/** TelecommunicationUseCode (0201). */
export const telecomUses = codes({ home: 'PRN', work: 'WPN', mobile: 'PRN' });
/** TelecommunicationEquipmentType (0202). */
export const telecomEquipment = codes({ phone: 'PH', fax: 'FX', pager: 'BP', sms: 'CP' });
/** MaritalStatus (0002), from v3-MaritalStatus. */
export const maritalStatuses = codes({
  L: 'A',
  U: 'B',
  C: 'C',
  D: 'D',
  T: 'P',
  I: 'I',
  M: 'M',
  A: 'N',
  S: 'S',
  W: 'W',
  OTH: 'O',
  NAVU: 'T',
  UNK: 'U',
});
/** PatientClass (0004), from v3-ActCode. */
export const patientClasses = codes({ IMP: 'I', ACUTE: 'I', NONAC: 'I', AMB: 'O', EMER: 'E', PRENC: 'P' });
/** FillerStatusCodes (0278), from Appointment.status; `proposed` and `arrived` have none. */
export const appointmentStatuses = codes({
  pending: 'Pending',
  waitlist: 'Waitlist',
  booked: 'Booked',
  'checked-in': 'Started',
  fulfilled: 'Complete',
  cancelled: 'Cancelled',
  'entered-in-error': 'Deleted',
  noshow: 'Noshow',
});
/** ObservationResultStatusCodesInterpretation (0085), from Observation.status. */
export const observationStatuses = codes({
  registered: 'I',
  preliminary: 'P',
  final: 'F',
  amended: 'C',
  corrected: 'C',
  cancelled: 'X',
  'entered-in-error': 'W',
});
/** ResultStatus (0123), from DiagnosticReport.status. */
export const reportStatuses = codes({
  registered: 'O',
  partial: 'A',
  preliminary: 'P',
  final: 'F',
  amended: 'C',
  corrected: 'C',
  appended: 'C',
  cancelled: 'X',
});
/** Document completion status (0271), from DocumentReference.docStatus. */
export const documentStatuses = codes({ preliminary: 'DO', final: 'AU', amended: 'AU' });
/** Document availability status (0273), from DocumentReference.status. */
export const availabilities = codes({ current: 'AV', superseded: 'OB', 'entered-in-error': 'CA' });

/** HL7 table 0396: coding systems by name. */
const systemNames = codes({
  'http://loinc.org': 'LN',
  'http://snomed.info/sct': 'SCT',
  'http://hl7.org/fhir/sid/icd-9-cm': 'I9C',
  'http://hl7.org/fhir/sid/icd-10': 'I10',
  'http://hl7.org/fhir/sid/icd-10-cm': 'I10C',
  'http://www.ama-assn.org/go/cpt': 'C4',
  'http://hl7.org/fhir/sid/cvx': 'CVX',
  'http://hl7.org/fhir/sid/ndc': 'NDC',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RXNORM',
  'http://unitsofmeasure.org': 'UCUM',
  'urn:oid:2.16.840.1.113883.6.238': 'CDCREC',
  'urn:iso:std:iso:3166': 'ISO3166_1',
  'urn:ietf:bcp:47': 'ISO639-1',
});

/** What component 3 of a CWE calls a system: HL7's own tables are `HL7nnnn`. */
export function systemName(system: string): string | undefined {
  const table = /^http:\/\/terminology\.hl7\.org\/CodeSystem\/v2-(\d{4})$/.exec(system)?.[1];
  return table === undefined ? systemNames.get(system) : `HL7${table}`;
}

/** Of identifier systems that are the same everywhere, the type of table 0203 and who assigns them. */
export const knownIdentifiers: ReadonlyMap<string, { readonly type: string; readonly assigner: string }> =
  new Map([
    ['http://hl7.org/fhir/sid/us-ssn', { type: 'SS', assigner: 'SSA' }],
    ['http://hl7.org/fhir/sid/us-npi', { type: 'NPI', assigner: 'NPI' }],
  ]);
