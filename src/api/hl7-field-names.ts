/**
 * Names of HL7 v2 fields, for people who read a message: the segments of ADT and SIU messages and those that
 * travel with them (HL7 v2.5.1 chapters 2, 3, 6, 7, 9 and 10). Descriptive names of our own; a field that is not
 * listed is shown by its number alone.
 */

/** The segment's name, then its fields' names from field 1 on, between bars. */
const TABLE: Readonly<Record<string, string>> = {
  MSH: `Message header | Field separator | Encoding characters | Sending application | Sending facility |
    Receiving application | Receiving facility | Date and time of message | Security | Message type |
    Message control id | Processing id | Version | Sequence number | Continuation pointer |
    Accept acknowledgement | Application acknowledgement | Country | Character set | Principal language |
    Alternate character sets | Message profile`,
  EVN: 'Event | Event type | Recorded at | Planned for | Event reason | Operator | Occurred at | Event facility',
  PID: `Patient | Set id | Patient id (external) | Patient identifiers | Alternate patient id | Patient name |
    Mother's maiden name | Birth date | Sex | Alias | Race | Address | County | Home phone |
    Business phone | Primary language | Marital status | Religion | Account number |
    Social security number | Driver's licence | Mother's identifier | Ethnic group | Birth place |
    Multiple birth | Birth order | Citizenship | Veteran status | Nationality | Died at | Deceased |
    Identity unknown | Identity reliability | Last updated | Last update facility | Species | Breed |
    Strain | Production class | Tribal citizenship`,
  PD1: `Patient, additional | Living dependency | Living arrangement | Primary facility |
    Primary care provider | Student | Handicap | Living will | Organ donor | Separate bill |
    Duplicate patient | Publicity | Protection | Protection since | Place of worship | Advance directive |
    Immunization registry status | Immunization registry status since | Publicity since | Military branch |
    Military rank | Military status`,
  NK1: `Next of kin | Set id | Name | Relationship | Address | Phone | Business phone | Contact role |
    Start date | End date | Job title | Job code | Employee number | Organization | Marital status | Sex |
    Birth date | Living dependency | Ambulatory status | Citizenship | Primary language |
    Living arrangement | Publicity | Protection | Student | Religion | Mother's maiden name | Nationality |
    Ethnic group | Contact reason | Contact person's name | Contact person's phone |
    Contact person's address | Identifiers | Job status | Race | Handicap | Social security number`,
  PV1: `Visit | Set id | Patient class | Location | Admission type | Preadmit number | Prior location |
    Attending doctor | Referring doctor | Consulting doctor | Hospital service | Temporary location |
    Preadmit test | Readmission | Admit source | Ambulatory status | VIP | Admitting doctor |
    Patient type | Visit number | Financial class | Charge price | Courtesy | Credit rating |
    Contract code | Contract effective | Contract amount | Contract period | Interest code |
    Bad debt transfer | Bad debt transferred at | Bad debt agency | Bad debt transfer amount |
    Bad debt recovery amount | Account deleted | Account deleted at | Discharge disposition |
    Discharged to | Diet | Servicing facility | Bed status | Account status | Pending location |
    Prior temporary location | Admitted at | Discharged at | Current balance | Total charges |
    Total adjustments | Total payments | Alternate visit id | Visit indicator | Other provider`,
  PV2: `Visit, additional | Prior pending location | Accommodation | Admit reason | Transfer reason |
    Valuables | Valuables location | Visit user | Expected admission | Expected discharge |
    Estimated length of stay | Actual length of stay | Visit description | Referral source |
    Previous service date | Employment illness | Purge status | Purge date | Special program | Retention |
    Expected insurance plans | Visit publicity | Visit protection | Clinic organization | Patient status |
    Visit priority | Previous treatment date | Expected discharge disposition | Signature on file |
    First similar illness | Patient charge adjustment | Recurring service | Billing media |
    Expected surgery | Military partnership | Military non-availability | Newborn | Baby detained |
    Mode of arrival | Recreational drug use | Level of care | Precautions | Patient condition |
    Living will | Organ donor | Advance directive | Patient status since | Expected return from leave |
    Expected preadmission testing | Notify clergy`,
  OBX: `Observation | Set id | Value type | Observation | Sub-id | Value | Units | Reference range |
    Abnormal flags | Probability | Nature of abnormal test | Result status | Reference range since |
    Access checks | Observed at | Producer | Responsible observer | Method | Equipment | Analysed at |
    Observation site | Observation instance | Mood | Performing organization | Performing address |
    Performing director`,
  AL1: 'Allergy | Set id | Allergen type | Allergen | Severity | Reaction | Identified on',
  DG1: `Diagnosis | Set id | Coding method | Diagnosis code | Diagnosis text | Diagnosed at | Diagnosis type |
    Major category | Related group | Related group approved | Grouper review | Outlier type |
    Outlier days | Outlier cost | Grouper version | Priority | Diagnosing clinician | Classification |
    Confidential | Attested at | Diagnosis identifier | Action`,
  SCH: `Appointment | Placer appointment id | Filler appointment id | Occurrence number | Placer group number |
    Schedule id | Event reason | Appointment reason | Appointment type | Duration | Duration units |
    Timing | Placer contact | Placer contact's phone | Placer contact's address |
    Placer contact's location | Filler contact | Filler contact's phone | Filler contact's address |
    Filler contact's location | Entered by | Enterer's phone | Enterer's location |
    Parent placer appointment | Parent filler appointment | Filler status | Placer order number |
    Filler order number`,
  RGS: 'Resource group | Set id | Action | Resource group id',
  AIS: `Appointment service | Set id | Action | Service | Start | Start offset | Start offset units |
    Duration | Duration units | Substitution | Filler status | Placer supplement | Filler supplement`,
  AIG: `Appointment general resource | Set id | Action | Resource | Resource type | Resource group | Quantity |
    Quantity units | Start | Start offset | Start offset units | Duration | Duration units | Substitution |
    Filler status`,
  AIL: `Appointment location | Set id | Action | Location | Location type | Location group | Start |
    Start offset | Start offset units | Duration | Duration units | Substitution | Filler status`,
  AIP: `Appointment personnel | Set id | Action | Person | Role | Resource group | Start | Start offset |
    Start offset units | Duration | Duration units | Substitution | Filler status`,
  NTE: 'Note | Set id | Source | Comment | Comment type',
  MSA: `Acknowledgement | Acknowledgement code | Message control id | Text | Expected sequence number |
    Delayed acknowledgement | Error condition`,
  ERR: `Error | Error code and location | Error location | Error code | Severity | Application error code |
    Application error parameter | Diagnostic information | User message | Inform person | Override type |
    Override reason | Help desk`,
  MRG: `Merge | Prior patient identifiers | Prior alternate patient id | Prior account number |
    Prior patient id | Prior visit number | Prior alternate visit id | Prior patient name`,
  ORC: `Order | Order control | Placer order number | Filler order number | Placer group number |
    Order status | Response flag | Quantity and timing | Parent | Transaction time | Entered by |
    Verified by | Ordering provider | Enterer's location | Call back phone | Effective at |
    Control reason | Entering organization | Entering device | Action by`,
  OBR: `Observation request | Set id | Placer order number | Filler order number | Service | Priority |
    Requested at | Observed at | Observation end | Collection volume | Collector | Specimen action |
    Danger code | Relevant clinical information | Specimen received at | Specimen source |
    Ordering provider | Call back phone | Placer field 1 | Placer field 2 | Filler field 1 |
    Filler field 2 | Results reported at | Charge | Diagnostic section | Result status | Parent result |
    Quantity and timing | Copies to | Parent | Transport | Reason for study | Principal interpreter |
    Assistant interpreter | Technician | Transcriptionist | Scheduled at`,
  TXA: `Document | Set id | Document type | Content type | Activity at | Activity provider | Originated at |
    Transcribed at | Edited at | Originator | Authenticator | Transcriptionist | Document number |
    Parent document number | Placer order number | Filler order number | File name | Completion status |
    Confidentiality | Availability | Storage | Change reason | Authenticated by | Distributed to`,
  IN1: 'Insurance | Set id | Plan | Company id | Company name | Company address | Company contact',
  IN2: 'Insurance, additional',
  IN3: 'Insurance certification',
  GT1: 'Guarantor | Set id | Guarantor number | Name | Spouse | Address | Home phone | Business phone',
  ACC: 'Accident | Accident at | Accident code | Location',
  ARQ: 'Appointment request',
  APR: 'Appointment preferences',
  DB1: 'Disability',
  DRG: 'Diagnosis related group',
  DSC: 'Continuation',
  FT1: 'Financial transaction',
  PDA: 'Patient death and autopsy',
  PR1: 'Procedure',
  QAK: 'Query acknowledgement',
  QPD: 'Query',
  RCP: 'Response control',
  ROL: 'Role',
  RXA: 'Administration',
  RXE: 'Encoded order',
  RXO: 'Pharmacy order',
  RXR: 'Route',
  SFT: 'Software',
  SPM: 'Specimen',
  TQ1: 'Timing and quantity',
  UB1: 'Uniform bill',
  UB2: 'Uniform bill, additional',
  BHS: 'Batch header',
  BTS: 'Batch trailer',
  FHS: 'File header',
  FTS: 'File trailer',
};

const SEGMENTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(TABLE).map(([id, names]) => [id, names.split('|').map((name) => name.trim())]),
);

/** `null`: no segment of the standard that we know, and no site-defined one. */
export function segmentName(id: string): string | null {
  const known = SEGMENTS.get(id)?.[0];
  if (known !== undefined) return known;
  return /^Z[A-Z0-9]{2}$/.test(id) ? 'site-defined' : null;
}

/**
 * @example
 * fieldName('PID', 5) // 'Patient name'
 * fieldName('ZPD', 2) // 'site-defined'
 */
export function fieldName(segment: string, number: number): string {
  const known = SEGMENTS.get(segment)?.[number];
  if (known !== undefined) return known;
  return segment.startsWith('Z') ? 'site-defined' : `field ${number}`;
}
